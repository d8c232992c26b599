"""Runs shell commands to their end, and leaves nothing of them behind.

Every command carries a mark in its environment, so that all its descendants are found: when it is cancelled,
when its time is over, and when a new `flight` finds what a killed one left running.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from flightrules.ports.clock import Clock
from flightrules.ports.commands import Command, CommandResult
from flightrules.processes.kin import each_alive, kin, marks_under, signal_all
from flightrules.processes.shelf import MARK

KEPT_LINES = 200
LONGEST_LINE = 16 * 1024
"""Bytes of a line that are read at a time; what a command prints is kept up to `KEPT_LINES` of these."""

EXIT_EVERY = 0.05
"""Seconds between two looks whether a command has ended whose output is held open."""

GRACE = 2.0
"""Seconds that a command gets to end by itself before it is killed."""


class ShellCommands:
    """Runs commands under `/bin/sh`. `folder` names them apart from those of another state."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._left_over: set[str] | None = None
        self._looking = asyncio.Lock()

    async def run(self, command: Command) -> CommandResult:
        """Run `command` to its end. Nothing of it is running afterwards, however it ended."""
        mark = f"{self._folder}/{command.name}"
        note = self._folder / hashlib.sha256(command.name.encode()).hexdigest()[:32]
        await self._end_what_is_left_over(mark, note)
        _put(note)
        began = self._clock.monotonic()
        process = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-c",
            command.line,
            cwd=command.folder,
            env={**os.environ, **command.environment, MARK: mark},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE if command.answer_limit else asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        printed = _Printed(command.answer_limit)
        try:
            status = await self._ended_within(process, printed, command.within)
        finally:
            await asyncio.shield(self._end_all_of(process, mark))
            _remove(note)
        return CommandResult(status, tuple(printed.lines), self._clock.monotonic() - began, printed.answer)

    def kill_left_over(self, name: str) -> None:
        """Kill what a `flight` that was killed left running under this name."""
        signal_all(kin(f"{self._folder}/{name}", None), signal.SIGKILL)

    async def _ended_within(self, process: asyncio.subprocess.Process, printed: _Printed, within: float) -> int | None:
        """Return the exit status, or None when the time was over first."""
        working = asyncio.ensure_future(_read_to_the_end(process, printed))
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
            ended = asyncio.ensure_future(_exit_of(process))
            while not ended.done():
                # More than once: a process that is just becoming another program shows no mark for a moment.
                await self._end(mark)
                await asyncio.wait([ended], timeout=EXIT_EVERY)
        elif _group_lives(process.pid) or not (process.stdout is None or process.stdout.at_eof()):
            await self._end(mark)

    async def _end_what_is_left_over(self, mark: str, note: Path) -> None:
        """End what a killed `flight` left running under `mark`.

        All processes are looked through once, and again where there is a note: of a command that began and whose end
        nobody saw, perhaps since then. For each of three hundred checks that would take longer than the checks.
        """
        async with self._looking:
            if self._left_over is None:
                self._left_over = await asyncio.to_thread(marks_under, str(self._folder))
        if mark in self._left_over or note.exists():
            await self._end(mark)
            self._left_over.discard(mark)

    async def _end(self, mark: str) -> None:
        """Ask everything that carries `mark` to end, kill what does not."""
        left = await asyncio.to_thread(kin, mark, None)
        if not left:
            return
        signal_all(left, signal.SIGTERM)
        await self._gone(left)
        stubborn = await asyncio.to_thread(kin, mark, None)
        signal_all(stubborn, signal.SIGKILL)
        await self._gone(stubborn)

    async def _gone(self, processes: Sequence[psutil.Process]) -> None:
        """Wait until none of them is alive, up to `GRACE`.

        One that is dead is gone, though its pid stays until its parent asks for its status: an orphan's new parent
        may take seconds for that.
        """
        give_up = self._clock.monotonic() + GRACE
        while any(each_alive(processes)) and self._clock.monotonic() < give_up:
            await self._clock.sleep(0.02)


class _Printed:
    """What a command printed: the last lines of all of it and, up to a limit, its whole standard output."""

    def __init__(self, answer_limit: int) -> None:
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._limit = answer_limit
        self._answer = bytearray()

    @property
    def answer(self) -> str | None:
        """Its standard output; None where nobody asked for it or there was more than the limit."""
        if not self._limit or len(self._answer) > self._limit:
            return None
        return self._answer.decode(errors="replace")

    def keep(self, chunk: bytes) -> None:
        """Keep a part of the standard output, and one byte too many where there is more than the limit."""
        self._answer += chunk[: self._limit + 1 - len(self._answer)]


async def _read_to_the_end(process: asyncio.subprocess.Process, printed: _Printed) -> int:
    """Keep what the command prints until the command itself has ended.

    Its output may stay open longer, held by something that it left behind; that is not waited for.
    """
    assert process.stdout is not None
    readings = [asyncio.ensure_future(_read(process.stdout, printed.lines, printed.keep))]
    if process.stderr is not None:
        readings.append(asyncio.ensure_future(_read(process.stderr, printed.lines, _forget)))
    try:
        status = await _exit_of(process)
        await asyncio.wait(readings, timeout=0.2)
        return status
    finally:
        for reading in readings:
            reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*readings, return_exceptions=True)


async def _exit_of(process: asyncio.subprocess.Process) -> int:
    """Wait until the command itself has ended.

    `Process.wait` alone also waits until its output is closed, which something that it left behind may hold for hours.
    """
    waiting = asyncio.ensure_future(process.wait())
    try:
        while process.returncode is None:
            await asyncio.wait([waiting], timeout=EXIT_EVERY)
        return process.returncode
    finally:
        waiting.cancel()


async def _read(stream: asyncio.StreamReader, lines: deque[str], keep: Callable[[bytes], None]) -> None:
    rest = b""
    while chunk := await stream.read(LONGEST_LINE):
        keep(chunk)
        *whole, rest = (rest + chunk).split(b"\n")
        lines.extend(line[:LONGEST_LINE].decode(errors="replace") for line in whole)
        rest = rest[-LONGEST_LINE:]
    if rest:
        lines.append(rest.decode(errors="replace"))


def _forget(chunk: bytes) -> None:
    """Keep nothing but the last lines."""


def _put(note: Path) -> None:
    # Where none can be put (a full disk), whoever comes next still looks through all processes once.
    with contextlib.suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        note.touch()


def _remove(note: Path) -> None:
    with contextlib.suppress(OSError):
        note.unlink()


def _group_lives(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
