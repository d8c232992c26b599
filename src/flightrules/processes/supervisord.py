"""Processes that go on without `flight`, kept by a real supervisord in a session of its own.

Whatever dies, nothing runs twice: `flight` adopts a supervisord that is there; a new supervisord adopts the
programs that outlived the old one (see `launch`). Refused: program names that are not safe in a file name.
"""

from __future__ import annotations

import asyncio
import re
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flightrules.domain.errors import ProcessFailed
from flightrules.ports.clock import Clock
from flightrules.ports.processes import Process, Program
from flightrules.processes import rpc
from flightrules.processes.birth import born
from flightrules.processes.ending import Ending
from flightrules.processes.keeper import Keeper
from flightrules.processes.kin import kin, signal_all
from flightrules.processes.shelf import Shelf
from flightrules.processes.tail import tail

POLL_SECONDS = 0.03
SETTLE_SECONDS = 5.0
REAP_SECONDS = 2.0
"""How long a program that has just died may be without its exit status, which supervisord reads a moment later."""
SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}")


class Supervisord:
    """The programs of one state folder. `folder` is for this class alone; only one process may use it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._shelf = Shelf(folder.resolve())
        self._keeper = Keeper(self._shelf)
        self._client = self._keeper.client
        self._clock = clock
        self._ending = Ending(self._shelf, self._keeper, clock)
        # Of threads, not of tasks: an engine may call from a loop of its own.
        self._one_change = threading.Lock()

    async def ensure(self, program: Program) -> Process:
        """Start `program`, or adopt it when it already runs as described; one that runs otherwise is replaced.

        Raises `ProcessFailed` where supervisord cannot be started. A program that ends at once is no error
        here: the returned process is then not running and says why.
        """
        if not SAFE_NAME.fullmatch(program.name):
            raise ProcessFailed(f"{program.name!r} cannot be the name of a program: use letters, digits, '.', '_', '-'")
        known = self._shelf.program(program.name)
        if known is not None and (known != program or not self._shelf.wanted(program.name)):
            await self.end(program.name)
        await asyncio.to_thread(self._put, program)
        await self._awake()
        await asyncio.to_thread(self._add, program.name)
        await asyncio.to_thread(self._start, program.name)
        return await self._settled(program.name)

    async def listing(self) -> tuple[Process, ...]:
        """Return every program that was ensured and not yet ended. A supervisord that died is brought back."""
        names = self._shelf.names()
        if not names:
            return ()
        await self._awake()
        deadline = self._clock.monotonic() + REAP_SECONDS
        while True:
            states = await asyncio.to_thread(self._client.states)
            dying = any(self._is_dying(name, states.get(name)) for name in names)
            if not dying or self._clock.monotonic() > deadline:
                return tuple([self._process(name, states.get(name)) for name in names])
            await self._clock.sleep(POLL_SECONDS)

    async def end(self, name: str) -> None:
        """End a program and all that descends from it: TERM, `stop_seconds` later KILL; forget it."""
        await self._ending.end(name)

    async def kill(self, name: str) -> bool:
        """Kill a program and its children as a crash would, and return whether it ran; it is started again."""
        running = self._shelf.running(name)
        if running is None or not running.alive:
            return False
        signal_all(await asyncio.to_thread(kin, self._shelf.mark(name), running), signal.SIGKILL)
        return True

    async def close(self) -> None:
        """End every program, supervisord, and whatever else was ever started from the folder."""
        await self._ending.end_all()

    def log(self, name: str, lines: int = 20) -> tuple[str, ...]:
        """Return the last lines that the program wrote, also after it was ended."""
        return tail(self._shelf.log(name), lines)

    async def _awake(self) -> None:
        """Adopt the supervisord that runs, or start one; one that is being stopped is waited for.

        One that does not answer is replaced: the way back must not wait for it, and its programs live on.
        """
        asked = self._keeper.pid
        try:
            while await asyncio.to_thread(self._client.call, "getState", fine=(rpc.SHUTDOWN_STATE,)) is None:
                await self._clock.sleep(POLL_SECONDS)
        except rpc.KeeperGone:
            await asyncio.to_thread(self._start_keeper)
        except rpc.KeeperSilent:
            await asyncio.to_thread(self._replace_keeper, asked)

    def _start_keeper(self) -> None:
        with self._one_change:
            try:
                self._client.call("getState", fine=(rpc.SHUTDOWN_STATE,))
            except rpc.KeeperGone:
                self._keeper.start()

    def _replace_keeper(self, silent: int | None) -> None:
        """Start another supervisord, unless somebody who waited for the same one has done so."""
        with self._one_change:
            if self._keeper.pid == silent:
                self._keeper.start()

    def _put(self, program: Program) -> None:
        self._shelf.prepare()
        if self._shelf.program(program.name) is None:
            self._shelf.put(program)

    def _add(self, name: str) -> None:
        """Make the program known to the supervisord that runs."""
        with self._one_change:
            if name not in self._client.states():
                self._keeper.configure()
                self._client.call("reloadConfig")
                self._client.call("addProcessGroup", name, fine=(rpc.ALREADY_ADDED,))

    def _start(self, name: str) -> None:
        """Start a program that has no process. One that outlived its supervisord has one."""
        running = self._shelf.running(name)
        if running is not None and running.alive:
            return
        if self._client.states()[name]["state"] == rpc.BACKOFF:
            self._client.call("stopProcess", name, False, fine=(rpc.NOT_RUNNING,))
        self._client.call("startProcess", name, False, fine=(rpc.ALREADY_STARTED, rpc.SPAWN_ERROR))

    async def _settled(self, name: str) -> Process:
        """Return the process once it is the program itself, or has ended."""
        deadline = self._clock.monotonic() + SETTLE_SECONDS
        while True:
            states = await asyncio.to_thread(self._client.states)
            process, running = self._process(name, states.get(name)), self._shelf.running(name)
            is_itself = running is not None and running.pid == process.pid
            has_ended = not process.running and not self._is_dying(name, states.get(name))
            if is_itself or has_ended or self._clock.monotonic() > deadline:
                return process
            await self._clock.sleep(POLL_SECONDS)

    def _is_dying(self, name: str, state: Mapping[str, Any] | None) -> bool:
        """Whether the program is dead and supervisord has not seen it yet."""
        running = self._shelf.running(name)
        if state is None or (running is not None and running.alive):
            return False
        return state["state"] in rpc.WITH_PROCESS and not born(state["pid"])

    def _process(self, name: str, state: Mapping[str, Any] | None) -> Process:
        """Return the program as it is: the process that outlived a supervisord counts before its stand-in."""
        running = self._shelf.running(name)
        if running is not None and running.alive:
            return Process(name, running.pid, running=True)
        if state and state["state"] in rpc.WITH_PROCESS and born(state["pid"]):
            return Process(name, state["pid"], running=True)
        how = self._keeper.how_it_ended(name)
        return Process(name, None, running=False, why=f"ended: {how}" if how else "ended")
