"""Ends programs for good: under supervisord, beside it, and with everything that descends from them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

import psutil

from flightrules.domain.errors import FlightError, ProcessFailed
from flightrules.ports.clock import Clock
from flightrules.processes import rpc
from flightrules.processes.keeper import Keeper
from flightrules.processes.kin import each_alive, kin, marked_under, signal_all
from flightrules.processes.shelf import Shelf

POLL_SECONDS = 0.03
KILL_SECONDS = 5.0
"""How long the kernel gets to remove what was killed."""


class Ending:
    """Ends what is on `shelf`. Works also when supervisord is dead, and never starts it."""

    def __init__(self, shelf: Shelf, keeper: Keeper, clock: Clock) -> None:
        self._shelf = shelf
        self._keeper = keeper
        self._clock = clock

    async def end(self, name: str) -> None:
        """End one program; nothing happens when there is none. Raises `ProcessFailed` when it cannot be killed."""
        program = self._shelf.program(name)
        if program is None:
            return
        self._shelf.begin_end(name)
        patience = self._clock.monotonic() + program.stop_seconds
        await self._release(name, patience + KILL_SECONDS)
        await self._end_those(lambda: kin(self._shelf.mark(name), self._shelf.running(name)), patience)
        self._shelf.forget(name)

    async def end_all(self) -> None:
        """End every program, then supervisord, then whatever else was ever started from the folder."""
        ends = await asyncio.gather(*(self.end(name) for name in self._shelf.names()), return_exceptions=True)
        await self._end_keeper()
        await self._end_those(lambda: marked_under(str(self._shelf.folder)), self._clock.monotonic())
        self._keeper.clear()
        if failures := [error for error in ends if isinstance(error, BaseException)]:
            raise failures[0]

    async def _release(self, name: str, deadline: float) -> None:
        """Have supervisord stop the program and forget it, so that it is not started again."""
        client = self._keeper.client
        try:
            await asyncio.to_thread(client.call, "stopProcessGroup", name, False, fine=(rpc.BAD_NAME,))
            while await asyncio.to_thread(self._has_process, name):
                if self._clock.monotonic() > deadline:
                    raise ProcessFailed(f"{name} did not end, although it was killed", "End it by hand.")
                await self._clock.sleep(POLL_SECONDS)
            await asyncio.to_thread(client.call, "removeProcessGroup", name, fine=(rpc.BAD_NAME,))
        except rpc.KeeperGone:
            return

    def _has_process(self, name: str) -> bool:
        state = self._keeper.client.states().get(name)
        return state is not None and state["state"] in rpc.WITH_PROCESS

    async def _end_those(self, find: Callable[[], tuple[psutil.Process, ...]], patience: float) -> None:
        """Ask those that are found to end, kill them when patience is over, until none is found."""
        while found := await asyncio.to_thread(find):
            signal_all(found, signal.SIGTERM)
            if not await self._gone(found, patience):
                signal_all(found, signal.SIGKILL)
                if not await self._gone(found, self._clock.monotonic() + KILL_SECONDS):
                    pids = ", ".join(str(process.pid) for process in each_alive(found))
                    raise ProcessFailed(f"these processes did not end, although they were killed: {pids}")

    async def _gone(self, processes: tuple[psutil.Process, ...], deadline: float) -> bool:
        while any(each_alive(processes)):
            if self._clock.monotonic() >= deadline:
                return False
            await self._clock.sleep(POLL_SECONDS)
        return True

    async def _end_keeper(self) -> None:
        """Ask supervisord to end, and kill it when it does not."""
        try:
            await asyncio.to_thread(self._keeper.client.call, "shutdown")
        except (rpc.KeeperGone, FlightError):
            self._keeper.kill()
        deadline = self._clock.monotonic() + KILL_SECONDS
        while self._keeper.pid is not None:
            if self._clock.monotonic() >= deadline:
                self._keeper.kill()
            await self._clock.sleep(POLL_SECONDS)
