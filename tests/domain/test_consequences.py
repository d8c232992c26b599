"""What follows when a judge asks for an action."""

from __future__ import annotations

import pytest

from flightrules.domain import consequences
from flightrules.domain.consequences import Consequence
from flightrules.domain.plan import Action, Do
from flightrules.domain.signals import Situation
from flightrules.domain.verdict import Finding, Verdict

STEP_BACK = Action(Do.STEP_BACK, "canary")
AT_CANARY = Situation(stage="canary", visit="stages/1-canary")
AFTER_CANARY = Situation(stage="wide", visit="stages/2-wide", earlier=("canary",))


@pytest.mark.parametrize(
    ("action", "follows"),
    [
        (Action(Do.WARN), Consequence.TELL),
        (Action(Do.PAGE, "on-call"), Consequence.TELL),
        (Action(Do.PAUSE), Consequence.PAUSE),
        (Action(Do.ROLL_BACK), Consequence.CALL_BACK),
        (Action(Do.SHUT_DOWN), Consequence.CALL_BACK),
    ],
)
def test_most_actions_mean_the_same_everywhere(action: Action, follows: Consequence) -> None:
    assert consequences.of(action, AFTER_CANARY, stages_are_over=False) is follows


def test_stepping_back_ends_the_hold_of_a_later_stage() -> None:
    assert consequences.of(STEP_BACK, AFTER_CANARY, stages_are_over=False) is Consequence.END_HOLD


def test_stepping_back_to_the_stage_that_is_on_begins_its_hold_again() -> None:
    assert consequences.of(STEP_BACK, AT_CANARY, stages_are_over=False) is Consequence.BEGIN_AGAIN


def test_stepping_back_between_two_holds_waits_for_the_next() -> None:
    assert consequences.of(STEP_BACK, Situation(), stages_are_over=False) is Consequence.WAIT


def test_after_the_last_stage_stepping_back_means_going_back() -> None:
    assert consequences.of(STEP_BACK, Situation(), stages_are_over=True) is Consequence.CALL_BACK


def test_the_strongest_action_comes_first_and_findings_without_one_are_left_out() -> None:
    findings = [Finding("rules", Verdict.FAIL, str(do), Action(do)) for do in (Do.WARN, Do.ROLL_BACK, Do.PAUSE)]
    quiet = Finding("rules", Verdict.PASS, "all is well")
    asked = consequences.strongest_first([quiet, *findings])
    assert [action.do for _, action in asked] == [Do.ROLL_BACK, Do.PAUSE, Do.WARN]
