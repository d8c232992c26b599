"""Runs shell commands to their end, and leaves nothing of them behind.

Every command carries a mark in its environment, so that all its descendants are found: when it is cancelled,
when its time is over, and when a new `flight` finds what a killed one left running.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from pathlib import Path

import psutil

from flightrules.ports.clock import Clock
from flightrules.ports.commands import Command, CommandResult
from flightrules.processes.kin import each_alive, kin, signal_all
from flightrules.processes.shelf import MARK

KEPT_LINES = 200
LONGEST_LINE = 16 * 1024
"""Bytes of a line that are read at a time; what a command prints is kept up to `KEPT_LINES` of these."""

GRACE = 2.0
"""Seconds that a command gets to end by itself before it is killed."""


class ShellCommands:
    """Runs commands under `/bin/sh`. `folder` names them apart from those of another state."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    async def run(self, command: Command) -> CommandResult:
        """Run `command` to its end. Nothing of it is running afterwards, however it ended."""
        mark = f"{self._folder}/{command.name}"
        await self._end(mark)
        began = self._clock.monotonic()
        process = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-c",
            command.line,
            cwd=command.folder,
            env={**os.environ, **command.environment, MARK: mark},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        lines: deque[str] = deque(maxlen=KEPT_LINES)
        try:
            status = await self._ended_within(process, lines, command.within)
        finally:
            await asyncio.shield(self._end_all_of(process, mark))
        return CommandResult(status, tuple(lines), self._clock.monotonic() - began)

    async def _ended_within(self, process: asyncio.subprocess.Process, lines: deque[str], within: float) -> int | None:
        """Return the exit status, or None when the time was over first."""
        working = asyncio.ensure_future(_read_to_the_end(process, lines))
        time_over = asyncio.ensure_future(self._clock.sleep(within))
        try:
            await asyncio.wait([working, time_over], return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            working.cancel()
            time_over.cancel()
            await asyncio.gather(working, time_over, return_exceptions=True)

    async def _end_all_of(self, process: asyncio.subprocess.Process, mark: str) -> None:
        # A command that ended by itself has rarely left anything; its group is the cheap place to look first.
        if process.returncode is None:
            await self._end(mark)
            await process.wait()
        elif _group_lives(process.pid):
            await self._end(mark)

    async def _end(self, mark: str) -> None:
        """Ask everything that carries `mark` to end, kill what does not."""
        left = await asyncio.to_thread(kin, mark, None)
        if not left:
            return
        signal_all(left, signal.SIGTERM)
        give_up = self._clock.monotonic() + GRACE
        while any(each_alive(left)) and self._clock.monotonic() < give_up:
            await self._clock.sleep(0.02)
        signal_all(await asyncio.to_thread(kin, mark, None), signal.SIGKILL)
        await asyncio.to_thread(psutil.wait_procs, left, GRACE)


async def _read_to_the_end(process: asyncio.subprocess.Process, lines: deque[str]) -> int:
    """Keep the last lines of the output until the command itself has ended.

    Its output may stay open longer, held by something that it left behind; that is not waited for.
    """
    assert process.stdout is not None
    reading = asyncio.ensure_future(_read(process.stdout, lines))
    try:
        status = await process.wait()
        await asyncio.wait([reading], timeout=0.2)
        return status
    finally:
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading


async def _read(stream: asyncio.StreamReader, lines: deque[str]) -> None:
    rest = b""
    while chunk := await stream.read(LONGEST_LINE):
        *whole, rest = (rest + chunk).split(b"\n")
        lines.extend(line[:LONGEST_LINE].decode(errors="replace") for line in whole)
        rest = rest[-LONGEST_LINE:]
    if rest:
        lines.append(rest.decode(errors="replace"))


def _group_lives(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
