"""One service of a release, compared many looks at a time: for a simulation, which looks a million times.

It comes to the same as `ComparedService`, only later: between two blocks its evidence is that of the last one. Whoever
must know it now calls `weigh`; the evidence itself says after which look it reached its limit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from flightrules.domain.comparing.agreed import Agreed
from flightrules.domain.comparing.counting import Between
from flightrules.domain.comparing.service import ESTIMATED_AT, ComparedService, Latencies
from flightrules.domain.counts import merge_latency
from flightrules.domain.verdict import Counters, Histogram

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from flightrules.domain.sequential.ticks import Ticks

PARTS = ("candidate", "stable")
BLOCK = 1024
"""Looks that are weighed at once."""


class ComparedInBlocks(ComparedService):
    """The comparison of one service. `due` is after how many looks it must be weighed, whatever waits by then."""

    def __init__(self, service: str, agreed: Agreed, due: float = math.inf) -> None:
        super().__init__(service, agreed)
        self._due = due
        self._waiting: list[tuple[Between, float]] = []
        """What was not weighed yet, each with the age of the candidate as it began."""

    def weigh(self) -> None:
        """Weigh all that waits."""
        if not self._waiting:
            return
        from flightrules.domain.sequential.comparison import over

        assert self.comparison is not None and self.certification is not None
        ticks = self._ticks()
        self.comparison = over(self.comparison, ticks).end
        self.certification = self.certification.over(ticks)[1]
        self._waiting.clear()

    def _enter(self, visit: str) -> None:
        if visit and visit != self._visit:
            self.weigh()  # a certification begins with this hold
        super()._enter(visit)

    def _weigh(self, between: Between, at: float) -> None:
        assert self.comparison is not None
        began = at - between.seconds
        self._serving_since = began if self._serving_since is None else self._serving_since
        self._waiting.append((between, began - self._serving_since))
        if len(self._waiting) >= BLOCK or self.comparison.looks + len(self._waiting) >= self._due:
            self.weigh()

    def _learn(self, between: Between) -> None:
        learns = len(self._stable) + 1 in ESTIMATED_AT or (self._bounds is None and not self._counts_otherwise)
        if learns and self.comparison is not None:
            self.weigh()
        super()._learn(between)

    def _ticks(self) -> Ticks:
        from flightrules.domain.sequential.ticks import Ticks

        ages = [age for _, age in self._waiting]
        candidates, stables = ([getattr(between, part) for between, _ in self._waiting] for part in PARTS)
        self.latencies = Latencies(
            merge_latency(self.latencies.candidate, _summed(candidates)),
            merge_latency(self.latencies.stable, _summed(stables)),
        )
        return Ticks.of(
            candidate_requests=[each.requests for each in candidates],
            candidate_bad=[each.bad for each in candidates],
            stable_requests=[each.requests for each in stables],
            stable_bad=[each.bad for each in stables],
            candidate_latency=self._coarse_rows(candidates),
            stable_latency=self._coarse_rows(stables),
            candidate_age=ages,
        )

    def _coarse_rows(self, counted: Sequence[Counters]) -> Any:
        import numpy as np

        if self._bounds is None:
            return ()
        fine = counted[0].latency.bounds
        if _counted_alike(counted) and set(self._bounds) <= set(fine):
            first = [0, *(fine.index(bound) + 1 for bound in self._bounds[:-1])]
            return np.add.reduceat(_rows(counted), first, axis=1)
        nothing = (0,) * len(self._bounds)
        return [self._coarse(each.latency) or nothing for each in counted]


def _counted_alike(counted: Sequence[Counters]) -> bool:
    bounds = counted[0].latency.bounds
    return all(each.latency.bounds is bounds or each.latency.bounds == bounds for each in counted)


def _rows(counted: Sequence[Counters]) -> NDArray[np.int64]:
    import numpy as np

    return np.array([each.latency.counts for each in counted], dtype=np.int64)


def _summed(counted: Sequence[Counters]) -> Histogram:
    """Return all latencies of these looks together."""
    if not _counted_alike(counted):
        return reduce(merge_latency, (each.latency for each in counted))
    return Histogram(counted[0].latency.bounds, tuple(_rows(counted).sum(axis=0).tolist()))
