"""Requests as they arrive, fail and take their time, by chance from a given seed: the same seed, the same requests.

Requests arrive by a Poisson process and fail independently of each other and of how long they take. They are drawn
for many looks at once, as long as nothing about the traffic changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy

from flightrules.domain.verdict import Counters, Histogram
from flightrules.simulation.latencies import BOUNDS, Curve

FEW, MANY = 8, 2048
"""How many looks are drawn ahead: a few at first, since conditions may change, then ever more."""

TIMED, NOT_TIMED = BOUNDS, BOUNDS[-1:]
"""The buckets of a world in which somebody asks how long requests take, and of one where nobody does."""


@dataclass(frozen=True)
class Load:
    """What arrives between two looks: `requests` on average, of which the part `failing` (0 to 1) fails."""

    requests: float
    failing: float
    curve: Curve


class Arrivals:
    """The requests of one version of one service; `counted` is all of them until now."""

    def __init__(self, seed: tuple[int, ...], bounds: tuple[float, ...]) -> None:
        self._random = numpy.random.default_rng(seed)
        self._bounds = bounds
        self._load: Load | None = None
        self._ahead: Iterator[Counters] = iter(())
        self._size = FEW
        self.counted = Counters(0, 0, Histogram(bounds, (0,) * len(bounds)))

    def add(self, load: Load) -> None:
        """Let what `load` says arrive."""
        if load != self._load:
            self._load, self._size, self._ahead = load, FEW, iter(())
        following = next(self._ahead, None)
        if following is None:
            self._ahead = self._draw(load)
            self._size = min(MANY, self._size * 4)
            following = next(self._ahead)
        self.counted = following

    def _draw(self, load: Load) -> Iterator[Counters]:
        means = load.requests * numpy.array(_shares(load.curve, self._bounds))
        latencies = self._random.poisson(means, (self._size, len(means)))
        requests = latencies.sum(axis=1)
        bad = self._random.binomial(requests, load.failing)
        before = self.counted
        return map(
            self._counters,
            (before.requests + requests.cumsum()).tolist(),
            (before.bad + bad.cumsum()).tolist(),
            (numpy.array(before.latency.counts) + latencies.cumsum(axis=0)).tolist(),
        )

    def _counters(self, requests: int, bad: int, latencies: list[int]) -> Counters:
        return Counters(requests, bad, Histogram(self._bounds, tuple(latencies)))


@lru_cache(maxsize=256)
def _shares(curve: Curve, bounds: tuple[float, ...]) -> tuple[float, ...]:
    return curve.shares(bounds)
