"""Where the metrics of a service come from: their sources, made of what the plan says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flightrules import adapters
from flightrules.domain import unset
from flightrules.domain.errors import VariableNotSet
from flightrules.domain.plan import Metric, Plan

if TYPE_CHECKING:
    from flightrules.engine.database_run import DatabaseRun
    from flightrules.ports.metric_source import MetricSource

ASKED_BY_THE_RELEASE = ("router", "external")
"""Sources of metrics that no adapter is made for: the router counts them, or a check of the plan is asked."""


def sources(plan: Plan, databases: Sequence[DatabaseRun], told: Mapping[str, Any]) -> dict[str, MetricSource]:
    """Return the sources of one service by metric; `traffic` stands for all that its router counts.

    `told` is what each of them gets besides its options and its name, see `MetricSource`.
    """
    traffic = Metric("traffic", "router", plan.metric_units()["request_rate"])
    read = (each for each in plan.metrics if each.source not in ASKED_BY_THE_RELEASE)
    return {each.name: _source(each, databases, told) for each in (traffic, *read)}


def _source(metric: Metric, databases: Sequence[DatabaseRun], told: Mapping[str, Any]) -> MetricSource:
    from flightrules.metric_sources._unread import Unread
    from flightrules.ports.options import texts_in

    try:
        unset.refuse(texts_in(metric.options), f"read {metric.name}")
    except VariableNotSet as why:
        return Unread(why)
    made: MetricSource = adapters.module(adapters.METRIC_SOURCES, metric.source).create(
        metric.options, name=metric.name, **told, **_asked(metric, databases)
    )
    return made


def _asked(metric: Metric, databases: Sequence[DatabaseRun]) -> dict[str, Any]:
    """Return what a source gets besides, whose options name a database of the plan: the way to ask it."""
    from flightrules.ports.options import database_field

    field = database_field(metric.options) if metric.options is not None else None
    if field is None:
        return {}
    return {"queries": next(each for each in databases if each.name == getattr(metric.options, field[0]))}
