"""The moments of looks: the time of day, as long as that does not jump.

Somebody may set the clock of the machine during a release. A look must not wait an hour for it, a hold must not
lose what it has held, and a window must not fill with looks from the future: from a jump on, time is counted from
the look before it.
"""

from __future__ import annotations

from flightrules.ports.clock import Clock

JUMP = 1.0
"""Seconds by which the time of day may differ from the time that passed: more than a clock is ever slewed between
two looks."""


class Moments:
    """Tells the time so that it never runs backwards and never leaps while this process runs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: float | None = None
        self._passed = clock.monotonic()

    def not_before(self, moment: float) -> None:
        """Go on from `moment` (seconds since 1970) at the earliest: that of the last look before a crash."""
        self._last = max(self.now(), moment)

    def now(self) -> float:
        """Return seconds since 1970."""
        passed = self._clock.monotonic()
        told = self._clock.now()
        if self._last is not None:
            expected = self._last + (passed - self._passed)
            told = told if abs(told - expected) <= JUMP and told >= self._last else expected
        self._last, self._passed = told, passed
        return told
