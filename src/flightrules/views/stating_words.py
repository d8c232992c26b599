"""Metrics that people state, as a person sees them: what was said, what is still missing, and what to type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from flightrules.domain import stating
from flightrules.domain.figures import duration, plain
from flightrules.domain.plan import Condition, Plan, Unit
from flightrules.domain.stating import STATED
from flightrules.views.model import MetricView, Tone

Data = Mapping[str, Any]


def _stated(data: Data) -> tuple[str, Tone]:
    comment = f": {data['comment']}" if data["comment"] else ""
    return f"{data['metric']} is {value_words(data)}, says {who_words(data)}{comment}", Tone.NEWS


SAY: Mapping[str, Callable[[Data], tuple[str, Tone]]] = {STATED: _stated}


def agreed(plan: Plan) -> Iterator[str]:
    """Yield what people state, on which scale, who may, and how long it counts."""
    for metric in stating.stated_by_people(plan):
        role, scale, fresh = (getattr(metric.options, name) for name in ("role", "scale", "fresh"))
        on = "" if scale is None else f" from 0 to {plain(scale)}"
        counts = "" if fresh is None else f"; an answer counts for {duration(fresh)}"
        yield f"{metric.name}{on} ({stating.who(role, plan.team)}){counts}"


def value_words(data: Data) -> str:
    """Return what was said, as its event has it: `4.5 of 5`."""
    return stating.in_words(data["value"], Unit(data["unit"]), data["scale"])


def who_words(data: Data) -> str:
    """Return who said it, and as what: `anna (product)`."""
    return f"{data['by']} ({data['role']})" if data["role"] else str(data["by"])


def missing(metrics: Iterable[MetricView], passes: Iterable[Condition], plan: Plan) -> Mapping[str, str]:
    """Return what `passes` need that nobody has said, or too long ago: by metric, why, with what to type."""
    needed = {condition.metric for condition in passes}
    asked = {metric.name for metric in stating.stated_by_people(plan)} & needed
    return {each.name: each.why for each in metrics if each.name in asked and each.candidate is None}
