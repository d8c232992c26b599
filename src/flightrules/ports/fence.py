"""The lease that lets one process, and no second one, touch a service: rule 8 of the twelve."""

from __future__ import annotations

from typing import Protocol


class Fence(Protocol):
    """Asked by an adapter right before an effect on the outside world."""

    @property
    def token(self) -> int:
        """The number of this lease; a later holder has a larger one."""

    def check(self) -> None:
        """Raise `Fenced` unless this process still holds the lease."""
