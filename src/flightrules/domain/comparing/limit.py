"""The rate of errors that a candidate may not exceed, whatever stable does: what the plan says, or what follows.

A rule that calls the release back at an error rate says what is too much. So does a plan none of whose stages can be
passed above an error rate. Conditions that end in anything milder say less, and are left to themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flightrules.domain.observing import gauges
from flightrules.domain.plan import Comparison, Condition, Do, FixedLimit, Plan, Rule, Stage
from flightrules.domain.terms import Terms

_CALLS_BACK = (Do.ROLL_BACK, Do.SHUT_DOWN)
_HIGH, _LOW = (Comparison.ABOVE, Comparison.AT_LEAST), (Comparison.BELOW, Comparison.AT_MOST)
_Which = Mapping[str, tuple[Comparison, Comparison]]
_TOO_MUCH: _Which = {"error_rate": _HIGH, "availability": _LOW}
_ENOUGH: _Which = {"error_rate": _LOW, "availability": _HIGH}


def absolute_limit(plan: Plan, terms: Terms) -> float | None:
    """Return the limit as a rate, more than 0 and less than 1; None where the plan gives none."""
    if terms.limit is not None:
        return terms.limit
    measured_elsewhere = {metric.name for metric in gauges(plan)}
    limits = (*_of_rules(plan), *_of_stages(plan.stages))
    usable = [rate for metric, rate in limits if metric not in measured_elsewhere and 0 < rate < 1]
    return min(usable, default=None)


def _of_rules(plan: Plan) -> Iterator[tuple[str, float]]:
    for rule in plan.rules:
        if rule.action.do in _CALLS_BACK or _takes_back_at_once(plan, rule):
            yield from _rates([rule.condition], _TOO_MUCH)


def _takes_back_at_once(plan: Plan, rule: Rule) -> bool:
    agreed = plan.severities.get(str(rule.action.to)) if rule.action.do is Do.SEVERITY else None
    return agreed is not None and agreed.takes_back_at_once


def _of_stages(stages: Iterable[Stage]) -> Iterator[tuple[str, float]]:
    """Yield the highest of the limits of all stages, if every stage has one and rolls back above it."""
    limits = [list(_rates(stage.passes, _ENOUGH)) if stage.on_fail.do in _CALLS_BACK else [] for stage in stages]
    if limits and all(limits):
        yield max((min(each, key=lambda one: one[1]) for each in limits), key=lambda one: one[1])


def _rates(conditions: Iterable[Condition], which: _Which) -> Iterator[tuple[str, float]]:
    for condition in conditions:
        if condition.comparison in which.get(condition.metric, ()) and isinstance(condition.limit, FixedLimit):
            percent = condition.limit.value
            rate = percent if condition.metric == "error_rate" else 100 - percent
            yield condition.metric, rate / 100
