"""A clock for tests, on which four weeks pass in a second.

Time stands still while anything can go on. Once every task waits for the clock, it jumps to the earliest
moment that somebody waits for (as trio's autojump clock does).
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from weakref import WeakKeyDictionary

SETTLED_AFTER = 3
"""Turns of the event loop in which nothing else was ready to run, after which everybody counts as waiting."""


_JUMPERS: WeakKeyDictionary[asyncio.AbstractEventLoop, int] = WeakKeyDictionary()
"""How many clocks look for a quiet moment on each event loop."""


class FakeClock:
    """Virtual time, from `start` (seconds since 1970)."""

    def __init__(self, start: float = 1_790_000_000.0) -> None:
        self.time = start
        self._start = start
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._jumper: asyncio.Task[None] | None = None

    def now(self) -> float:
        """Return the virtual seconds since 1970."""
        return self.time

    def monotonic(self) -> float:
        """Return the virtual seconds since the clock was made."""
        return self.time - self._start

    async def sleep(self, seconds: float) -> None:
        """Wait until virtual time has moved on by `seconds`."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self.time + seconds, next(self._order), woken))
        if self._jumper is None or self._jumper.done():
            self._jumper = asyncio.create_task(self._jump_when_settled())
        await woken

    def advance(self, seconds: float) -> None:
        """Move time on by hand, waking whoever waited for any moment until then."""
        self._wake_until(self.time + seconds)

    async def _jump_when_settled(self) -> None:
        loop = asyncio.get_running_loop()
        _JUMPERS[loop] = _JUMPERS.get(loop, 0) + 1
        try:
            while self._somebody_waits():
                await self._settled(loop)
                if self._somebody_waits():
                    self._wake_until(min(at for at, _, woken in self._waiting if not woken.done()))
        finally:
            _JUMPERS[loop] -= 1

    async def _settled(self, loop: asyncio.AbstractEventLoop) -> None:
        quiet = 0
        while quiet < SETTLED_AFTER and self._somebody_waits():
            await asyncio.sleep(0)
            quiet = quiet + 1 if _nothing_else_is_ready(loop) else 0

    def _somebody_waits(self) -> bool:
        return any(not woken.done() for _, _, woken in self._waiting)

    def _wake_until(self, moment: float) -> None:
        while self._waiting and self._waiting[0][0] <= moment:
            at, _, woken = heapq.heappop(self._waiting)
            if not woken.done():
                self.time = max(self.time, at)
                woken.set_result(None)
        self.time = max(self.time, moment)


def _nothing_else_is_ready(loop: asyncio.AbstractEventLoop) -> bool:
    # asyncio has no public word for "idle"; its queue of ready callbacks is the same in every version since 3.4.
    # Another clock that looks for a quiet moment is in that queue all the time, and does not count.
    ready: int = len(loop._ready)  # type: ignore[attr-defined]
    return ready < _JUMPERS[loop]
