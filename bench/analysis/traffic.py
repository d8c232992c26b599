"""Draws traffic: how many requests each version got in each tick, how many were bad, and how long they took.

A trace has many independent runs of one situation side by side, so that judges can work on whole arrays. What is
refused here: any opinion on what is healthy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

TICK = 5.0
"""Seconds between two looks."""

TICKS = 720
"""Looks in a hold: an hour of them."""

TICKS_BEFORE = 120
"""Looks at stable alone, before the candidate gets traffic: ten minutes."""


@dataclass(frozen=True)
class Cell:
    """A service: requests a second over both versions, the candidate's share, and the share of requests that fail."""

    rate: float
    share: float
    base: float

    def __str__(self) -> str:
        return f"{self.rate:g} requests/s, {100 * self.share:g} % share, base {100 * self.base:g} %"


@dataclass(frozen=True)
class Arm:
    """What one version counted: `requests` and `bad` of shape (runs, ticks), `latency` (runs, ticks, buckets).

    Without a histogram the latency has no buckets.
    """

    requests: Counts
    bad: Counts
    latency: Counts

    def first(self, runs: int) -> Arm:
        """Return the first of the runs alone."""
        return Arm(self.requests[:runs], self.bad[:runs], self.latency[:runs])


@dataclass(frozen=True)
class Trace:
    """Both versions over the hold, and stable alone `before` it; `bounds` are the upper ends of the latency buckets."""

    candidate: Arm
    stable: Arm
    before: Arm
    bounds: tuple[float, ...] = ()

    @property
    def runs(self) -> int:
        """How many runs stand side by side."""
        return len(self.candidate.requests)

    def first(self, runs: int) -> Trace:
        """Return the first of the runs alone."""
        arms = (self.candidate.first(runs), self.stable.first(runs), self.before.first(runs))
        return Trace(*arms, self.bounds)


@dataclass(frozen=True)
class Conditions:
    """What the counts of the hold are drawn from, of shape (ticks,) each, and latencies of shape (ticks, buckets).

    `rate` is in requests a second over both versions; shares and error rates are parts of one; a row of a latency
    sums to one. Bad answers come in clusters of `cluster` on average: 1 means each by itself.
    """

    rate: Floats
    share: Floats
    stable_error: Floats
    candidate_error: Floats
    stable_latency: Floats
    candidate_latency: Floats
    bounds: tuple[float, ...]
    cluster: float = 1.0

    @classmethod
    def steady(cls, cell: Cell, bounds: tuple[float, ...], latency: Floats) -> Conditions:
        """Return conditions in which both versions are equally good for the whole hold; `latency` is (buckets,)."""
        spread = np.broadcast_to(latency, (TICKS, len(bounds)))
        rate, share, error = (np.full(TICKS, level) for level in (cell.rate, cell.share, cell.base))
        return cls(rate, share, error, error, spread, spread, bounds)

    def before(self) -> Conditions:
        """Return the conditions of stable alone before the hold: as they are in its first tick."""
        drawn_from = {name: level for name, level in vars(self).items() if isinstance(level, np.ndarray)}
        first: dict[str, Any] = {name: np.repeat(level[:1], TICKS_BEFORE, axis=0) for name, level in drawn_from.items()}
        return replace(self, **first)


def draw(conditions: Conditions, runs: int, random: np.random.Generator) -> Trace:
    """Return `runs` independent runs under these conditions: numbers of requests are Poisson."""
    expected = TICK * conditions.rate
    quiet = conditions.before()
    return Trace(
        candidate=_arm(expected * conditions.share, conditions.candidate_error, conditions.candidate_latency,
                       conditions.cluster, runs, random),
        stable=_arm(expected * (1 - conditions.share), conditions.stable_error, conditions.stable_latency,
                    conditions.cluster, runs, random),
        before=_arm(TICK * quiet.rate, quiet.stable_error, quiet.stable_latency, quiet.cluster, runs, random),
        bounds=conditions.bounds,
    )  # fmt: skip


def _arm(
    expected: Floats, error: Floats, latency: Floats, cluster: float, runs: int, random: np.random.Generator
) -> Arm:
    good = random.poisson(expected * (1 - error), (runs, len(expected)))
    bad = _clustered(random.poisson(expected * error / cluster, good.shape), cluster, random)
    requests = good + bad
    # How long an answer takes has nothing to do here with whether it is bad: each test meets its own effect alone.
    return Arm(requests, bad, _latencies(requests, latency, random))


def _clustered(clusters: Counts, mean: float, random: np.random.Generator) -> Counts:
    """Return the bad answers of these clusters, whose sizes are geometric with this mean, at least one each."""
    if mean == 1.0:
        return clusters
    more = np.zeros_like(clusters)
    some = clusters > 0
    more[some] = random.negative_binomial(clusters[some], 1 / mean)
    return clusters + more


def _latencies(requests: Counts, shares: Floats, random: np.random.Generator) -> Counts:
    runs, ticks = requests.shape
    buckets = shares.shape[1]
    if not buckets:
        return np.empty((runs, ticks, 0), dtype=np.int64)
    return random.multinomial(requests, np.broadcast_to(shares, (runs, ticks, buckets)))
