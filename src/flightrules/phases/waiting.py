"""Waiting for a moment of the clock on the wall."""

from __future__ import annotations

from flightrules.engine.run import Run

LONGEST_SLEEP = 600.0
"""Seconds after which the clock is looked at again: somebody may have set it, or the machine may have slept."""


async def until_moment(run: Run, moment: float) -> None:
    """Wait until the clock shows `moment` (seconds since 1970)."""
    while (left := moment - run.clock.now()) > 0:
        await run.clock.sleep(min(left, LONGEST_SLEEP))
