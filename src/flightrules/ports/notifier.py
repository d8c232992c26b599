"""How people are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Notice:
    """What people are told: `urgent` wakes somebody up. `role` is whom the plan names, if it names one."""

    release: str
    text: str
    urgent: bool
    role: str | None = None


class Notifier(Protocol):
    """Tells people. Telling twice is better than not telling."""

    async def tell(self, notice: Notice) -> None:
        """Deliver `notice`. Raises any error; the caller records it and goes on: news never decides a release."""
