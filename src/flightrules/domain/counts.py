"""From what a router has counted since it started to what happened in a window: sums, rates, percentiles.

Pure arithmetic on `Counters`. This module decides nothing: how many requests are enough, and what a figure
means for the release, is for others to say.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import add, gt, sub

from flightrules.domain.verdict import Counters, Histogram

INFINITY = float("inf")
NO_LATENCY = Histogram((INFINITY,), (0,))
ZERO = Counters(requests=0, bad=0, latency=NO_LATENCY)


def increment(before: Counters | None, after: Counters) -> Counters:
    """Return what was counted between two readings of the same version.

    A counter that decreased was reset, because the router was restarted: everything is then counted from
    zero. So it is when the histogram has other bounds than before, and when there is no reading before.
    """
    if before is None or was_reset(before, after):
        return after
    return difference(before, after)


def difference(before: Counters, after: Counters) -> Counters:
    """Return what was counted between two readings, of which the later one grew out of the earlier."""
    return Counters(
        requests=after.requests - before.requests,
        bad=after.bad - before.bad,
        latency=Histogram(after.latency.bounds, tuple(map(sub, after.latency.counts, before.latency.counts))),
        in_flight=after.in_flight,
    )


def was_reset(before: Counters, after: Counters) -> bool:
    """Return whether `after` cannot have grown out of `before`."""
    if after.requests < before.requests or after.bad < before.bad:
        return True
    if after.latency.bounds != before.latency.bounds:
        return True
    return any(map(gt, before.latency.counts, after.latency.counts))


def over(series: Sequence[Counters]) -> Counters:
    """Return what was counted from the first reading of `series` to the last, across any resets.

    Fewer than two readings span no time, so nothing was counted: `ZERO`.
    """
    if len(series) < 2:
        return ZERO
    total = ZERO
    start: Counters | None = series[0]
    for earlier, later in pairwise(series):
        if was_reset(earlier, later):
            total = merge(total, increment(start, earlier))
            start = None
    return merge(total, increment(start, series[-1]))


def merge(one: Counters, other: Counters) -> Counters:
    """Return two increments added up; `in_flight` is that of the later one, `other`."""
    return Counters(
        requests=one.requests + other.requests,
        bad=one.bad + other.bad,
        latency=merge_latency(one.latency, other.latency),
        in_flight=other.in_flight,
    )


def merge_latency(one: Histogram, other: Histogram) -> Histogram:
    """Return two histograms added up.

    Where their bounds differ, only the bounds that both have are kept (infinity always is one): the counts
    of the buckets between them are then still exact, only coarser. An empty histogram changes nothing.
    """
    if one.bounds == other.bounds:
        return Histogram(one.bounds, tuple(map(add, one.counts, other.counts)))
    if not any(one.counts):
        return other
    if not any(other.counts):
        return one
    shared = tuple(sorted({*one.bounds} & {*other.bounds}))
    return Histogram(shared, tuple(map(add, _coarser(one, shared), _coarser(other, shared))))


def _coarser(histogram: Histogram, bounds: tuple[float, ...]) -> tuple[int, ...]:
    counts, position = [0] * len(bounds), 0
    for bound, count in zip(histogram.bounds, histogram.counts, strict=True):
        while bound > bounds[position]:
            position += 1
        counts[position] += count
    return tuple(counts)


def error_rate(counted: Counters) -> float:
    """Return bad answers in percent of the requests, 0 to 100. Needs at least one request."""
    return 100 * _bad(counted) / counted.requests


def availability(counted: Counters) -> float:
    """Return good answers in percent of the requests, 0 to 100. Needs at least one request."""
    return 100 * (counted.requests - _bad(counted)) / counted.requests


def _bad(counted: Counters) -> int:
    # A router reads its counters one after the other: a failure may be counted before its request is.
    return min(counted.bad, counted.requests)


def percentile(latency: Histogram, fraction: float) -> float | None:
    """Return the latency in seconds that `fraction` (0 to 1) of the requests did not exceed; None without any.

    The answer lies in the bucket that holds the request of that rank, never outside it, placed by log-linear
    interpolation: equal ratios inside the bucket hold equal numbers of requests (in the first bucket, which
    begins at 0, equal distances). It is therefore wrong by no more than the ratio of the bucket's bounds.
    Of the last bucket, which has no end, only the begin is known: that is returned. None also where no
    bound is finite, since then nothing is known at all.
    """
    below = list(accumulate(latency.counts))
    if len(latency.bounds) < 2 or below[-1] == 0:
        return None
    rank = fraction * below[-1]
    # The first bucket that reaches the rank; an empty one cannot hold it, and is passed over where the rank is 0.
    place = bisect_left(below, rank if rank > 0 else 1)
    before, lower = (below[place - 1], latency.bounds[place - 1]) if place else (0, 0.0)
    return _between(lower, latency.bounds[place], (rank - before) / latency.counts[place])


def _between(lower: float, upper: float, part: float) -> float:
    if upper == INFINITY:
        return lower
    if lower <= 0:
        return upper * part
    inside: float = lower * (upper / lower) ** part
    return min(upper, inside)
