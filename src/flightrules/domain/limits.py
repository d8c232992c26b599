"""A condition of the plan held against what was read at one look: true, false, or not known.

Knows the three kinds of limit: a fixed one, a multiple of the baseline, a growth. Knows nothing of how long
a condition has been true (`rules`) and of what follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass

from flightrules.domain.figures import duration, figure, per, plain
from flightrules.domain.growth import ENOUGH_LOOKS, Trend
from flightrules.domain.plan import BaselineLimit, Comparison, Condition, FixedLimit, GrowthLimit, Unit
from flightrules.domain.verdict import ALL, CANDIDATE, STABLE, Observation, Reading, Verdict

_TRUE_WORDS = {
    Comparison.BELOW: "below",
    Comparison.AT_MOST: "at or below",
    Comparison.ABOVE: "above",
    Comparison.AT_LEAST: "at or above",
    Comparison.EQUAL: "exactly at",
}
_FALSE_WORDS = {
    Comparison.BELOW: "not below",
    Comparison.AT_MOST: "above",
    Comparison.ABOVE: "not above",
    Comparison.AT_LEAST: "below",
    Comparison.EQUAL: "not at",
}


@dataclass(frozen=True)
class Compared:
    """What came of it. `true` is None exactly when `missing` says why it is not known; `says` has the words."""

    true: bool | None
    says: str
    missing: Verdict | None = None


@dataclass(frozen=True)
class Memory:
    """What a limit remembers from look to look: the last baseline that was read, and the trend."""

    baseline: float | None = None
    trend: Trend | None = None

    def after(self, condition: Condition, seen: Observation, service: str) -> Memory:
        """Return the memory after one more look."""
        match condition.limit:
            case FixedLimit():
                return self
            case BaselineLimit():
                baseline = _baseline_in(condition.metric, seen, service)
                return self if baseline is None else Memory(baseline, self.trend)
            case GrowthLimit(per_seconds=per_seconds):
                return Memory(self.baseline, _trend(self.trend, per_seconds, condition.metric, seen, service))


def services_with(metric: str, seen: Observation) -> tuple[str, ...]:
    """Return the services for which something is known, or should be, of `metric`; in the order of the readings."""
    return tuple(seen.services.get(metric, ()))


def reading_of(metric: str, subject: str, seen: Observation, service: str) -> Reading | None:
    """Return the reading of `metric` about `subject`, if the look has one."""
    return seen.by_subject.get((metric, subject, service))


def judged(metric: str, seen: Observation, service: str) -> Reading | None:
    """Return the reading that a condition is about: the candidate's, or that of all where none is told apart."""
    return reading_of(metric, CANDIDATE, seen, service) or reading_of(metric, ALL, seen, service)


def holds(condition: Condition, seen: Observation, service: str, memory: Memory) -> bool | None:
    """Return whether `condition` is true at one look; None where it is not known. `memory` is that after the look."""
    reading = judged(condition.metric, seen, service)
    if reading is None or reading.value is None:
        return None
    value: float | None = reading.value
    match condition.limit:
        case FixedLimit(value=limit):
            bound: float | None = limit
        case BaselineLimit(factor=factor):
            bound = None if memory.baseline is None else factor * memory.baseline
        case GrowthLimit(percent=percent):
            growth = memory.trend.growth() if memory.trend else None
            value, bound = growth.percent if growth else None, percent
    if value is None or bound is None:
        return None
    return condition.comparison.holds(value, bound)


def compare(condition: Condition, unit: Unit, seen: Observation, service: str, memory: Memory) -> Compared:
    """Hold `condition` against one look, in words. `memory` is that after the same look."""
    reading = judged(condition.metric, seen, service)
    true = holds(condition, seen, service, memory)
    who = subject_words(condition.metric, reading, seen, service)
    if reading is None:
        return Compared(None, f"{who} is not known: no version of it is being released", Verdict.INSUFFICIENT)
    if reading.value is None:
        why = f": {reading.why}" if reading.why else ""
        return Compared(None, f"{who} is not known{why}", reading.missing or Verdict.INSUFFICIENT)
    match condition.limit:
        case FixedLimit(value=value):
            limit = f"the limit of {figure(value, unit)}"
            return _against(condition, true, f"{who} is {_value(reading, unit)}", limit)
        case BaselineLimit(factor=factor):
            return _against_baseline(
                condition, true, unit, factor, f"{who} is {_value(reading, unit)}", memory.baseline
            )
        case GrowthLimit():
            return _against_growth(condition, true, condition.limit, who, memory.trend)


