"""An inbox without a database to poll: a signal rings at once, also on a clock that does not run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from flightrules.domain.signals import Ask, Signal
from flightrules.ports.clock import Clock


class FakeInbox:
    """What people asked, in memory. `answers` holds the words for each signal that was taken."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._signals: list[Signal] = []
        self._bell = asyncio.Event()
        self.answers: dict[int, str] = {}

    def send(self, ask: Ask, actor: str = "anna", arguments: Mapping[str, Any] | None = None) -> int:
        """Ask something; returns the number of the signal."""
        number = len(self._signals) + 1
        self._signals.append(Signal(number, ask, actor, self._clock.now(), dict(arguments or {})))
        self._bell.set()
        return number

    def waiting(self, release: str) -> tuple[Signal, ...]:
        """Return the signals without an answer."""
        return tuple(signal for signal in self._signals if signal.number not in self.answers)

    def take(self, number: int, answer: str) -> None:
        """Keep the first answer."""
        self.answers.setdefault(number, answer)

    async def arrival(self) -> None:
        """Return at the next signal."""
        await self._bell.wait()
        self._bell.clear()
