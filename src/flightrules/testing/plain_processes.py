"""Programs as plain child processes: real ones, but nothing starts them again, and nothing outlives `close`.

For tests that need a real server and not what keeps it running.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from pathlib import Path

from flightrules.domain.errors import ProcessFailed
from flightrules.ports.processes import Process, Program

POLL = 0.02


class PlainProcesses:
    """Keeps programs as children, each in a session of its own, with their logs in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs: dict[str, Program] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    async def ensure(self, program: Program) -> Process:
        """Start `program`, or adopt it when it runs. Raises `ProcessFailed` when it cannot be started."""
        child = self._children.get(program.name)
        if child is None or child.poll() is not None:
            self._start(program)
        return self._process(program.name)

    async def listing(self) -> tuple[Process, ...]:
        """Return every program that was ensured and not yet ended."""
        return tuple(self._process(name) for name in self._children)

    async def end(self, name: str) -> None:
        """End a program and its session: TERM, `stop_seconds` later KILL."""
        child = self._children.pop(name, None)
        if child is None:
            return
        program = self._programs.pop(name)
        _signal(child, signal.SIGTERM)
        left = program.stop_seconds
        while child.poll() is None and left > 0:
            await asyncio.sleep(POLL)
            left -= POLL
        _signal(child, signal.SIGKILL)
        child.wait()

    async def kill(self, name: str) -> bool:
        """Kill a program and its session, and return whether it ran; nothing starts it again."""
        child = self._children.get(name)
        if child is None or child.poll() is not None:
            return False
        _signal(child, signal.SIGKILL)
        child.wait()
        return True

    async def close(self) -> None:
        """End everything."""
        for name in tuple(self._children):
            await self.end(name)

    def log(self, name: str, lines: int = 20) -> tuple[str, ...]:
        """Return the last lines that the program wrote."""
        path = self._folder / f"{name}.log"
        return tuple(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ()

    def _start(self, program: Program) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            with (self._folder / f"{program.name}.log").open("ab") as log:
                self._children[program.name] = subprocess.Popen(
                    program.command,
                    cwd=program.folder,
                    env={**os.environ, **program.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as error:
            raise ProcessFailed(f"{program.name} could not be started: {error}") from error
        self._programs[program.name] = program

    def _process(self, name: str) -> Process:
        status = self._children[name].poll()
        if status is None:
            return Process(name, self._children[name].pid, running=True)
        return Process(name, None, running=False, why=f"it ended with status {status}")


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # Its session, not only itself: what it started ends with it.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)
