"""Severities in a simulated release: the times of the plan, and nobody who answers."""

import pytest

from flightrules.simulation.flown import Flown
from tests.simulation.flights import HEAD, STAGES, flown, plan

MINUTE = 60.0
LENIENT = STAGES.replace("error_rate < 1%", "error_rate < 90%")
RULES = """\
rules:
  - {if: error_rate > 10% for 1m, then: P1}
  - {if: error_rate > 5% for 1m, then: P2}
  - {if: error_rate > 2% for 1m, then: P3}
  - {if: error_rate > 0.5% for 1m, then: P4}
"""
AGREED = "{P1: roll back, P2: ask, P3: {watch: 30m, then: ask, otherwise: shut down}, P4: fix forward}"


def agreeing(severities: str = AGREED):
    return plan(HEAD + LENIENT + RULES + f"rollback: {{severities: {severities}}}\n")


def happened(of: Flown, kind: str) -> list[str]:
    return [each.says for each in of.happenings if each.kind == kind]


def moment(of: Flown, kind: str) -> float:
    return next(each.at for each in of.happenings if each.kind == kind)


def test_what_takes_the_release_back_at_once_does():
    of = flown("error_rate of candidate 30% from stage graduated", of=agreeing())
    assert (of.end, of.stage, of.decided_by) == ("rolled back", "graduated", "error_rate > 10% for 1m: P1")
    assert moment(of, "declared") == of.decided_at


def test_nobody_answers_so_what_was_agreed_for_that_follows_in_its_time():
    of = flown("error_rate of candidate 7% from stage full", of=agreeing())
    assert of.end == "rolled back"
    assert of.decided_at - moment(of, "declared") == 15 * MINUTE
    assert of.says.startswith("P2: error_rate of candidate is ") and of.says.endswith("; nobody answered within 15m")
    assert happened(of, "asked") == ["P2: somebody is asked; here nobody answers"]


def test_what_is_watched_is_asked_about_when_it_is_no_better_and_the_stage_holds_all_the_while():
    of = flown("error_rate of candidate 3.5% from stage full", of=agreeing())
    assert of.end == "shut down"
    assert of.decided_at - moment(of, "declared") == 45 * MINUTE
    assert of.says.endswith("; no better after 30m; nobody answered within 15m")
    assert of.visits[-1].held > 40 * MINUTE


def test_what_gets_better_while_it_is_watched_is_over():
    of = flown("error_rate of candidate 3.5% from stage full for 5m", of=agreeing())
    assert of.end == "released"
    assert happened(of, "goes on") == ["P3: it has got better, and is over"]


def test_what_is_fixed_forward_holds_nothing_up():
    of = flown("error_rate of candidate 1.2% from stage full", of=agreeing())
    assert of.end == "released"
    assert happened(of, "goes on") == ["P4: the release goes on, to be mended in the next version"]


def test_what_gets_worse_takes_the_worse_path_at_once():
    later = "error_rate of candidate 30% from stage full + 12m"
    of = flown("error_rate of candidate 3.5% from stage full for 12m", later, of=agreeing())
    assert of.end == "rolled back"
    assert of.says.startswith("P1: ")


@pytest.mark.parametrize("severities", [AGREED.replace("P2: ask", "P2: {then: ask, otherwise: fix forward}")])
def test_a_plan_may_agree_that_it_goes_on_without_an_answer(severities: str):
    of = flown("error_rate of candidate 7% from stage full", of=agreeing(severities))
    assert of.end == "released"
