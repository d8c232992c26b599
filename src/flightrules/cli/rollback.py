"""`flight rollback`: return to a version that was in service before."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from flightrules.cli.completion import served_versions
from flightrules.cli.places import PLAN, JsonOption, Place, PlainOption, PlanOption, StateOption

if TYPE_CHECKING:
    from flightrules.cli.desk import Desk
    from flightrules.cli.screens import Showing
    from flightrules.state.releases import Release

ToOption = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="VERSION",
        help="A version that was in service before; without it they are listed.",
        autocompletion=served_versions,
    ),
]
WhyOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept in the ledger.")]
ServiceOption = Annotated[
    str | None,
    typer.Option("--service", metavar="NAME", help="Only this service; the plan must say that it can stand alone."),
]


def rollback(
    to: ToOption = None,
    reason: WhyOption = "",
    service: ServiceOption = None,
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
    plain: PlainOption = False,
) -> None:
    """Return to a version that was in service before. A release that is under way goes back to its own stable."""
    from flightrules.cli import earlier
    from flightrules.cli.calling_back import refuse_without_reason
    from flightrules.cli.desk import existing
    from flightrules.cli.screens import Showing

    showing = Showing.of(json=json, plain=plain)
    with existing(Place.of(plan, state)) as desk:
        if not to:
            raise earlier.which(desk)
        refuse_without_reason(reason, f"flight rollback --to {quote(to)}")
        under_way = desk.records.releases.unfinished()
        if under_way is not None:
            _call_back(desk, under_way, to, reason, showing)
        else:
            _return(desk, to, reason, service, showing)


def _call_back(desk: Desk, release: Release, to: str, reason: str, showing: Showing) -> None:
    from flightrules.cli import calling_back
    from flightrules.domain.errors import FlightError
    from flightrules.domain.outcome import Outcome
    from flightrules.domain.signals import Ask

    stable = {(parts["stable"] or {}).get("name") for parts in release.arguments["services"].values()}
    if to not in stable:
        raise FlightError(
            f"{release.kind} {release.id} has not ended, and it can only go back to where it came from",
            "`flight abort` takes it back; afterwards `flight rollback` goes on to an older version",
        )
    call = calling_back.Call(Ask.ROLLBACK, {"reason": reason, "to": to}, (Outcome.ROLLED_BACK, Outcome.NOT_STARTED))
    calling_back.call_back(desk, call, showing, calling_back.Stay.UNTIL_ENDED)


def _return(desk: Desk, to: str, reason: str, service: str | None, showing: Showing) -> None:
    from flightrules import actions
    from flightrules.cli.stories import carry_out
    from flightrules.domain.outcome import Outcome

    carry_out(
        desk,
        showing,
        lambda workshop, plan: actions.begin_rollback(workshop, plan, to, reason, actions.who(), service),
        (Outcome.ROLLED_BACK,),
    )
