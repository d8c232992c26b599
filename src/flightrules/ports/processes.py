"""Processes that go on when `flight` ends: the router and the instances of versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Program:
    """A process as it should run. `name` is unique in the state folder and safe in a file name.

    `command` is the argument list, never a shell line. `environment` is added to that of `flight`. `restart`
    says whether it is started again when it ends by itself. `log` is a file that rotates at `log_bytes`.
    """

    name: str
    command: tuple[str, ...]
    folder: str
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: float = 10.0
    restart: bool = True
    log_bytes: int = 10 * 1024 * 1024
    log_copies: int = 3


@dataclass(frozen=True)
class Process:
    """A program as it is now: `pid` is None when it does not run, and `why` then says what happened."""

    name: str
    pid: int | None
    running: bool
    why: str = ""


class Processes(Protocol):
    """Keeps programs running in a session of their own. Every call may be repeated."""

    async def ensure(self, program: Program) -> Process:
        """Start `program`, or adopt it when it already runs as described. Raises `ProcessFailed`."""

    async def listing(self) -> tuple[Process, ...]:
        """Return every program that was ensured and not yet ended."""

    async def end(self, name: str) -> None:
        """End a program and all its children: TERM, `stop_seconds` later KILL; forget it."""

    async def kill(self, name: str) -> bool:
        """Kill a program and its children as a crash would, and return whether it ran; it may be started again."""

    async def close(self) -> None:
        """End everything, and what keeps it running too."""

    def log(self, name: str, lines: int = 20) -> tuple[str, ...]:
        """Return the last lines that the program wrote."""
