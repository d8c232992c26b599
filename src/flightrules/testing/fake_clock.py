"""A clock for tests, on which four weeks pass in a second.

Time stands still while anything can go on. Once every task waits for the clock, it jumps to the earliest
moment that somebody waits for (as trio's autojump clock does).
"""

from __future__ import annotations

import asyncio
import heapq
import itertools

SETTLED_AFTER = 12
"""Turns of the event loop without anybody starting to wait, after which everybody counts as waiting."""


class FakeClock:
    """Virtual time, from `start` (seconds since 1970)."""

    def __init__(self, start: float = 1_790_000_000.0) -> None:
        self.time = start
        self._start = start
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._jumper: asyncio.Task[None] | None = None
        self._activity = 0

    def now(self) -> float:
        """Return the virtual seconds since 1970."""
        return self.time

    def monotonic(self) -> float:
        """Return the virtual seconds since the clock was made."""
        return self.time - self._start

    async def sleep(self, seconds: float) -> None:
        """Wait until virtual time has moved on by `seconds`."""
        self._activity += 1
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self.time + seconds, next(self._order), woken))
        if self._jumper is None or self._jumper.done():
            self._jumper = asyncio.create_task(self._jump_when_settled())
        try:
            await woken
        finally:
            self._activity += 1

    def advance(self, seconds: float) -> None:
        """Move time on by hand, waking whoever waited for any moment until then."""
        self._wake_until(self.time + seconds)

    async def _jump_when_settled(self) -> None:
        while any(not woken.done() for _, _, woken in self._waiting):
            seen, quiet = self._activity, 0
            while quiet < SETTLED_AFTER:
                await asyncio.sleep(0)
                quiet = quiet + 1 if self._activity == seen else 0
                seen = self._activity
            pending = [at for at, _, woken in self._waiting if not woken.done()]
            if pending:
                self._wake_until(min(pending))

    def _wake_until(self, moment: float) -> None:
        while self._waiting and self._waiting[0][0] <= moment:
            at, _, woken = heapq.heappop(self._waiting)
            if not woken.done():
                self.time = max(self.time, at)
                woken.set_result(None)
        self.time = max(self.time, moment)
