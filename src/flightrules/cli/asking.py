"""Asking something of a release that is under way, and waiting for the answer of whoever drives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Any

import typer

from flightrules.cli.clean import clean
from flightrules.cli.exits import Exit
from flightrules.cli.places import Place
from flightrules.domain.errors import FlightError
from flightrules.domain.signals import Ask

if TYPE_CHECKING:
    from flightrules.cli.desk import Desk

WITHIN = 5.0
"""Seconds to wait for an answer; half a second is usual."""

EVERY = 0.05


@dataclass(frozen=True)
class Reply:
    """What came back: `text` is None while nobody has answered."""

    number: int
    text: str | None
    taken: bool


def ask_the_driver(place: Place, wanted: Ask, arguments: Mapping[str, Any], json: bool) -> None:
    """Ask, print the answer, and exit. Refused where nobody drives the release: it would stay unheard."""
    from flightrules.cli import beginning
    from flightrules.cli.desk import existing

    with existing(place) as desk:
        beginning.under_way(desk)
        if desk.records.lease.holder() is None:
            raise FlightError("nobody is driving this release", _go_on(wanted, arguments))
        raise typer.Exit(tell(ask_and_wait(desk, wanted, arguments), json))


def _go_on(wanted: Ask, arguments: Mapping[str, Any]) -> str:
    """Return what to do where nobody would hear it; who answers a question must know that it is asked again."""
    if wanted not in (Ask.APPROVE, Ask.REJECT):
        return "go on with it: flight run"
    typed = f"sign {quote(arguments['item'])}" if arguments.get("typed") == "sign" else str(wanted)
    return (
        f"start `flight run` again: it goes on where it was, and asks again; then, in another terminal: flight {typed}"
    )


def ask_and_wait(desk: Desk, wanted: Ask, arguments: Mapping[str, Any]) -> Reply:
    """Ask the release that is under way, and return the answer, or none after five seconds."""
    import asyncio

    return asyncio.run(_wait(desk, desk.ask(wanted, arguments)))


async def _wait(desk: Desk, number: int) -> Reply:
    from flightrules.clocks.system import SystemClock

    clock = SystemClock()
    give_up = clock.monotonic() + WITHIN
    while clock.monotonic() < give_up:
        letter = desk.records.inbox.get(number)
        if letter.answer is not None:
            refused = desk.records.ledger.find(letter.release, f"signals/{number}")
            taken = refused is None or refused.event.kind == "signal.taken"
            return Reply(number, letter.answer, taken)
        await clock.sleep(EVERY)
    return Reply(number, None, False)


def tell(reply: Reply, json: bool) -> Exit:
    """Print the answer; return the exit status: 4 where it was not taken."""
    status = Exit.DONE if reply.taken else Exit.NOTHING_DONE
    if json:
        from flightrules.cli import one_object

        one_object.tell({"number": reply.number, "taken": reply.taken, "answer": reply.text}, status)
    elif reply.text is None:
        typer.echo(f"no answer within {WITHIN:g} s; it is taken as soon as the release can: see `flight watch`")
    else:
        typer.echo(clean(reply.text))
    return status
