"""External services: what the plan depends on and does not run. Told apart from what is released.

Pure. Each is a metric, `NAME.availability`: 100 % at a look at which it answered as expected, 0 % where it did not.
None of it decides anything unless a rule of the plan says so, and no rule waits because of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

from flightrules.domain.figures import figure
from flightrules.domain.limits import reading_of, subject_words
from flightrules.domain.plan import EXTERNAL, Condition, FixedLimit, Metric, Plan, Rule, Unit
from flightrules.domain.verdict import ALL, STABLE, Finding, Observation

AVAILABLE, DOWN = 100.0, 0.0
"""Percent."""

_SUFFIX = ".availability"


def metric_of(name: str) -> Metric:
    """Return the metric that an external service is."""
    return Metric(f"{name}{_SUFFIX}", EXTERNAL, Unit.PERCENT)


def states(seen: Observation, plan: Plan) -> Mapping[str, bool]:
    """Return which external services answered at one look, by name; those of which nobody knows are left out."""
    metrics = {metric.name for metric in plan.metrics if metric.source == EXTERNAL}
    return {
        reading.metric.removesuffix(_SUFFIX): reading.value > DOWN
        for reading in seen.readings
        if reading.metric in metrics and reading.subject == ALL and reading.value is not None
    }


def since_words(name: str, since: float, zone: tzinfo) -> str:
    """Return since when it has been down: `openai has been down since 14:03 Europe/Berlin`."""
    there = datetime.fromtimestamp(since, UTC).astimezone(zone)
    return f"{name} has been down since {there:%H:%M} {zone}"


def all_since(down: Mapping[str, float], zone: tzinfo) -> str:
    """Return since when each of them has been down."""
    return ", ".join(since_words(name, at, zone) for name, at in down.items())


def beside(finding: Finding, seen: Observation, down: Mapping[str, float], plan: Plan) -> str:
    """Return what to know beside a finding while external services are down; empty while none is.

    `down` has since when each has been, in seconds since 1970. What stable reads says whether both versions suffer.
    """
    if not down:
        return ""
    rule = next((each for each in plan.rules if each.text == finding.rule_text), None)
    if rule is not None and _is_external(plan, rule.condition.metric):
        return ""  # it says so itself
    since = all_since(down, plan.freezes.zone)
    of_stable = _of_stable(rule, seen, finding.service, plan) if rule is not None else ""
    return f"{since}{of_stable}"


def _is_external(plan: Plan, metric: str) -> bool:
    return any(each.name == metric and each.source == EXTERNAL for each in plan.metrics)


def _of_stable(rule: Rule, seen: Observation, service: str, plan: Plan) -> str:
    """Return what stable reads for the metric of a rule; empty where nobody knows."""
    condition = rule.condition
    reading = reading_of(condition.metric, STABLE, seen, service)
    if reading is None or reading.value is None:
        return ""
    who = subject_words(condition.metric, reading, seen, service)
    value = figure(reading.value, plan.metric_units()[condition.metric])
    if _holds(condition, reading.value):
        return f", and BOTH versions suffer: {who} is {value}"
    return f"; {who} is {value}"


def _holds(condition: Condition, value: float) -> bool:
    return isinstance(condition.limit, FixedLimit) and condition.comparison.holds(value, condition.limit.value)
