from __future__ import annotations

import pytest

from flightrules.domain.plan import (
    Action,
    BaselineLimit,
    Comparison,
    Condition,
    Do,
    FixedLimit,
    Look,
    LookSchedule,
    Metric,
    Plan,
    Rule,
    Stage,
    Unit,
    VersionFrom,
)
from flightrules.domain.traffic import Share
from flightrules.report.data import ReportData
from flightrules.report.gathering import gather
from tests.report.a_release import RELEASE_ROW, entries, looks


@pytest.fixture
def plan() -> Plan:
    below_one = Condition("error_rate", Comparison.BELOW, FixedLimit(1.0), 0, "error_rate < 1%")
    quick = Condition("p95", Comparison.BELOW, FixedLimit(0.5), 0, "p95 < 500ms")
    many_errors = Condition("error_rate", Comparison.ABOVE, FixedLimit(5.0), 2, "error_rate > 5% for 2s")
    slower = Condition("p95", Comparison.ABOVE, BaselineLimit(5), 10, "p95 > 5x baseline for 10s")
    back = Action(Do.ROLL_BACK)
    canary = Stage("canary", Share.percent(5), 20, LookSchedule((Look(1),)), (below_one, quick), back)
    rules = (Rule(many_errors, back), Rule(slower, back))
    metrics = (Metric("memory", "target", Unit.BYTES),)
    return Plan("shop", VersionFrom("git"), (), (canary,), rules, metrics)


@pytest.fixture
def data(plan: Plan) -> ReportData:
    return gather(RELEASE_ROW, entries(), looks(), plan)
