"""Which rate of errors is too much by itself."""

import pytest

from flightrules.domain.comparing.limit import absolute_limit
from flightrules.domain.terms import Terms
from tests.plan_file.plans import SERVICES, read


def limit(stages: str, more: str = "") -> float | None:
    plan = read(f"{SERVICES}stages:\n{stages}\n{more}")
    assert isinstance(plan.compare, Terms)
    found = absolute_limit(plan, plan.compare)
    return None if found is None else round(found, 6)


def stage(name: str, share: int, passes: str, fail: str = "roll back") -> str:
    return f"  - {{stage: {name}, traffic: {share}%, hold: 1h, look: every 15s, pass: {passes}, fail: {fail}}}\n"


MILD = stage("canary", 5, "p95 < 1s") + stage("full", 100, "error_rate < 1%")


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("", None),
        ("rules: [{if: error_rate > 10% for 5m, then: roll back}]", 0.1),
        ("rules: [{if: error_rate > 10%, then: roll back}, {if: error_rate >= 4%, then: shut down}]", 0.04),
        ("rules: [{if: availability < 97%, then: roll back}]", 0.03),
        ("rules: [{if: error_rate > 1%, then: warn}, {if: error_rate > 2%, then: step back to canary}]", None),
        ("rules: [{if: error_rate > 3x baseline, then: roll back}]", None),
        ("compare: {limit: 2%}\nrules: [{if: error_rate > 1%, then: roll back}]", 0.02),
    ],
)
def test_it_is_what_the_plan_says_or_the_lowest_at_which_a_rule_calls_back(more: str, found: float | None) -> None:
    assert limit(MILD, more) == found


def test_where_every_stage_is_failed_above_a_rate_it_is_the_highest_of_these() -> None:
    stages = stage("canary", 5, "[error_rate < 0.5%, p95 < 1s]") + stage("full", 100, "error_rate < 0.1%")
    assert limit(stages) == 0.005
    assert limit(stages, "rules: [{if: error_rate > 0.3%, then: roll back}]") == 0.003


def test_a_stage_that_answers_a_failure_otherwise_says_less() -> None:
    assert limit(stage("canary", 5, "error_rate < 0.5%", "pause") + stage("full", 100, "error_rate < 0.1%")) is None
