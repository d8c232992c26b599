"""Looks, rules and plans written by hand, as short as the tests that need them."""

from collections.abc import Sequence

from flightrules.domain.plan import (
    Action,
    Adapter,
    BaselineLimit,
    Comparison,
    Condition,
    Do,
    FixedLimit,
    GrowthLimit,
    Limit,
    Metric,
    Plan,
    Rule,
    Service,
    Unit,
    VersionFrom,
    Window,
)
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import CANDIDATE, STABLE, Counters, Histogram, Observation, Reading, Verdict

V1, V2 = Version("v1", "1" * 40), Version("v2", "2" * 40)
ROLES = {"web": {CANDIDATE: V2.key, STABLE: V1.key}}
NAMES = {V1.key: "v1", V2.key: "v2"}
BOUNDS = (0.1, 0.2, 0.4, float("inf"))


def condition(metric: str, comparison: str, limit: Limit | float, lasting: float = 0.0) -> Condition:
    limit = limit if isinstance(limit, FixedLimit | BaselineLimit | GrowthLimit) else FixedLimit(limit)
    return Condition(metric, Comparison(comparison), limit, lasting, text=f"{metric} {comparison} ...")


def rule(wanted: Condition, do: Do = Do.ROLL_BACK, to: str | None = None) -> Rule:
    return Rule(wanted, Action(do, to))


def plan(
    *rules: Rule, metrics: Sequence[Metric] = (), window: Window | None = None, services: Sequence[str] = ("web",)
) -> Plan:
    return Plan(
        name="shop",
        version=VersionFrom("argument"),
        services=tuple(Service(name, Adapter("fake", None), Adapter("fake", None)) for name in services),
        stages=(),
        rules=rules,
        metrics=tuple(metrics),
        window=window or Window(over=10, enough=20),
    )


def gauge(name: str, unit: Unit = Unit.NUMBER) -> Metric:
    return Metric(name, "http", unit)


def reading(metric: str, value: float | None, subject: str = CANDIDATE, requests: int | None = None) -> Reading:
    missing = Verdict.INSUFFICIENT if value is None else None
    return Reading(metric, subject, "web", value, missing, "too little" if missing else "", requests)


def look(at: float, *readings: Reading, interval: float = 15.0, stage: str = "canary") -> Observation:
    return Observation(at, stage, readings, counters={}, roles=ROLES, names=NAMES, interval=interval)


def counted(requests: int, bad: int = 0, latencies: tuple[int, ...] | None = None) -> Counters:
    """All requests are in the first bucket where `latencies` does not say otherwise."""
    return Counters(requests, bad, Histogram(BOUNDS, latencies or (requests, 0, 0, 0)))


def traffic_look(at: float, stable: Counters | None, candidate: Counters | None, stage: str = "canary") -> Observation:
    versions = {V1.key: stable, V2.key: candidate}
    known = {key: counters for key, counters in versions.items() if counters is not None}
    counters = {"web": known} if known else {}
    return Observation(at, stage, (), counters, ROLES, NAMES, interval=15.0)
