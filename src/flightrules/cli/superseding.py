"""Making room: a release in its watch ends, sealed as superseded, because another version is to be released."""

from __future__ import annotations

import asyncio
from shlex import quote
from typing import TYPE_CHECKING

import typer

from flightrules.cli.clean import clean
from flightrules.domain.errors import FlightError
from flightrules.domain.signals import Ask

if TYPE_CHECKING:
    from flightrules.cli.desk import Desk
    from flightrules.cli.screens import Screen
    from flightrules.state.releases import Release

WITHIN = 60.0
"""Seconds in which whoever drives the release that makes room has left; a moment is usual."""

EVERY = 0.1


def make_room(desk: Desk, version: str | None, screen: Screen) -> None:
    """End the watch of the release that has not ended, where another version than its own is to begin.

    Where there is no such release, or it is not in its watch, nothing happens. A version that does not exist ends
    nothing. Raises `FlightError`.
    """
    release = desk.records.releases.unfinished()
    if release is None or version is None:
        return
    from flightrules import actions, identifying, wiring

    if not actions.makes_room(desk.records, release, version):
        return
    asyncio.run(identifying.identify(wiring.Workshop.to_look_around(desk.records), desk.plan(), version))
    typer.echo(clean(f"{release.kind} {release.id} is in its watch, which ends here: {version} is released."), err=True)
    if desk.records.lease.holder() is None:
        _drive_to_its_end(desk, release, version, screen)
    else:
        _ask_who_drives(desk, release, version)


def _drive_to_its_end(desk: Desk, release: Release, version: str, screen: Screen) -> None:
    from flightrules import wiring
    from flightrules.cli import driving

    desk.ask(Ask.SUPERSEDE, {"version": version})
    with desk.records.lease:
        driving.drive(desk, wiring.Workshop(desk.records), release, screen)


def _ask_who_drives(desk: Desk, release: Release, version: str) -> None:
    from flightrules.cli import asking

    reply = asking.ask_and_wait(desk, Ask.SUPERSEDE, {"version": version})
    if reply.text is not None and not reply.taken:
        raise FlightError(f"{release.kind} {release.id} does not make room: {reply.text}", "see it with `flight watch`")
    if not asyncio.run(_has_left(desk, release)):
        raise FlightError(
            f"{release.kind} {release.id} was asked to make room, and has not ended yet",
            f"see it with `flight watch`; once it has ended: flight run {quote(version)}",
        )


async def _has_left(desk: Desk, release: Release) -> bool:
    """Return whether the release ended, and who drove it has let go of it, in time."""
    from flightrules.clocks.system import SystemClock

    clock = SystemClock()
    give_up = clock.monotonic() + WITHIN
    while clock.monotonic() < give_up:
        ended = desk.records.releases.get(release.id).outcome is not None
        if ended and desk.records.lease.holder() is None:
            return True
        await clock.sleep(EVERY)
    return False
