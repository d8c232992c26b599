"""`flight down`: end everything that runs for a state, on purpose and in order."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from flightrules.cli.places import PLAN, JsonOption, Place, PlainOption, PlanOption, StateOption
from flightrules.cli.rollback import WhyOption

if TYPE_CHECKING:
    from flightrules.cli.desk import Desk

YesOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask; needed where there is no terminal to ask in.")
]


def down(
    reason: WhyOption = "",
    yes: YesOption = False,
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
    plain: PlainOption = False,
) -> None:
    """End everything that runs here: versions, routers, the supervisor. `flight open` starts it again."""
    import asyncio

    from flightrules import actions, wiring
    from flightrules.cli.calling_back import refuse_without_reason
    from flightrules.cli.desk import existing
    from flightrules.cli.screens import Showing
    from flightrules.cli.stories import carry_out
    from flightrules.domain.outcome import Outcome

    with existing(Place.of(plan, state)) as desk:
        actions.refuse_to_end_a_release(desk.records)
        running = asyncio.run(wiring.running(desk.records))
        if not running:
            _nothing_runs(desk, json)
            return
        why = reason if yes else _agreed(running, reason, json)
        refuse_without_reason(why, "flight down --yes")
        carry_out(
            desk, Showing.of(json=json, plain=plain),
            lambda workshop, its: actions.begin_down(workshop, its, why, actions.who()), (Outcome.DOWN,),
        )  # fmt: skip


def _agreed(running: tuple[str, ...], reason: str, json: bool) -> str:
    """Ask the person at the terminal whether they mean it, and why; return why. Raises `BadInput`."""
    from flightrules.cli.clean import clean
    from flightrules.cli.ending import wrapped
    from flightrules.cli.failures import BadInput

    if json or not sys.stdin.isatty():
        raise BadInput(
            "flight down asks before it ends everything, and there is no terminal to ask in",
            'say that you mean it: flight down --yes --reason "…"',
        )
    told = f"This ends everything that runs here; users get no answer any more: {clean(', '.join(running))}."
    typer.echo(wrapped(told), err=True)
    if not typer.confirm("Go on?", err=True):
        raise BadInput("nothing was ended")
    return reason or str(typer.prompt("Why? It is kept in the ledger", err=True))


def _nothing_runs(desk: Desk, json: bool) -> None:
    from flightrules.cli import one_object

    if json:
        one_object.tell({"changed": False})
    else:
        typer.echo(f"Nothing runs here, so nothing was ended: {desk.records.state.folder}.")
