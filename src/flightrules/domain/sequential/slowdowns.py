"""What a slower candidate's latencies would look like: the alternatives of the latency test.

From the baseline histogram alone: the slowest part of its requests (all, 10 %, 2 %) takes longer by a factor. How
requests are spread inside a bucket is not known and is supposed: equal ratios hold equal parts (in the first
bucket, which begins at 0, equal distances). A wrong supposition costs the test power, never its guarantee.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from flightrules.domain.sequential.wealth import BadSetting
from flightrules.domain.verdict import Histogram

Floats = NDArray[np.float64]

FACTORS = (1.05, 1.1, 1.2, 1.5, 2.0, 4.0)
SLOWEST = (1.0, 0.1, 0.02)


def baseline(histogram: Histogram) -> tuple[float, ...]:
    """Return what part of the requests fell into each bucket, each bucket as if it had held half a request more.

    Otherwise a bucket that happened to be empty would be supposed impossible. Raises `BadSetting` where nothing
    was measured or where there is but one bucket.
    """
    if len(histogram.counts) < 2 or not any(histogram.counts):
        raise BadSetting("no latency was measured, so there is no baseline; compare without latencies")
    counts = np.array(histogram.counts) + 0.5
    return tuple((counts / counts.sum()).tolist())


def slowdowns(
    bounds: Sequence[float],
    shares: Sequence[float],
    factors: Sequence[float] = FACTORS,
    slowest: Sequence[float] = SLOWEST,
) -> tuple[tuple[float, ...], ...]:
    """Return the histograms `[n][K]` of a candidate that is slower by each of `factors` in each `slowest` part.

    `bounds` `[K]` are the upper bounds of the buckets in seconds, ascending, the last one infinity; `shares` `[K]`
    the baseline. What is in the last bucket stays there.
    """
    return tuple(slowed(bounds, shares, factor, part) for factor in factors for part in slowest)


def slowed(bounds: Sequence[float], shares: Sequence[float], factor: float, part: float) -> tuple[float, ...]:
    """Return the histogram of a candidate whose slowest `part` (0 to 1) of requests takes `factor` times as long."""
    edges, slower = np.array(bounds[:-1]), np.cumsum(np.array(shares)[::-1])[::-1]
    # Above an edge is whatever was above edge / factor; but outside the slowest part nothing has moved.
    above = slower[1:]
    lifted = np.maximum(above, np.minimum(part, _above(edges / factor, edges, above)))
    whole = np.concatenate([[1.0], lifted, [0.0]])
    parts = np.maximum(whole[:-1] - whole[1:], 0.0)
    return tuple((parts / parts.sum()).tolist())


def _above(latencies: Floats, edges: Floats, above: Floats) -> Floats:
    """Return what part of the requests takes longer than each of `latencies`, none of them beyond the last edge."""
    place = np.searchsorted(edges, latencies, side="left")
    lower, upper = np.where(place > 0, edges[place - 1], 0.0), edges[place]
    before = np.where(place > 0, above[place - 1], 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(latencies / lower) / np.log(upper / lower)
    inside = np.where(lower > 0, ratio, latencies / upper)
    mixed: Floats = before + (above[place] - before) * inside
    return mixed
