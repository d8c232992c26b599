"""Traffic for a rehearsal: the plan's own command, for as long as the rehearsal lasts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from flightrules.domain.plan import Plan
from flightrules.ports.commands import Command, CommandResult, Commands

NAME = "rehearsal-load"

LONGEST = 7 * 86_400.0
"""Seconds after which the command is ended in any case."""

ENDS_WITHIN = 15.0


class Load:
    """Runs the command of the plan while the `with` block runs, in a thread of its own; nothing without one.

    It finds the variables of staging in the environment of this process (see `environment`).

    A command that ends by itself is not begun again: `tell` hears how it went.
    """

    def __init__(self, plan: Plan, commands: Commands, tell: Callable[[CommandResult], None]) -> None:
        self._plan = plan
        self._tell = tell
        self._commands = commands
        self._loop = asyncio.new_event_loop()
        self._running: asyncio.Task[CommandResult] | None = None
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def __enter__(self) -> Self:
        if self._plan.staging is not None and self._plan.staging.load:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop)
            self._thread.join(ENDS_WITHIN)

    def _stop(self) -> None:
        if self._running is not None:
            self._running.cancel()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._to_its_end())
        finally:
            self._loop.close()

    async def _to_its_end(self) -> None:
        self._running = asyncio.ensure_future(self._commands.run(self._command()))
        try:
            ended = await self._running
        except asyncio.CancelledError:
            return
        self._tell(ended)

    def _command(self) -> Command:
        staging = self._plan.staging
        assert staging is not None, "without one nothing is started"
        return Command(NAME, staging.load, self._plan.folder, LONGEST)
