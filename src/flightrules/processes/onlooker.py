"""The programs of a state as they are now, for commands that only look: nothing is started, brought back or ended.

Whoever holds no lease must not touch what another process drives. A supervisord that died is not brought back here.
"""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from flightrules.domain.errors import ProcessFailed
from flightrules.ports.processes import Process, Program
from flightrules.processes.keeper import Keeper
from flightrules.processes.shelf import Shelf
from flightrules.processes.tail import tail


class Onlooker:
    """Implements `Processes` without hands: whatever would change something raises `ProcessFailed`."""

    def __init__(self, folder: Path) -> None:
        self._shelf = Shelf(folder.resolve())

    async def listing(self) -> tuple[Process, ...]:
        """Return every program that was ensured and not yet ended."""
        return tuple(map(self._process, self._shelf.names()))

    @property
    def keeper(self) -> int | None:
        """The pid of the supervisord of this state, while it is alive."""
        return Keeper(self._shelf).pid

    def log(self, name: str, lines: int = 20) -> tuple[str, ...]:
        """Return the last lines that the program wrote."""
        return tail(self._shelf.log(name), lines)

    async def ensure(self, program: Program) -> Process:
        """Refuse."""
        self._refuse(f"start {program.name}")

    async def end(self, name: str) -> None:
        """Refuse."""
        self._refuse(f"end {name}")

    async def kill(self, name: str) -> bool:
        """Refuse."""
        self._refuse(f"kill {name}")

    async def close(self) -> None:
        """Refuse."""
        self._refuse("end everything")

    def _process(self, name: str) -> Process:
        running = self._shelf.running(name)
        if running is None or not running.alive:
            return Process(name, None, running=False, why="does not run")
        return Process(name, running.pid, running=True)

    def _refuse(self, what: str) -> NoReturn:
        raise ProcessFailed(f"a command that only looks cannot {what}")
