"""`flight severity`."""

from __future__ import annotations

from typing import Annotated

import typer

from flightrules.cli.completion import severities
from flightrules.cli.places import PLAN, JsonOption, Place, PlanOption, ReasonOption, StateOption

LevelArgument = Annotated[
    str,
    typer.Argument(metavar="SEVERITY", help="How bad it is: one of the plan, such as P2.", autocompletion=severities),
]


def severity(
    level: LevelArgument,
    reason: ReasonOption = "",
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Declare how bad something is that no rule saw: what the plan says about that severity follows."""
    from flightrules.cli.asking import ask_the_driver
    from flightrules.domain.signals import Ask

    ask_the_driver(Place.of(plan, state), Ask.SEVERITY, {"level": level, "reason": reason}, json)
