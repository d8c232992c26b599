"""Where the plan and the state lie, and the options that every command shares."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

PLAN = Path("flight.yaml")

PlanOption = Annotated[Path, typer.Option("--plan", envvar="FLIGHT_PLAN", metavar="FILE", help="The plan file.")]
StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state",
        envvar="FLIGHT_STATE",
        metavar="DIR",
        help="The folder with the state; by default .flight beside the plan.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]
PlainOption = Annotated[bool, typer.Option("--plain", help="Print plain lines, one an event, instead of a live view.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept in the ledger.")]
AsOption = Annotated[str, typer.Option("--as", metavar="ROLE", help="The role as which you answer.")]
AskedArgument = Annotated[
    str, typer.Argument(metavar="ITEM", help="Which one, where several things wait: the words of a check.")
]
NoWaitOption = Annotated[bool, typer.Option("--no-wait", help="Return as soon as it was taken.")]


@dataclass(frozen=True)
class Place:
    """The plan file and the folder with the state, as the options say."""

    plan: Path
    state: Path

    @classmethod
    def of(cls, plan: Path, state: Path | None) -> Place:
        """Return the place that the options name; the state lies beside the plan unless it is said otherwise."""
        return cls(plan, state if state is not None else plan.parent / ".flight")
