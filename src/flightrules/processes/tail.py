"""The last lines of a log, also right after it was rotated."""

from __future__ import annotations

import os
from pathlib import Path

MOST_BYTES = 64 * 1024


def tail(log: Path, lines: int) -> tuple[str, ...]:
    """Return the last `lines` lines of `log`, from the copy before it where it is too young."""
    found = _last(log, lines)
    missing = lines - len(found)
    return (*_last(log.with_name(f"{log.name}.1"), missing), *found) if missing > 0 else found


def _last(log: Path, lines: int) -> tuple[str, ...]:
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - MOST_BYTES))
            text = stream.read().decode(errors="replace")
    except OSError:
        return ()
    return tuple(text.splitlines()[-lines:])
