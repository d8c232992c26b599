"""Metrics that people state, such as how satisfied users are: which a plan has, who may, and what is an answer.

Pure. What was said is in the record alone, as `STATED`; the newest of a metric counts, and it is the candidate's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from flightrules.domain.figures import figure, plain
from flightrules.domain.people import Team
from flightrules.domain.plan import PERSON, Comparison, Condition, Metric, Plan, Unit

STATED = "metric.stated"
"""The kind of the event that somebody stated a metric."""

_LESS = (Comparison.BELOW, Comparison.AT_MOST)
_MORE = (Comparison.ABOVE, Comparison.AT_LEAST)


class Agreed(Protocol):
    """What the plan agrees on for such a metric: the options of its source."""

    role: str
    scale: float | None


@dataclass(frozen=True)
class Stateable:
    """A metric that people state. Answers go from 0 to `scale`, without one anywhere.

    `seats` has the role that may, with the logins of those who have it; None where nobody says who does.
    """

    name: str
    role: str
    unit: Unit = Unit.NUMBER
    scale: float | None = None
    seats: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)

    def wrong(self, value: Any) -> str:
        """Return why `value` is no answer, and what would be one; empty where it is one."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return f"{self.name} is a number: {typed(self.name)}"
        if self.scale is not None and not 0 <= value <= self.scale:
            return f"{self.name} goes from 0 to {plain(self.scale)}, and {plain(value)} does not: {typed(self.name)}"
        return ""

    def says(self, value: float) -> str:
        """Return `value` in words: `4.5 of 5`, `55%`."""
        return in_words(value, self.unit, self.scale)


def in_words(value: float, unit: Unit, scale: float | None) -> str:
    """Return what was said: `4.5 of 5`, `55%`."""
    return figure(value, unit) if scale is None else f"{plain(value)} of {plain(scale)}"


def typed(metric: str) -> str:
    """Return what somebody types to state `metric`."""
    return f"flight measure {metric} NUMBER"


def who(role: str, team: Team | None) -> str:
    """Return who can: `role product: anna, bob`; the role alone where nobody says who has it."""
    return f"role {role}" if team is None else f"role {role}: {', '.join(team.logins(role)) or 'nobody'}"


def stated_by_people(plan: Plan) -> tuple[Metric, ...]:
    """Return the metrics of `plan` that people state."""
    return tuple(each for each in plan.metrics if each.source == PERSON)


def stateable(plan: Plan, rehearses: str) -> Mapping[str, Stateable]:
    """Return the same by name, with who may; in a rehearsal that is who `rehearses`, for everybody."""
    return {each.name: _stateable(each, plan, rehearses) for each in stated_by_people(plan)}


def _stateable(metric: Metric, plan: Plan, rehearses: str) -> Stateable:
    agreed, team = cast("Agreed", metric.options), plan.team
    having = None if team is None else team.logins(agreed.role)
    if plan.rehearsing:
        having = (rehearses,)
    return Stateable(metric.name, agreed.role, metric.unit, agreed.scale, {agreed.role: having})


def best(plan: Plan) -> Iterator[tuple[Stateable, float]]:
    """Yield what who rehearses says of each metric with a scale: the end of it that the plan hopes for."""
    for each in stateable(plan, "").values():
        if each.scale is not None:
            yield each, 0.0 if _is_better_low(each.name, plan) else each.scale


def _is_better_low(metric: str, plan: Plan) -> bool:
    passes = [condition for stage in plan.stages for condition in stage.passes]
    passes += plan.watch.passes if plan.watch else ()
    wanted = any(each.comparison in _LESS for each in _about(metric, passes))
    return wanted or any(each.comparison in _MORE for each in _about(metric, [rule.condition for rule in plan.rules]))


def _about(metric: str, conditions: list[Condition]) -> Iterator[Condition]:
    return (each for each in conditions if each.metric == metric)
