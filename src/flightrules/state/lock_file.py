"""The file that the kernel locks for one process, with who that is written in it.

The lock is `flock`'s: it belongs to the open file, so it ends with the process and never goes stale.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flightrules.domain.errors import FlightError, StateBusy, StateUnusable
from flightrules.state.patience import wait

Lock = Callable[[int, int], None]

ATTEMPTS = 5
PAUSE = 0.02
"""Somebody who only asks who holds the lock has it for some microseconds: worth a few more attempts."""

_ROOM = 1024
"""Bytes written, always the same number, so that a full disk is no obstacle to writing them again."""


@dataclass(frozen=True)
class Busy:
    """What is said where somebody else has the lock: what goes on there, and what to do."""

    what: str
    do: str

    def told(self, holder: dict[str, Any]) -> StateBusy:
        """Return the error that names the holder, as it wrote itself down; nothing is known of one without that."""
        who = f"pid {holder['pid']} ({holder['user']})" if holder else "another process"
        since = f" since {datetime.fromtimestamp(holder['since']):%H:%M}" if holder else ""
        return StateBusy(f"{self.what}: {who}{since}.", self.do, **holder)


RELEASING = Busy("flight is already running a release here", "See it with `flight watch`; stop it with `flight abort`.")


class LockFile:
    """One lock. It is held by at most one open file, in whichever process."""

    def __init__(self, path: Path, lock: Lock = fcntl.flock, busy: Busy | None = None) -> None:
        self._path = path
        self._lock = lock
        self._busy = busy or RELEASING
        self._file: int | None = None

    def take(self, me: dict[str, Any]) -> None:
        """Take the lock and write `me` into the file. Raises `StateBusy`, `StateUnusable`."""
        file = self._open()
        try:
            self._insist(file)
        except FlightError:
            os.close(file)
            raise
        self._file = file
        # Who holds it is for the words only: the lock holds without.
        with contextlib.suppress(OSError):
            os.pwrite(file, json.dumps(me).encode().ljust(_ROOM)[:_ROOM], 0)

    def _insist(self, file: int) -> None:
        for _ in range(ATTEMPTS):
            if self._try(file, fcntl.LOCK_EX):
                return
            wait(PAUSE)
        raise self._busy.told(self._read())

    def drop(self) -> None:
        """Give the lock up; without it, nothing happens."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def holder(self) -> dict[str, Any] | None:
        """Return what the holder wrote; None when nobody holds the lock."""
        if self._file is not None:
            return self._read()
        file = self._open()
        try:
            return None if self._try(file, fcntl.LOCK_SH) else self._read()
        finally:
            os.close(file)

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StateUnusable(
                f"{self._path} cannot be opened: {(error.strerror or str(error)).lower()}",
                "See what is there and who owns it, or use another state with --state DIR.",
            ) from error

    def _try(self, file: int, how: int) -> bool:
        try:
            self._lock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise _no_locks_here(self._path, error) from error
        return True

    def _read(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self._path.read_text()))
        except (OSError, ValueError):
            return {}


def _no_locks_here(path: Path, error: OSError) -> StateUnusable:
    name = errno.errorcode.get(error.errno or 0, "unknown")
    return StateUnusable(
        f"the file system of {path.parent} cannot lock files ({name}), as network file systems often cannot",
        "Put the state on a local disk with --state DIR: without locks, two releases could run at once.",
    )
