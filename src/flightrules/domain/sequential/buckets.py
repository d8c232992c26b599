"""Which buckets latencies are compared in: few, chosen from the baseline before the candidate has any traffic.

A router may count in ninety buckets, most of them empty. What a candidate's slowness looks like shows in a dozen, at a
tenth of the work. The choice is made once, from what stable did beforehand; the guarantee does not depend on it.
"""

from __future__ import annotations

from itertools import accumulate

from flightrules.domain.sequential.ticks import BadCounts
from flightrules.domain.sequential.wealth import BadSetting
from flightrules.domain.verdict import Histogram

INFINITY = float("inf")

PARTS = (0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995)
"""A bound is chosen right above each of these parts of the baseline's requests."""

BEYOND = (1.5, 2.5)
"""And at these multiples of the highest of them, where nothing has been seen yet."""


def bounds_for(baseline: Histogram) -> tuple[float, ...]:
    """Return at most eleven of the baseline's own bounds, ascending, the last one infinity.

    Raises `BadSetting` where the baseline holds no request, or no bound that is finite.
    """
    finite = baseline.bounds[:-1]
    if not finite or not any(baseline.counts):
        raise BadSetting("no latency was measured, so there is no baseline; compare without latencies")
    total, below = sum(baseline.counts), list(accumulate(baseline.counts))[:-1]
    inside = [_first(finite, [count >= part * total for count in below]) for part in PARTS]
    beyond = [_first(finite, [bound >= factor * inside[-1] for bound in finite]) for factor in BEYOND]
    return (*sorted({*inside, *beyond}), INFINITY)


def _first(bounds: tuple[float, ...], fits: list[bool]) -> float:
    """Return the first of `bounds` that fits, else the last."""
    return next((bound for bound, fit in zip(bounds, fits, strict=True) if fit), bounds[-1])


def coarsened(histogram: Histogram, bounds: tuple[float, ...]) -> tuple[int, ...]:
    """Return how many of the requests fell into each of the buckets of `bounds`; exact, since bounds are merged only.

    Raises `BadCounts` where the histogram was not counted with all of `bounds`: it cannot be known then.
    """
    if missing := [bound for bound in bounds if bound not in histogram.bounds]:
        raise BadCounts(
            f"latencies were compared with a bound of {missing[0]:g}s, and are counted without it now",
            "compare without latencies from here on",
        )
    counts, place = [0] * len(bounds), 0
    for bound, count in zip(histogram.bounds, histogram.counts, strict=True):
        while bound > bounds[place]:
            place += 1
        counts[place] += count
    return tuple(counts)
