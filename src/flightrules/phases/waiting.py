"""Waiting for a moment of the clock on the wall."""

from __future__ import annotations

import asyncio

from flightrules.engine.run import Run

LONGEST_SLEEP = 600.0
"""Seconds after which the clock is looked at again: somebody may have set it, or the machine may have slept."""

BRIEFEST_SLEEP = 0.001
"""Seconds: a rest that is smaller than the clock can tell would never be over."""


async def until_moment(run: Run, moment: float) -> None:
    """Wait until the clock shows `moment` (seconds since 1970)."""
    while (left := moment - run.clock.now()) > 0:
        await run.clock.sleep(max(min(left, LONGEST_SLEEP), BRIEFEST_SLEEP))


async def until_then_or_asked(run: Run, key: str, moment: float) -> None:
    """Wait until the clock shows `moment`, or until a person resumes what is called `key` before that."""
    run.now(waits=key)
    timer = asyncio.ensure_future(until_moment(run, moment))
    timer.add_done_callback(lambda _: run.news.set())
    try:
        while not timer.done() and run.recorded(f"{key}/resumed") is None:
            await run.until_news()
    finally:
        timer.cancel()
        run.now(waits=None)
