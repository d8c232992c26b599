"""The time of day, and waiting. The only way for the package to get at either."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """A clock that tests can turn by hand."""

    def now(self) -> float:
        """Return seconds since 1970-01-01 UTC."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards, from an arbitrary start; for measuring."""

    async def sleep(self, seconds: float) -> None:
        """Wait; cancelling the task ends the wait at once."""
