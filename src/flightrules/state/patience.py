"""What happens when the database cannot be written at this moment: wait and try again, and say so.

A full disk or a lock that somebody holds too long must not end a release half way: a transaction is repeated
until it succeeds, since the next thing to be recorded may be the way back. This is the one place of the
package that waits outside a `Clock`: the calls are synchronous, made from several threads, and wait for the
disk, not for a moment in the release.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from flightrules.domain.errors import StateUnusable
from flightrules.state.spare import Spare, free_bytes

Result = TypeVar("Result")
Tell = Callable[[str], None]

FOREVER: int | None = None
RESTORE_EVERY = 5.0
"""Seconds between two attempts to put the spare back."""

_NO_ROOM_LEFT = 64 * 1024
"""Free bytes below which an input/output error is taken for a full disk: SQLite calls some of them that."""


@dataclass(frozen=True)
class Waiting:
    """How long to keep trying: `pause` seconds between attempts, `attempts` of them or for ever."""

    pause: float = 0.5
    attempts: int | None = FOREVER


class Patience:
    """Repeats what failed for want of room or of the lock. Safe to use from several threads."""

    def __init__(self, folder: Path, spare: Spare, waiting: Waiting, tell: Tell) -> None:
        self._folder = folder
        self._spare = spare
        self._waiting = waiting
        self._tell = tell
        self._next_restore = 0.0
        self.trouble: str | None = None
        """What is wrong with the disk or the lock at this moment, in words; None when all is well."""

    def keep_trying(self, attempt: Callable[[], Result]) -> Result:
        """Return what `attempt` returns, once it does. Every attempt is a whole transaction.

        Raises `StateUnusable` when the file is broken or gone, or when the attempts are used up.
        """
        tried = 0
        while True:
            try:
                result = attempt()
            except DBAPIError as error:
                tried += 1
                self._endure(error, tried)
            else:
                self._recover()
                return result

    def _endure(self, error: DBAPIError, tried: int) -> None:
        trouble = self._trouble_behind(error)
        self._say(trouble)
        if trouble == self._full and self._spare.give():
            return
        if self._waiting.attempts is not None and tried >= self._waiting.attempts:
            raise StateUnusable(trouble, "Make room or end what holds it, then repeat the command.") from error
        wait(self._waiting.pause)

    def _say(self, trouble: str) -> None:
        if self.trouble != trouble:
            self.trouble = trouble
            self._tell(trouble)

    def _recover(self) -> None:
        """Forget the trouble; after a full disk only once the spare could be put back."""
        if self.trouble is None or (self.trouble == self._full and not self._restored()):
            return
        self.trouble = None

    def _restored(self) -> bool:
        if time.monotonic() < self._next_restore:
            return False
        self._next_restore = time.monotonic() + RESTORE_EVERY
        return self._spare.restore()

    @property
    def _full(self) -> str:
        return f"the disk that holds {self._folder} is full"

    def _trouble_behind(self, error: DBAPIError) -> str:
        """Say what can be waited for; raise what cannot."""
        name = getattr(error.orig, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return f"the state in {self._folder} is locked by another process"
        if name == "SQLITE_FULL" or (name.startswith(_SOMETIMES_FULL) and self._has_no_room()):
            return self._full
        if name.startswith(_BROKEN):
            raise unusable(self._folder, error.orig) from error
        raise error

    def _has_no_room(self) -> bool:
        free = free_bytes(self._folder)
        return free is not None and free < _NO_ROOM_LEFT


_BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_PERM")
_SOMETIMES_FULL = ("SQLITE_IOERR", "SQLITE_CANTOPEN")


def wait(seconds: float) -> None:
    """Block this thread for `seconds`."""
    time.sleep(seconds)


def unusable(folder: Path, cause: BaseException | None) -> StateUnusable:
    """Say in words that the database cannot be used, and what to do."""
    name = getattr(cause, "sqlite_errorname", "")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return StateUnusable(
            f"{folder / 'flight.db'} is damaged: {cause}",
            "Keep the folder as it is for inspection, and put back a copy or use another state with --state DIR.",
        )
    return StateUnusable(
        f"{folder / 'flight.db'} cannot be used: {cause}",
        "See that the folder still exists and can be written, then repeat the command.",
    )