def subject_words(metric: str, reading: Reading | None, seen: Observation, service: str) -> str:
    """Return whom a reading is about: `error_rate of v3`, with the service where there are several."""
    of = []
    if len(seen.roles) > 1:
        of.append(service)
    if reading is not None and reading.subject != ALL:
        key = seen.roles.get(service, {}).get(reading.subject, "")
        of.append(seen.names.get(key, key) or reading.subject)
    return f"{metric} of {' '.join(of)}" if of else metric


def _value(reading: Reading, unit: Unit) -> str:
    value = reading.value or 0.0
    if reading.requests is None:
        return figure(value, unit)
    if reading.metric == "error_rate":
        return f"{figure(value, unit)} ({round(value * reading.requests / 100)} of {reading.requests} requests)"
    return f"{figure(value, unit)} ({reading.requests} requests)"


def _against(condition: Condition, true: bool | None, value_words: str, limit_words: str) -> Compared:
    words = (_TRUE_WORDS if true else _FALSE_WORDS)[condition.comparison]
    return Compared(true, f"{value_words}, {words} {limit_words}")


def _against_baseline(
    condition: Condition, true: bool | None, unit: Unit, factor: float, value_words: str, baseline: float | None
) -> Compared:
    if baseline is None:
        says = f"{value_words}, and there is no baseline yet to compare it with"
        return Compared(None, says, Verdict.INSUFFICIENT)
    limit = f"{figure(factor * baseline, unit)} ({plain(factor)}x the baseline of {figure(baseline, unit)})"
    return _against(condition, true, value_words, f"the limit of {limit}")


def _against_growth(
    condition: Condition, true: bool | None, limit: GrowthLimit, who: str, trend: Trend | None
) -> Compared:
    growth = trend.growth() if trend else None
    if growth is None:
        return Compared(None, f"how fast {who} grows is not known: {_growth_needs(trend)}", Verdict.INSUFFICIENT)
    span = per(limit.per_seconds)
    value = f"{who} grows {plain(growth.percent)}% {span} ({growth.looks} looks in {duration(growth.seconds)})"
    return _against(condition, true, value, f"the limit of {plain(limit.percent)}% {span}")


def _growth_needs(trend: Trend | None) -> str:
    if trend is None:
        return "there is no reading yet"
    if trend.looks >= ENOUGH_LOOKS and trend.seconds >= trend.needed_seconds:
        return "it was not above zero, and growth in percent of nothing has no meaning"
    return (
        f"{trend.looks} looks in {duration(trend.seconds)}, "
        f"{ENOUGH_LOOKS} in {duration(trend.needed_seconds)} are needed"
    )


def _baseline_in(metric: str, seen: Observation, service: str) -> float | None:
    """Return stable's reading; where versions are not told apart, the reading before the release."""
    stable = reading_of(metric, STABLE, seen, service)
    if stable is not None:
        return stable.value
    both = reading_of(metric, ALL, seen, service)
    return both.value if both is not None and before_release(seen, service) else None


def before_release(seen: Observation, service: str) -> bool:
    """Return whether no candidate of `service` can have had an effect yet at this look."""
    return seen.stage == "" or CANDIDATE not in seen.roles.get(service, {})


def _trend(trend: Trend | None, per_seconds: float, metric: str, seen: Observation, service: str) -> Trend | None:
    reading = judged(metric, seen, service)
    if reading is None or reading.value is None:
        return trend
    key = seen.roles.get(service, {}).get(reading.subject, "")
    if trend is None or trend.of != key:
        trend = Trend(per_seconds, of=key, start=seen.at, end=seen.at)
    return trend.after(seen.at, reading.value)
