"""Calling a release back or shutting it down: asked of the process that drives it, or done here if nobody does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn

import typer

from flightrules.cli import asking, driving
from flightrules.cli.clean import clean
from flightrules.cli.desk import Desk
from flightrules.cli.ending import finish
from flightrules.cli.failures import BadInput
from flightrules.cli.screens import Screen, Showing, screen_for
from flightrules.domain.errors import StateBusy
from flightrules.domain.outcome import Outcome
from flightrules.domain.signals import Ask


class Stay(Enum):
    """Whether the command shows the way back to its end."""

    UNTIL_ENDED = "until ended"
    UNTIL_TAKEN = "until taken"

    @classmethod
    def of(cls, no_wait: bool) -> Stay:
        """Return what the option asks for."""
        return cls.UNTIL_TAKEN if no_wait else cls.UNTIL_ENDED


@dataclass(frozen=True)
class Call:
    """What is asked, and the outcomes with which it was done."""

    ask: Ask
    arguments: Mapping[str, Any]
    wanted: tuple[Outcome, ...]


def call_back(desk: Desk, call: Call, showing: Showing, until: Stay) -> NoReturn:
    """Ask, and show how the release goes back; drive it here where no process does. Exits.

    Where nobody drives the release this process has to do it, so it stays to the end whatever `until` says.
    What happened before is not told again line by line: it was told where the release was driven.
    """
    before, _ = desk.records.ledger.head()
    screen = screen_for(showing, after=before)
    if desk.records.lease.holder() is None:
        _drive(desk, call, showing, screen)
    release = desk.under_way()
    reply = asking.ask_and_wait(desk, call.ask, call.arguments)
    if reply.text is None and desk.records.lease.holder() is None:  # it ended before it could answer
        _drive_on(desk, call, showing, screen)
    if until is Stay.UNTIL_TAKEN:
        raise typer.Exit(asking.tell(reply, json=showing is Showing.JSON))
    typer.echo(clean(reply.text or _not_taken(desk)), err=True)
    raise finish(driving.go_along(desk, release, screen), showing, call.wanted)


def _not_taken(desk: Desk) -> str:
    """Return what to do about a process that holds the release and does not answer."""
    holder = desk.records.lease.holder() or {}
    pid = holder.get("pid")
    if pid is None:
        return "not taken yet; it is taken as soon as the release can"
    return (
        f"not taken yet by the process that drives the release ({pid}); "
        f"if it hangs: kill -9 {pid}, and this goes on here when you type it again"
    )


def _drive(desk: Desk, call: Call, showing: Showing, screen: Screen) -> NoReturn:
    desk.ask(call.ask, call.arguments)
    typer.echo("No process drives this release; taking it over here.", err=True)
    _drive_on(desk, call, showing, screen)


def _drive_on(desk: Desk, call: Call, showing: Showing, screen: Screen) -> NoReturn:
    from flightrules import wiring

    release = desk.under_way()
    try:
        with desk.records.lease:
            desk.end_what_a_killed_rehearsal_left()
            went = driving.drive(desk, wiring.Workshop(desk.records), release, screen)
    except StateBusy as taken:  # somebody was quicker; the request is waiting for them already
        typer.echo(clean(taken.what), err=True)
        went = driving.go_along(desk, release, screen)
    raise finish(went, showing, call.wanted)


def refuse_without_reason(reason: str, command: str) -> None:
    """Raise for an empty reason: what ends a service's life needs one in the record."""
    if not reason.strip():
        raise BadInput(f"{command} needs a reason", f'say why: {command} --reason "…"')
