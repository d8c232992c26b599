"""`flight measure`."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from flightrules.cli.places import PLAN, AsOption, JsonOption, Place, PlanOption, StateOption

MetricArgument = Annotated[str, typer.Argument(metavar="METRIC", help="A metric of the plan with `from: person`.")]
ValueArgument = Annotated[str, typer.Argument(metavar="NUMBER", help="What you say it is, in the unit of the metric.")]
CommentOption = Annotated[str, typer.Option("--comment", metavar="TEXT", help="A remark; it is kept in the ledger.")]


def measure(
    metric: MetricArgument,
    value: ValueArgument,
    as_role: AsOption = "",
    comment: CommentOption = "",
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Say what a metric of the candidate is that only people know, such as how satisfied users are."""
    from flightrules.cli.asking import ask_the_driver
    from flightrules.domain.signals import Ask

    said = {"metric": metric, "value": _number(metric, value), "role": as_role, "reason": comment}
    ask_the_driver(Place.of(plan, state), Ask.MEASURE, said, json)


def _number(metric: str, text: str) -> float:
    """Return the number that somebody typed. Raises `BadInput`."""
    from flightrules.cli.failures import BadInput

    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadInput(f"{text!r} is no number", f"write one: flight measure {metric} 4.5")
    return value
