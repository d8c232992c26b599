"""A notifier for tests, which remembers what people were told and fails on demand."""

from __future__ import annotations

import asyncio

from flightrules.ports.notifier import Notice


class FakeNotifier:
    """Delivers into `told`, until it is told to fail."""

    def __init__(self) -> None:
        self.told: list[Notice] = []
        self._error: Exception | None = None
        self._hangs = False

    def breaks(self, error: Exception) -> None:
        """Raise `error` from now on."""
        self._error = error

    def hangs(self) -> None:
        """Deliver nothing from now on, and do not return either."""
        self._hangs = True

    async def tell(self, notice: Notice) -> None:
        """Deliver, or do what was last told."""
        if self._error is not None:
            raise self._error
        if self._hangs:
            await asyncio.get_running_loop().create_future()
        self.told.append(notice)
