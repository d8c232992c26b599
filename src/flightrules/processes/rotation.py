"""Keeps logs bounded. Runs inside the supervisor, as one of its plugins, so that it goes on without `flight`.

A log is copied and emptied in place: programs hold it open for appending and need not know. A line that is
written in the very moment between the two is lost.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Any

from flightrules.processes.shelf import Shelf


def watch(supervisord: Any, **_: Any) -> object:
    """Look at every log every five seconds. Named in the supervisor's configuration."""
    from supervisor import events

    shelf = Shelf(Path(supervisord.options.directory))
    events.subscribe(events.Tick5Event, lambda _: rotate_all(shelf))
    return object()


def rotate_all(shelf: Shelf) -> None:
    """Rotate the log of every program that is too long. A log that cannot be now is tried again later.

    An error must not leave here: it would end the supervisor.
    """
    for name in shelf.names():
        program = shelf.program(name)
        if program is not None:
            with contextlib.suppress(OSError):
                rotate(shelf.log(name), program.log_bytes, program.log_copies)


def rotate(log: Path, longest: int, copies: int) -> None:
    """Where `log` is longer than `longest` bytes: move it to `log.1`, `log.1` to `log.2`, up to `copies`."""
    if log.stat().st_size <= longest:
        return
    for number in range(copies - 1, 0, -1):
        with contextlib.suppress(FileNotFoundError):
            _copy(log, number).replace(_copy(log, number + 1))
    if copies > 0:
        shutil.copy(log, _copy(log, 1))
    os.truncate(log, 0)


def _copy(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
