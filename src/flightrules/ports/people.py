"""What people have said, for a metric source that passes it on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Said:
    """What somebody said of a metric, and when (seconds since 1970). `value` is as the record has it."""

    value: Any
    by: str
    at: float


class People(Protocol):
    """The people of one release, as its record and its team file have them."""

    def said(self, metric: str) -> Said | None:
        """Return what was said of `metric` last; None where nobody has said anything yet."""

    def who(self, role: str) -> str:
        """Return who has `role`, in words: `role product: anna, bob`."""
