"""A command that holds the state and has begun nothing yet: whoever wants something of its release waits for that.

From the moment at which `flight run` holds the state it reads the plan and looks at the version before its release is
on record. Who types `flight abort` in that second must not hear that there is nothing to abort.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flightrules.cli.clean import clean
from flightrules.domain.errors import FlightError

if TYPE_CHECKING:
    from flightrules.cli.desk import Desk
    from flightrules.ports.clock import Clock
    from flightrules.state.releases import Release

WITHIN = 10.0
"""Seconds that it has to begin."""

EVERY = 0.05


def under_way(desk: Desk) -> Release:
    """Return the release that has not ended, also one that is just beginning. Raises `FlightError` where none is."""
    return awaited(desk) or desk.under_way()


def awaited(desk: Desk) -> Release | None:
    """Return the same, or None where no release is under way and none is beginning."""
    import asyncio

    from flightrules.clocks.system import SystemClock

    return asyncio.run(begun(desk, SystemClock()))


async def begun(desk: Desk, clock: Clock) -> Release | None:
    """Wait while somebody holds the state and no release is under way. Raises `FlightError` when that goes on."""
    give_up = clock.monotonic() + WITHIN
    while (release := desk.records.releases.unfinished()) is None:
        if (holder := desk.records.lease.holder()) is None:
            return desk.records.releases.unfinished()  # begun and left by the one that held it a moment ago
        if clock.monotonic() >= give_up:
            command, pid = clean(holder.get("command", "flight")), holder.get("pid", "PID")
            raise FlightError(
                f"no release is under way, but one may be beginning: {command} (process {pid})",
                f"type this again in a moment, or end that process: kill {pid}",
            )
        await clock.sleep(EVERY)
    return release
