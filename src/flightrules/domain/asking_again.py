"""When a metric source that failed is asked again: after 1 s, 2 s, 4 s … at most a minute. Pure."""

from __future__ import annotations

import math

LONGEST_PAUSE = 60.0
"""Seconds."""


class AskingAgain:
    """How long one source is left alone. Moments are seconds on any clock that never runs backwards."""

    def __init__(self) -> None:
        self._failures = 0
        self._not_before = -math.inf

    def left(self, now: float) -> float:
        """Return for how many seconds from `now` the source is still left alone; 0 or less: it may be asked."""
        return self._not_before - now

    def failed(self, now: float) -> None:
        """Note that the source failed."""
        self._not_before = now + min(LONGEST_PAUSE, 2.0**self._failures)
        self._failures = min(self._failures + 1, 10)

    def answered(self) -> None:
        """Note that the source answered."""
        self._failures = 0
