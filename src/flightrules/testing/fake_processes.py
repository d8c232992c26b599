"""Programs that are only written down: for tests of what is done with them, without a single process."""

from __future__ import annotations

import itertools

from flightrules.domain.errors import ProcessFailed
from flightrules.ports.processes import Process, Program


class FakeProcesses:
    """Keeps programs in memory. A test ends one by `crash`, and reads from `programs` what was asked for."""

    def __init__(self) -> None:
        self.programs: dict[str, Program] = {}
        self.processes: dict[str, Process] = {}
        self.logs: dict[str, list[str]] = {}
        self.ended: list[str] = []
        self.refused: dict[str, str] = {}
        """Programs that cannot be started, by name, each with the reason."""
        self._pids = itertools.count(100_000_000)

    async def ensure(self, program: Program) -> Process:
        """Write `program` down as running; as before, when it runs as described. Raises `ProcessFailed`."""
        if program.name in self.refused:
            raise ProcessFailed(f"{program.name} could not be started: {self.refused[program.name]}")
        current = self.processes.get(program.name)
        if current is None or not current.running or self.programs[program.name] != program:
            self.programs[program.name] = program
            self.processes[program.name] = Process(program.name, next(self._pids), running=True)
        return self.processes[program.name]

    async def listing(self) -> tuple[Process, ...]:
        """Return every program that was ensured and not yet ended."""
        return tuple(self.processes[name] for name in sorted(self.processes))

    async def end(self, name: str) -> None:
        """Forget a program; nothing happens when there is none."""
        if self.processes.pop(name, None) is not None:
            del self.programs[name]
            self.ended.append(name)

    async def kill(self, name: str) -> bool:
        """Let a program end as if it was killed, and return whether it ran; a new process takes its place."""
        current = self.processes.get(name)
        if current is None or not current.running:
            return False
        self.processes[name] = Process(name, next(self._pids), running=True)
        return True

    async def close(self) -> None:
        """Forget everything."""
        for name in tuple(self.processes):
            await self.end(name)

    def log(self, name: str, lines: int = 20) -> tuple[str, ...]:
        """Return the last lines that a test put into `logs`."""
        return tuple(self.logs.get(name, [])[-lines:])

    def crash(self, name: str, why: str = "ended: exit status 1") -> None:
        """Let a program end by itself; it is not started again."""
        self.processes[name] = Process(name, None, running=False, why=why)
