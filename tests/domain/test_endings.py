"""Where a release goes when a hold has ended."""

from __future__ import annotations

import pytest

from flightrules.domain import endings
from flightrules.domain.endings import Ending, For, StageOrder, Then, Waiting
from flightrules.domain.errors import StageFailed
from flightrules.domain.plan import Action, Do, Look, LookSchedule, Stage
from flightrules.domain.traffic import Share
from flightrules.domain.verdict import Verdict

PASSED = Ending(Verdict.PASS, "all is well")


def stage(name: str, on_fail: Action = Action(Do.ROLL_BACK)) -> Stage:  # noqa: B008 (frozen)
    return Stage(name, Share.percent(10), 60.0, LookSchedule((Look(10.0),)), (), on_fail)


ONE, TWO, THREE = stage("one"), stage("two", Action(Do.STEP_BACK, "one")), stage("three", Action(Do.PAUSE))


def failed(of: Stage, by_person: bool = False) -> Ending:
    return Ending(Verdict.FAIL, "too many errors", of.on_fail, by_person)


def visited(order: StageOrder, *ends: Ending) -> list[str]:
    seen = []
    for each, ending in zip(order, ends, strict=False):
        seen.append(each.name)
        order.after(each, ending)
    return seen


def test_stages_that_pass_are_visited_in_order_and_then_they_are_over() -> None:
    order = StageOrder((ONE, TWO, THREE))
    assert visited(order, PASSED, PASSED, PASSED) == ["one", "two", "three"]
    assert order.are_over


def test_a_stage_steps_back_once_and_the_second_time_fails_the_release() -> None:
    order = StageOrder((ONE, TWO, THREE))
    with pytest.raises(StageFailed, match="stage two failed: too many errors"):
        visited(order, PASSED, failed(TWO), PASSED, failed(TWO))


def test_a_person_steps_back_as_often_as_they_like() -> None:
    order = StageOrder((ONE, TWO, THREE))
    back = failed(TWO, by_person=True)
    assert visited(order, PASSED, back, PASSED, back, PASSED, back) == ["one", "two"] * 3


def test_a_stage_that_says_pause_asks_a_person() -> None:
    order = StageOrder((ONE, TWO, THREE))
    assert order.after(THREE, failed(THREE)) is Then.ASK


def test_a_stage_that_failed_without_a_word_about_it_is_called_back() -> None:
    with pytest.raises(StageFailed, match="stage one failed: too many errors"):
        StageOrder((ONE,)).after(ONE, Ending(Verdict.FAIL, "too many errors"))


@pytest.mark.parametrize("verdict", [Verdict.INSUFFICIENT, Verdict.UNREACHABLE])
def test_missing_data_end_no_hold(verdict: Verdict) -> None:
    assert endings.of_conditions(ONE, verdict, "nothing is known") == Waiting(For.DATA, "nothing is known")


def test_conditions_that_fail_lead_to_what_the_stage_says() -> None:
    assert endings.of_conditions(TWO, Verdict.FAIL, "too slow") == Ending(
        Verdict.FAIL, "too slow", Action(Do.STEP_BACK, "one")
    )
