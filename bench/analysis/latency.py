"""How long answers take in simulated traffic: a lognormal service, and what it looks like when part of it is slower.

Median 80 ms and sigma 0.6, so a 99th percentile of 323 ms: an ordinary page that asks a database.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from bench.analysis.traffic import Floats

BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, math.inf)
"""Upper ends of the buckets in seconds, as coarse as a monitoring system often has them."""

MEDIAN, SIGMA = 0.08, 0.6

_NORMAL = NormalDist()


def shares(bounds: Sequence[float], slower: float = 1.0, slowest: float = 1.0) -> Floats:
    """Return the share of requests in each bucket when the `slowest` part of them takes `slower` times as long.

    `slowest` is a part of one: 0.02 leaves 98 of 100 requests as they were. Shape (buckets,), sums to one.
    """
    return np.diff([0.0, *(_at_most(bound, slower, slowest) for bound in bounds)])


def _at_most(bound: float, slower: float, slowest: float) -> float:
    """Return the part of the requests that take at most `bound` seconds."""
    kept = 1 - slowest
    untouched = min(_lognormal(bound), kept)
    touched = max(_lognormal(bound / slower) - kept, 0.0)
    return untouched + touched


def _lognormal(bound: float) -> float:
    if math.isinf(bound):
        return 1.0
    return _NORMAL.cdf(math.log(bound / MEDIAN) / SIGMA)
