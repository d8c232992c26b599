"""Bringing back a router that does not answer: the machine was started anew, or what keeps it died together with it.

It goes on beside the looks, because to start a router takes longer than a look may wait. While nobody does it, users
get no answer, and no number arrives that would call the release back. One look without an answer is no reason to wake
anybody: on a busy machine a router that serves may answer late. It is asked once more before anything is done or told.
"""

from __future__ import annotations

import asyncio

from flightrules.domain.errors import Fenced, FlightError
from flightrules.engine.run import Run, ServiceRun

ASKED_AGAIN_AFTER = 0.5
"""Seconds. A router that is gone stays away that much longer; one that was only late has caught up by then."""


class Reviving:
    """Sees to it that the routers of a release run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._silent: set[str] = set()
        self._told: set[str] = set()
        self._news = asyncio.Event()

    def answered(self, service: str) -> None:
        """Note that the router of `service` answers."""
        self._silent.discard(service)
        self._told.discard(service)

    def is_silent(self, service: str) -> None:
        """Note that the router of `service` does not answer."""
        self._silent.add(service)
        self._news.set()

    async def go_on(self) -> None:
        """Start what does not answer, for ever. One that cannot be started is tried again after the next look."""
        while True:
            await self._news.wait()
            self._news.clear()
            for service in self._run.services:
                if service.name in self._silent:
                    await self._revive(service)

    async def _revive(self, service: ServiceRun) -> None:
        if service.name not in self._told and await self._answers_now(service):
            self.answered(service.name)
            return
        if service.name not in self._told:
            self._told.add(service.name)
            text = f"the router of {service.name} does not answer: it is started again where it does not run"
            await self._run.tell(text, urgent=True)
        try:
            await service.router.ensure_running()
        except Fenced:
            raise
        except FlightError:
            return

    async def _answers_now(self, service: ServiceRun) -> bool:
        await self._run.clock.sleep(ASKED_AGAIN_AFTER)
        try:
            await service.router.counters()
        except FlightError:
            return False
        return True
