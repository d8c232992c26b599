"""What is started for a moment, beside the services, and must not outlive the `flight` that waits for it.

It carries a mark in its environment: by that it is found when its process group cannot be trusted any more (the
number may be another's by now), and by a new `flight` when the one that started it was killed.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from flightrules.processes.kin import each_alive, kin, marked_under, signal_all
from flightrules.processes.shelf import MARK

GONE_WITHIN = 1.0
"""Seconds that the kernel gets to end what was killed."""

LOOK_SECONDS = 0.005
"""Between two looks whether it has ended."""


class MarkedProcesses:
    """Implements `Marks`. `folder` names the marks apart from those of another state; nothing is written there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def environment(self, name: str) -> Mapping[str, str]:
        """Return the variables that make a process found under `name`."""
        return {MARK: f"{self._folder}/{name}"}

    def kill(self, name: str) -> None:
        """Kill what carries the mark of `name`."""
        _kill(kin(f"{self._folder}/{name}", None))

    def kill_all(self) -> None:
        """Kill what an earlier `flight` left running. Only who holds the lease on the state may ask for it."""
        _kill(marked_under(str(self._folder)))


def _kill(found: tuple[psutil.Process, ...]) -> None:
    # Not until their pids are free: those of orphans stay until their new parent asks for them, which may take seconds.
    signal_all(found, signal.SIGKILL)
    give_up = time.monotonic() + GONE_WITHIN
    while any(each_alive(found)) and time.monotonic() < give_up:
        time.sleep(LOOK_SECONDS)
