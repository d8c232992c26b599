"""The looks of a hold, kept so that weeks of them fit in memory and still say the same of the whole hold.

Counters are cumulative, so between two looks nothing in the middle adds anything, unless the router was
restarted there: such looks are kept whole. Of the others only the readings remain that a condition averages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flightrules.domain import observations
from flightrules.domain.observing import gauges
from flightrules.domain.plan import Condition, FixedLimit, Plan
from flightrules.domain.recent import anything_was_reset
from flightrules.domain.verdict import Observation


class HoldLooks:
    """The looks of one visit of a stage, the first and the last of them whole."""

    def __init__(self, passes: Sequence[Condition], plan: Plan) -> None:
        own = {metric.name for metric in gauges(plan)}
        self._needed = {c.metric for c in passes if c.metric in own or not isinstance(c.limit, FixedLimit)}
        self._looks: list[Observation] = []
        self._last_began_anew = False

    @property
    def looks(self) -> Sequence[Observation]:
        """The looks that still matter, in order."""
        return self._looks

    @property
    def settled(self) -> Sequence[Observation]:
        """Those that no later look changes any more: all but the last."""
        return self._looks[:-1]

    def to_record(self) -> dict[str, Any]:
        """Return what stands beside the settled looks, as data that JSON can hold."""
        last = self._looks[-1] if self._looks else None
        return {
            "settled": len(self.settled),
            "last": last and observations.to_record(last),
            "last_began_anew": self._last_began_anew,
        }

    def resume(self, record: Mapping[str, Any], settled: Iterable[Observation]) -> None:
        """Go on from what `to_record` said, and the settled looks."""
        last = record["last"]
        self._looks = [*settled, *([observations.from_record(last)] if last else [])]
        self._last_began_anew = record["last_began_anew"]

    def add(self, look: Observation) -> None:
        """Add the next look, and lighten the one before it where that loses nothing."""
        begins_anew = bool(self._looks) and anything_was_reset(self._looks[-1], look)
        if len(self._looks) > 1 and not begins_anew and not self._last_began_anew:
            self._lighten_the_last()
        self._looks.append(look)
        self._last_began_anew = begins_anew

    def clear(self) -> None:
        """Forget all looks."""
        self._looks, self._last_began_anew = [], False

    def _lighten_the_last(self) -> None:
        """Keep what is needed of the last look, which is nothing where no condition averages a reading."""
        look = self._looks.pop()
        if self._needed:
            needed = tuple(reading for reading in look.readings if reading.metric in self._needed)
            self._looks.append(Observation(look.at, look.stage, needed, _NOTHING, _NOTHING, _NOTHING, look.interval))


_NOTHING: dict[str, Any] = {}
