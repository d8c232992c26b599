"""Standard input, output and error as a release needs them: always there, and no reason to stop when they are full.

A release whose log lies on a full disk, or whose terminal is gone, goes on: what it prints is in the ledger too.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

from flightrules.cli.exits import Exit

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""Nothing more goes there just now. A reader that has gone is something else: see `readers`."""

_STANDARD = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


class _Printed:
    """What became of all that was printed."""

    lost: OSError | None = None
    has_to_be_read = True


_printed = _Printed()


class _Patient(io.FileIO):
    """Takes whatever it is given, also what cannot be written; remembers that something was lost."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            _printed.lost = error
            return memoryview(data).nbytes


def prepare() -> None:
    """Make the three usable, whoever started this program. A character that the terminal lacks is written out."""
    for number, (name, mode) in enumerate(_STANDARD):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, _nowhere(number, mode))
        elif mode == "w" and type(stream) is io.TextIOWrapper:
            setattr(sys, name, _patient(stream))


def need_no_reader() -> None:
    """From now on it does not matter whether what is printed can be read: this process drives a release."""
    _printed.has_to_be_read = False


def status_of(status: int) -> int:
    """Return how a command ends that would have ended with `status`, and say so where part of its words are lost."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # Python says so when the program ends
        return status
    if _printed.lost is None:
        return status
    sys.stderr.write(f"Not all that was printed could be written: {_printed.lost.strerror}.\n")
    return Exit.UNREAD if status == Exit.DONE and _printed.has_to_be_read else status


def _nowhere(number: int, mode: str) -> IO[str]:
    """Open nowhere, under the number that was closed: no file of ours may get it, a child would print into it."""
    try:
        os.fstat(number)
    except OSError:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)
        os.set_inheritable(number, True)
        return open(number, mode, encoding="utf-8", closefd=False)
    return Path(os.devnull).open(mode, encoding="utf-8")


def _patient(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Patient(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
