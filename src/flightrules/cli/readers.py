"""Whoever reads what a command prints, and may go before the command has ended: `flight ledger export | head`."""

from __future__ import annotations

import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

from flightrules.cli import streams

if TYPE_CHECKING:
    from flightrules.cli.screens import Screen
    from flightrules.views.model import EventView, ReleaseView


def let_go() -> bool:
    """Send to nowhere, from now on, what has no reader any more; return whether there was such a thing.

    Python would otherwise try once more when the program ends, and complain.
    """
    gone = [stream.fileno() for stream in (sys.stdout, sys.stderr) if not _has_reader(stream)]
    for number in gone:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)
    return bool(gone)


def _has_reader(stream: TextIO) -> bool:
    """Ask the kernel: whether a further write would fail cannot be told from what is still in Python's buffer."""
    asked = select.poll()
    try:
        asked.register(stream.fileno(), 0)
    except OSError:  # no file of the kernel's at all
        return True
    return not any(events & select.POLLERR for _, events in asked.poll(0))


class LastingScreen:
    """Shows a release that this process drives: whoever looks may go, the release goes on."""

    def __init__(self, screen: Screen) -> None:
        streams.need_no_reader()
        self._screen = screen

    def show(self, view: ReleaseView, new: tuple[EventView, ...]) -> None:
        """Show the release, to nobody once the reader has gone."""
        try:
            self._screen.show(view, new)
        except BrokenPipeError:
            if not let_go():
                raise

    def rest(self) -> None:
        """Leave the terminal to somebody else."""
        self._screen.rest()
