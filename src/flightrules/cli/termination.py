"""SIGTERM ends a command as Ctrl-C does: what it started is ended first, and what it made halfway is removed.

`flight run` and its like answer signals by themselves while they drive a release.
"""

from __future__ import annotations

import signal
from types import FrameType


def take_as_ctrl_c() -> None:
    """Do so from now on."""
    signal.signal(signal.SIGTERM, _as_ctrl_c)


def _as_ctrl_c(number: int, frame: FrameType | None) -> None:
    handler = signal.getsignal(signal.SIGINT)
    # A shell lets programs in the background ignore Ctrl-C; they are not to ignore this.
    (handler if callable(handler) else signal.default_int_handler)(number, frame)
