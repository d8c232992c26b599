"""How long answers take in a described scenario: a log-normal curve, slowed where the scenario says so.

The curve is a plain model of a web service, not a measurement; what matters to a decision is how it changes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

BOUNDS = (*(0.001 * 1.3**power for power in range(40)), math.inf)
"""Upper ends of the buckets in seconds: steps of 30 %, from 1 ms to about half a minute."""

SPREAD = 0.6
"""Standard deviation of the logarithm of the latencies: p99 is four times the median."""

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Slower:
    """The slowest part of the requests (`slowest`, 0 to 1) takes `factor` times as long."""

    factor: float
    slowest: float = 1.0


@dataclass(frozen=True)
class Curve:
    """Latencies with this median in seconds, and everything that slows them."""

    median: float
    slower: tuple[Slower, ...] = ()

    def quantile(self, fraction: float) -> float:
        """Return the latency in seconds that `fraction` (0 to 1, both excluded) of the requests do not exceed."""
        return self._factor(fraction) * self.median * math.exp(SPREAD * _NORMAL.inv_cdf(fraction))

    def shares(self, bounds: Sequence[float] = BOUNDS) -> tuple[float, ...]:
        """Return which part of the requests falls into each bucket; they sum to 1."""
        below = [self._below(bound) for bound in bounds]
        return tuple(upper - lower for lower, upper in zip((0.0, *below[:-1]), below, strict=True))

    def _factor(self, fraction: float) -> float:
        return math.prod(each.factor for each in self.slower if fraction > 1 - each.slowest)

    def _below(self, bound: float) -> float:
        """Return the part of the requests that take at most `bound` seconds.

        Between two places where a slowing begins all requests are slowed alike, so there the curve is only shifted.
        """
        if math.isinf(bound):
            return 1.0
        places = sorted({0.0, 1.0, *(1 - each.slowest for each in self.slower)})
        return sum(
            min(max(self._unslowed(bound / self._factor((start + end) / 2)) - start, 0.0), end - start)
            for start, end in pairwise(places)
        )

    def _unslowed(self, bound: float) -> float:
        return _NORMAL.cdf(math.log(bound / self.median) / SPREAD)
