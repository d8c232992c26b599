"""Four mebibytes of disk that are kept for a bad day.

When the disk is full, the way back must still be recorded before it is walked: the spare is given up, and what
it held is room for some thousand entries. It is put back when there is room again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from flightrules.domain.errors import StateUnusable

SIZE = 4 * 1024 * 1024
"""Bytes that the spare holds."""

ROOM_TO_RESTORE = 2 * SIZE
"""Free bytes from which on the spare is put back: more than it takes, so that it does not fill the disk itself.

With less a release does not begin either: it has to record what it does, and its way back.
"""


class Spare:
    """The file `spare` in the state folder."""

    def __init__(self, folder: Path, size: int = SIZE) -> None:
        self._path = folder / "spare"
        self._size = size

    @property
    def kept(self) -> bool:
        """Whether the spare is there."""
        return self._path.exists()

    def give(self) -> bool:
        """Free the spare's room; False where it was given up before."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        return True

    def give_where_less_is_left(self, room: int) -> None:
        """Free the spare's room where fewer than `room` bytes can still be written."""
        free = free_bytes(self._path.parent)
        if free is not None and free < room:
            self.give()

    def restore(self) -> bool:
        """Put the spare back if there is ample room, and say whether it is there now."""
        if self.kept:
            return True
        if (free_bytes(self._path.parent) or 0) < ROOM_TO_RESTORE:
            return False
        return self._make()

    def _make(self) -> bool:
        """Write the file under another name first: half a spare must not look like a whole one."""
        half = self._path.with_name(f"spare.{os.getpid()}")
        try:
            with half.open("wb") as file:
                _allocate(file.fileno(), self._size)
            half.replace(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                half.unlink(missing_ok=True)
            return False
        return True


def require_room(folder: Path) -> None:
    """Raise `StateUnusable` where the disk that holds `folder` is too full for a release to begin."""
    free = free_bytes(folder)
    if free is not None and free < ROOM_TO_RESTORE:
        raise StateUnusable(
            f"the disk that holds {folder} has {free / 1024**2:.1f} MiB left, so no release begins;"
            " nothing was touched",
            f"Make room, {ROOM_TO_RESTORE // 1024**2} MiB at least,"
            " or keep the state on another disk with --state DIR.",
        )


def _allocate(file: int, size: int) -> None:
    """Make the blocks really taken: a file with a hole would give nothing back."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
    else:
        os.write(file, bytes(size))


def free_bytes(folder: Path) -> int | None:
    """Return how many bytes this user can still write in `folder`; None where that cannot be known."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
