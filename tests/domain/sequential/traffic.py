"""Made-up traffic with fixed seeds: T looks of 5 s each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flightrules.domain.sequential.latency import LatencySettings
from flightrules.domain.sequential.slowdowns import slowdowns
from flightrules.domain.sequential.ticks import Ticks

LOOK = 5.0
AN_HOUR = 720

BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, float("inf"))
SHARES = (0.22, 0.42, 0.33, 0.028, 0.0018, 0.0002)
LATENCY = LatencySettings(SHARES, slowdowns(BOUNDS, SHARES))

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Traffic:
    """So many requests a second to both versions, so much of them to the candidate, so many errors in clusters."""

    rate: float = 50.0
    share: float = 0.05
    errors: float = 0.01
    cluster: float = 1.0
    looks: int = AN_HOUR

    def ticks(self, chance: np.random.Generator, times: float = 1.0) -> Ticks:
        """Looks at a candidate that fails `times` as often as stable."""
        candidate = chance.poisson(self.rate * LOOK * self.share, self.looks)
        stable = chance.poisson(self.rate * LOOK * (1 - self.share), self.looks)
        bad = self.bad(chance, candidate, min(1.0, self.errors * times)), self.bad(chance, stable, self.errors)
        return Ticks.of(candidate, bad[0], stable, bad[1])

    def bad(self, chance: np.random.Generator, requests: Counts, rate: float) -> Counts:
        """Errors in clusters of geometric size; independent ones where the mean size is 1."""
        if self.cluster == 1:
            return chance.binomial(requests, rate)
        clusters = chance.poisson(requests * rate / self.cluster)
        more = chance.negative_binomial(np.maximum(clusters, 1), 1 / self.cluster)
        return np.minimum(requests, np.where(clusters > 0, clusters + more, 0))


def latencies(
    chance: np.random.Generator, requests: tuple[int, int], candidate: tuple[float, ...] = SHARES, looks: int = AN_HOUR
) -> tuple[Counts, Counts]:
    """Histograms of so many requests of candidate and stable a look, `[T, K]` each."""
    both = zip(requests, (candidate, SHARES), strict=True)
    fast, slow = (chance.multinomial(np.full(looks, number), shares) for number, shares in both)
    return fast, slow
