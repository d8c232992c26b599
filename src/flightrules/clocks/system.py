"""The machine's own clock."""

from __future__ import annotations

import asyncio
import time


class SystemClock:
    """The real time. Waiting is asyncio's, so that a cancelled task stops waiting at once."""

    def now(self) -> float:
        """Return seconds since 1970-01-01 UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        await asyncio.sleep(seconds)
