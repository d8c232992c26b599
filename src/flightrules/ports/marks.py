"""Marks what is started beside the services, so that it is found again whatever becomes of `flight`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Marks(Protocol):
    """Gives marks, and ends what carries one."""

    def environment(self, name: str) -> Mapping[str, str]:
        """Return the variables that a process called `name`, and all that descends from it, carries as its mark."""

    def kill(self, name: str) -> None:
        """Kill every process that carries the mark of `name`; blocks until they are gone, a second at most."""
