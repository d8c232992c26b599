"""A candidate that gets no requests while stable serves: no data is not good news.

Pure. What follows from it, and who is told, is for others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from flightrules.domain.comparing.counting import Between
from flightrules.domain.traffic import Share

SILENT_AFTER = 60.0
"""Seconds."""

EXPECTED = 30.0
"""Requests that the candidate should have had in the meantime. Where so many are expected, chance alone leaves it
without any once in 10^13 times; where real shares are half of what was set, as they may be with few users who stay with
their version, once in three million times."""


@dataclass(frozen=True)
class Silence:
    """How long the candidate of one service has been without a request: `seconds`, while it should have had `expected`
    and stable answered `stable`."""

    seconds: float = 0.0
    expected: float = 0.0
    stable: int = 0

    @property
    def counts(self) -> bool:
        """Whether it lasts too long for chance."""
        return self.seconds >= SILENT_AFTER and self.expected >= EXPECTED

    def after(self, between: Between, share: Share) -> Silence:
        """Return the silence after one more increment; `share` is that of the candidate, as it was set."""
        if between.candidate.requests or not 0 < share.basis_points < 10_000:
            return Silence()
        if not between.stable.requests:
            return self
        odds = share.basis_points / (10_000 - share.basis_points)
        return replace(
            self,
            seconds=self.seconds + between.seconds,
            expected=self.expected + odds * between.stable.requests,
            stable=self.stable + between.stable.requests,
        )
