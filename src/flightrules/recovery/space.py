"""Room on the disk, looked at before anything is written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from flightrules.domain.errors import DatabaseUnusable
from flightrules.domain.figures import size

SPARE = 16 << 20
"""Bytes that stay free beside what is needed."""

Free = Callable[[Path], int]


def free(folder: Path) -> int:
    """Return the bytes that can still be written in `folder`, or where it will be made."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free


def require(what: str, needed: int | None, folder: Path, measure: Free) -> None:
    """Raise `DatabaseUnusable` when `folder` lacks room for `needed` bytes; None is not known, and not refused."""
    found = measure(folder)
    if needed is not None and found < needed + SPARE:
        raise DatabaseUnusable(
            f"{what} may need {size(needed)}, {size(SPARE)} must stay free, and {folder} has {size(found)} free",
            "Make room; nothing was written.",
        )
