"""`flight step-back`."""

from __future__ import annotations

from typing import Annotated

import typer

from flightrules.cli.completion import earlier_stages
from flightrules.cli.places import PLAN, JsonOption, Place, PlanOption, ReasonOption, StateOption

ToOption = Annotated[
    str | None,
    typer.Option(
        "--to", metavar="STAGE", help="An earlier stage; by default the one before.", autocompletion=earlier_stages
    ),
]


def step_back(
    to: ToOption = None,
    reason: ReasonOption = "",
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Step back to an earlier stage, and hold it again."""
    from flightrules.cli.asking import ask_the_driver
    from flightrules.domain.signals import Ask

    ask_the_driver(Place.of(plan, state), Ask.STEP_BACK, {"to": to, "reason": reason}, json)
