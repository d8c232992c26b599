"""How much is measured: everything, or just enough to see that a benchmark works."""

from __future__ import annotations

from enum import Enum


class Effort(Enum):
    """FULL is what counts. TRIAL is quick and its results are shown but not kept."""

    FULL = "full"
    TRIAL = "trial"

    def times(self, full: int, trial: int = 2) -> int:
        """Return how often to repeat something."""
        return full if self is Effort.FULL else trial

    def seconds(self, full: float, trial: float) -> float:
        """Return how long to measure something."""
        return full if self is Effort.FULL else trial
