"""Many simulated releases: how often a release is called back, how soon, and how many requests it costs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flightrules.domain.verdict import CANDIDATE
from flightrules.simulation.flown import End, Flown


@dataclass(frozen=True)
class Spread:
    """Of some values the one in the middle, and the one that 95 % do not exceed (nearest rank)."""

    median: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """Return the spread of `values`; None where there are none."""
        if not values:
            return None
        ordered = sorted(values)
        return cls(_ranked(ordered, 0.5), _ranked(ordered, 0.95))


def _ranked(ordered: Sequence[float], fraction: float) -> float:
    return ordered[max(math.ceil(fraction * len(ordered)), 1) - 1]


@dataclass(frozen=True)
class Forecast:
    """What became of `runs` releases that differ by chance alone.

    `ends` and `decided_by` say how many of them ended so; `detected` (seconds) is over those that went back.
    `requests` and `failed` are those of the candidate, over all runs.
    """

    runs: int
    looks: int
    ends: Mapping[End, int]
    decided_by: Mapping[str, int]
    stages: Mapping[str, int]
    detected: Spread | None
    requests: Spread
    failed: Spread

    @classmethod
    def of(cls, flown: Sequence[Flown]) -> Forecast:
        """Return what `flown`, at least one release, have in common."""
        back = [each for each in flown if each.back_at is not None]
        requests = Spread.of([each.counted.requests[CANDIDATE] for each in flown])
        failed = Spread.of([each.counted.bad[CANDIDATE] for each in flown])
        assert requests is not None and failed is not None, "a forecast is of at least one release"
        return cls(
            runs=len(flown),
            looks=sum(each.looks for each in flown),
            ends=Counter(each.end for each in flown),
            decided_by=Counter(each.decided_by for each in back),
            stages=Counter(each.stage for each in back),
            detected=Spread.of([each.detected for each in back if each.detected is not None]),
            requests=requests,
            failed=failed,
        )

    def share(self, end: End) -> float:
        """Return which part of the runs (0 to 1) ended like this."""
        return self.ends.get(end, 0) / self.runs
