"""Severities as rules declare them: the worst comes first, and what has to last to be so has to last to be over."""

from dataclasses import replace

import pytest

from flightrules.domain import consequences
from flightrules.domain.comparing.limit import absolute_limit
from flightrules.domain.plan import Action, Do, Rule
from flightrules.domain.rules import RulesJudge, rules_from_record, rules_to_record
from flightrules.domain.severities import AskPeople, Decision, Severity
from flightrules.domain.terms import Terms
from flightrules.domain.verdict import Finding, Reading, Verdict
from tests.domain.by_hand import CANDIDATE, condition, look, plan, reading


def severe(level: str, limit: float, lasting: float = 60) -> Rule:
    return Rule(condition("error_rate", ">", limit, lasting), Action(Do.SEVERITY, level))


def judged(*rates: float | None, start: float = 0.0) -> RulesJudge:
    """Rules of P2 above 5 % and P3 above 2 %, each for a minute, after looks every 15 s; None is one without data."""
    judge = RulesJudge(plan(severe("P2", 5), severe("P3", 2)))
    for number, rate in enumerate(rates):
        silent = Reading("error_rate", CANDIDATE, "web", None, Verdict.UNREACHABLE, "it is down")
        seen = silent if rate is None else reading("error_rate", rate, requests=100)
        judge.look(look(start + 15.0 * number, seen))
    return judge


def test_the_worst_severity_comes_first_and_a_rule_that_takes_the_release_back_before_all() -> None:
    severe = [Action(Do.SEVERITY, level) for level in ("P3", "P1")]
    actions = [severe[0], Action(Do.STEP_BACK, "canary"), Action(Do.ROLL_BACK), severe[1]]
    asked = consequences.strongest_first([Finding("rules", Verdict.FAIL, str(each), each) for each in actions])
    assert [str(action) for _, action in asked] == ["roll back", "P1", "P3", "step back to canary"]


@pytest.mark.parametrize(
    ("rates", "over"),
    [
        ([3] * 5, False),
        ([3] * 5 + [1] * 4, False),  # false for 45 s
        ([3] * 5 + [1] * 5, True),
        ([3] * 5 + [1] * 4 + [3] + [1] * 4, False),  # flickers
        ([3] * 5 + [1] * 4 + [None, 1, 1, 1], False),  # silence says nothing
        ([3] * 5 + [None] * 9, False),
        ([7] * 5 + [3] * 5, False),  # no longer P2, and P3 all the time
    ],
)
def test_what_has_to_last_to_be_so_has_to_last_to_be_over(rates: list[float | None], over: bool) -> None:
    assert judged(*rates).is_over("P3") is over


def test_a_milder_severity_does_not_keep_a_worse_one_from_being_over() -> None:
    assert judged(*[7] * 5, *[3] * 5).is_over("P2")


def test_looks_that_never_happened_say_nothing_about_what_is_over() -> None:
    judge = judged(*[3] * 5, 1)
    judge.look(look(300.0, reading("error_rate", 1, requests=100), interval=15.0))
    assert not judge.is_over("P3")


def test_what_is_over_is_known_after_a_crash_too() -> None:
    judge = judged(*[3] * 5, *[1] * 3)
    again = RulesJudge(plan(severe("P2", 5), severe("P3", 2)), rules_from_record(rules_to_record(judge.state)))
    for at in (120.0, 135.0):
        assert not again.is_over("P3")
        again.look(look(at, reading("error_rate", 1, requests=100)))
    assert again.is_over("P3")


@pytest.mark.parametrize(
    ("agreed", "limit"),
    [
        (Severity(Decision.ROLL_BACK), 0.05),
        (Severity(Decision.SHUT_DOWN), 0.05),
        (Severity(Decision.ROLL_BACK, 60.0), None),
        (Severity(AskPeople()), None),
        (Severity(Decision.FIX_FORWARD), None),
    ],
)
def test_only_what_certainly_takes_a_release_back_says_what_is_too_much(agreed: Severity, limit: float | None) -> None:
    the_plan = replace(plan(severe("P2", 5)), severities={"P2": agreed}, stages=())
    assert absolute_limit(the_plan, Terms()) == limit
