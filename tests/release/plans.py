"""Plans that the tests of whole releases on fakes are about."""

from flightrules.checks import run
from flightrules.domain.checks import Check, Expectation
from flightrules.domain.plan import (
    Action,
    Adapter,
    Comparison,
    Condition,
    Do,
    FixedLimit,
    Look,
    LookSchedule,
    Plan,
    Rule,
    Service,
    Stage,
    VersionFrom,
)
from flightrules.domain.terms import NotCompared
from flightrules.domain.traffic import Share


def below(metric: str, limit: float, text: str) -> Condition:
    return Condition(metric, Comparison.BELOW, FixedLimit(limit), text=text)


def above(metric: str, limit: float, text: str, lasting: float = 0.0) -> Condition:
    return Condition(metric, Comparison.ABOVE, FixedLimit(limit), lasting, text)


ROLL_BACK = Action(Do.ROLL_BACK)
GOOD = below("error_rate", 1.0, "error_rate < 1%")
TOO_BAD = Rule(above("error_rate", 10.0, "error_rate > 10%"), Action(Do.ROLL_BACK))


def stage(name: str, percent: float, hold: float = 60.0, on_fail: Action = ROLL_BACK) -> Stage:
    return Stage(name, Share.percent(percent), hold, LookSchedule((Look(5.0),)), (GOOD,), on_fail)


STAGES = (stage("canary", 5), stage("quarter", 25), stage("full", 100))


UNCOMPARED = NotCompared("a test is about what the stages and rules of a plan do by themselves")


def plan(*services: str, stages=STAGES, rules=(TOO_BAD,), **more) -> Plan:
    adapter = Adapter("fake", None)
    return Plan(
        name="shop",
        version=VersionFrom("argument"),
        services=tuple(Service(name, adapter, adapter) for name in services or ("web",)),
        stages=tuple(stages),
        rules=tuple(rules),
        **more,
    )


def command_check(name: str, line: str, within: float) -> Check:
    passes = Expectation("exit_status", Comparison.EQUAL, 0.0, "exit_status = 0", usual=True)
    return Check(name, "run", run.Options(run=line), within, (passes,))
