"""Finds the file that a plan names: that one, or the newest of those that look alike. What is no file is not opened."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import Path


class NotThere(Exception):
    """It is known that what was looked for is not there."""


@dataclass(frozen=True)
class File:
    """A file: where it is, what people call it, and when it was changed (seconds since 1970)."""

    path: Path
    called: str
    changed: float


def find(folder: Path, where: str) -> File:
    """Return the file `where`, from `folder`; the newest one where that is a pattern such as `reports/*.json`.

    Raises `NotThere` with the reason in words, and `OSError` where nobody knows.
    """
    path = folder / where
    pattern = re.search(r"[*?\[]", where) and not path.exists()
    found = _alike(folder, where) if pattern else [path]
    files = [(at, each) for each in found if (at := _changed(each)) is not None]
    if not files:
        raise NotThere(_why_not(path, where, found))
    changed, newest = max(files)
    called = str(newest.relative_to(folder)) if newest.is_relative_to(folder) else str(newest)
    return File(newest, f"{called} (the newest of {len(files)})" if len(files) > 1 else called, changed)


def _alike(folder: Path, where: str) -> list[Path]:
    return list(Path("/").glob(where.lstrip("/")) if Path(where).is_absolute() else folder.glob(where))


def _changed(path: Path) -> float | None:
    # Only a regular file may be opened: to open a pipe would wait for somebody who writes.
    try:
        seen = path.stat()
    except PermissionError:
        raise
    except OSError:
        return None
    return seen.st_mtime if stat.S_ISREG(seen.st_mode) else None


def _why_not(path: Path, where: str, found: list[Path]) -> str:
    if path.is_dir():
        return f"{where} is a folder; name a file in it"
    if path.is_symlink() and not path.exists():
        return f"{where} is a link that leads nowhere"
    return f"{where} is no file" if path.exists() else f"there is no file {where}"
