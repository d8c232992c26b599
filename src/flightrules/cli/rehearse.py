"""`flight rehearse`: carry the whole plan out on staging, in less time."""

from __future__ import annotations

from typing import Annotated

import typer

from flightrules.cli.places import PLAN, JsonOption, Place, PlainOption, PlanOption, StateOption
from flightrules.cli.run import VersionArgument

SpeedOption = Annotated[
    str, typer.Option("--speed", metavar="600x", help="How many times faster holds, looks and the watch go by.")
]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="VERSION", help="What serves on staging before; by default what production serves."),
]
AnswersOption = Annotated[bool, typer.Option("--yes", "-y", help="Answer every question; the record says so.")]
KeepOption = Annotated[bool, typer.Option("--keep", help="Leave everything running on staging afterwards.")]


def rehearse(
    version: VersionArgument = None,
    speed: SpeedOption = "600x",
    base: FromOption = None,
    yes: AnswersOption = False,
    keep: KeepOption = False,
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
    plain: PlainOption = False,
) -> None:
    """Carry the whole plan out on staging, in less time; never in production. What it showed is recorded."""
    from flightrules.cli import rehearsing
    from flightrules.cli.screens import Showing

    wish = rehearsing.Wish(version, speed, base, answers=yes, keep=keep)
    rehearsing.carry_out(Place.of(plan, state), wish, Showing.of(json=json, plain=plain))
