"""Waiting for what people ask: a look at the state's change counter every few hundredths of a second."""

from __future__ import annotations

from flightrules.domain.signals import Signal
from flightrules.ports.clock import Clock
from flightrules.state.changes import Changes
from flightrules.state.inbox import Inbox

EVERY = 0.08
"""Seconds between two looks: the share of half a second that taking a request may wait for this."""


class ArrivingInbox:
    """The inbox of a release that is being driven."""

    def __init__(self, inbox: Inbox, changes: Changes, clock: Clock) -> None:
        self._inbox = inbox
        self._changes = changes
        self._clock = clock

    def waiting(self, release: str) -> tuple[Signal, ...]:
        """Return the signals that nobody took yet."""
        return self._inbox.waiting(release)

    def take(self, number: int, answer: str) -> None:
        """Record the answer to a signal."""
        self._inbox.take(number, answer)

    async def arrival(self) -> None:
        """Return when anything was written to the state, by whomever."""
        while not self._changes.any():
            await self._clock.sleep(EVERY)
