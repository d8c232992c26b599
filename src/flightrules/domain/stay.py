"""A visit of a stage as far as it was watched: only that counts as held."""

from __future__ import annotations

from dataclasses import dataclass

from flightrules.domain import holding
from flightrules.domain.hold_looks import HoldLooks
from flightrules.domain.plan import LookSchedule
from flightrules.domain.verdict import Observation


@dataclass
class Stay:
    """A visit of a stage, as far as it was watched: `held` seconds, without pauses and gaps."""

    name: str
    looks: LookSchedule
    hold: float
    seen: HoldLooks
    held: float = 0.0

    def add(self, look: Observation, previous: Observation | None, paused: bool) -> None:
        """Count one more look of this visit."""
        self.seen.add(look)
        self.held += holding.watched(previous, look, paused=paused)

    def begin_again(self) -> None:
        """Count from zero."""
        self.held = 0.0
        self.seen.clear()

    def next_in(self) -> float:
        """Return the seconds to the next look; the hold ends with a look of its own."""
        every = self.looks.every(self.held)
        left = self.hold - self.held
        return min(every, left) if left > 0 else every
