"""`flight drill`: break a candidate on staging on purpose, and measure the way back."""

from __future__ import annotations

from typing import Annotated

import typer

from flightrules.cli.places import PLAN, JsonOption, Place, PlainOption, PlanOption, StateOption
from flightrules.cli.rehearse import AnswersOption, FromOption, KeepOption, SpeedOption
from flightrules.cli.run import VersionArgument
from flightrules.domain.rehearsals import Drill

DrillArgument = Annotated[
    str, typer.Argument(metavar="PROCEDURE", help=f"Which procedure is practised: {', '.join(Drill)}.")
]
AtOption = Annotated[
    str, typer.Option("--at", metavar="STAGE", help="In the hold of which stage it breaks; the first if not said.")
]
ServiceOption = Annotated[
    str | None, typer.Option("--service", metavar="NAME", help="Which service is taken back alone.")
]


def drill(
    procedure: DrillArgument,
    version: VersionArgument = None,
    at: AtOption = "",
    service: ServiceOption = None,
    speed: SpeedOption = "600x",
    base: FromOption = None,
    yes: AnswersOption = False,
    keep: KeepOption = False,
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
    plain: PlainOption = False,
) -> None:
    """Break a candidate on staging on purpose, see whether the plan takes it back, and measure how long that takes."""
    from flightrules.cli import rehearsing
    from flightrules.cli.failures import BadInput
    from flightrules.cli.screens import Showing

    if procedure not in list(Drill):
        raise BadInput(f"there is no procedure {procedure}", f"there are: {', '.join(Drill)}")
    chosen = Drill(procedure)
    wish = rehearsing.Wish(version, speed, base, answers=yes, keep=keep, drill=chosen, at=at, service=service)
    rehearsing.carry_out(Place.of(plan, state), wish, Showing.of(json=json, plain=plain))
