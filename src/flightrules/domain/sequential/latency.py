"""Test B: is the candidate slower than stable, anywhere in the histogram of its latencies?

Null hypothesis: within a block of looks, the candidate's histogram is that of stable, except that in each bucket at
most `tolerance` of the requests sit one bucket higher. (That the candidate is stable, shifted as a whole, is not the
null: a healthy candidate is faster than that, and would be called back.) The alternatives are the baseline, slowed.

A block closes on counts of requests alone, never on what they measured; late mass is staked a block, not a look.
What the guarantee needs: within a block, and given all before it, latencies are independent of each other. A wrong
baseline, or an alternative that is never true, costs power and nothing else. Clusters are answered by
`overdispersion`, as in test A.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from flightrules.domain.sequential.projection import Floats, LatencyNull
from flightrules.domain.sequential.ticks import BadCounts, Tick, Ticks
from flightrules.domain.sequential.wealth import BadSetting, Mixture, Onset, Wealth, check_overdispersion, held

_AT_ONCE = 48
"""So many blocks are judged together: what is worked on then stays in the cache of a processor."""


@dataclass(frozen=True)
class LatencySettings:
    """How test B is set up. K buckets, n alternatives.

    `baseline_shares` `[K]` is what part of stable's requests fell into each bucket before the candidate had any
    traffic; `alternatives` `[n][K]` are histograms of a slower candidate (see `slowdowns`), all staked on equally.
    A block is judged as soon as it holds `min_candidate_requests` of the candidate and any of stable.
    """

    baseline_shares: tuple[float, ...]
    alternatives: tuple[tuple[float, ...], ...]
    tolerance: float = 0.03
    min_candidate_requests: int = 8
    overdispersion: float = 1.0
    onset: Onset = field(default_factory=Onset)

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance < 1:
            raise BadSetting(f"tolerance is {self.tolerance:g}; it must be at least 0 and less than 1")
        if self.min_candidate_requests < 1:
            raise BadSetting(f"min_candidate_requests is {self.min_candidate_requests}; it must be at least 1")
        check_overdispersion(self.overdispersion)
        if not self.alternatives:
            raise BadSetting("there is no alternative histogram; give at least one")
        _check_shares("baseline_shares", self.baseline_shares, len(self.baseline_shares))
        for number, shares in enumerate(self.alternatives, start=1):
            _check_shares(f"alternative {number}", shares, len(self.baseline_shares))

    @property
    def buckets(self) -> int:
        """How many buckets every histogram must have."""
        return len(self.baseline_shares)

    @cached_property
    def mixture(self) -> Mixture:
        """The stakes, equal on all alternatives."""
        return Mixture(np.full(len(self.alternatives), -math.log(len(self.alternatives))), self.onset)

    @cached_property
    def null(self) -> LatencyNull:
        """The projections of the alternatives on the null."""
        return LatencyNull(np.array(self.baseline_shares), np.array(self.alternatives), self.tolerance)


def _check_shares(name: str, shares: tuple[float, ...], buckets: int) -> None:
    if len(shares) != buckets or buckets < 2:
        raise BadSetting(f"{name} has {len(shares)} buckets; all histograms must have the same number, at least 2")
    if not all(0 <= share <= 1 for share in shares) or abs(sum(shares) - 1) > 1e-6:
        raise BadSetting(f"{name} is no histogram: its shares must be from 0 to 1 and sum to 1")


@dataclass(frozen=True)
class Latency:
    """Where test B stands. Immutable; `after` returns the next one."""

    settings: LatencySettings
    wealth: Wealth
    candidate: tuple[int, ...]
    stable: tuple[int, ...]
    """What the block that has not closed yet holds, a bucket."""

    @classmethod
    def start(cls, settings: LatencySettings) -> Latency:
        """Return the test before the first look."""
        empty = (0,) * settings.buckets
        return cls(settings, settings.mixture.start(), empty, empty)

    @property
    def log_e(self) -> float:
        """The natural logarithm of E."""
        return self.settings.mixture.log_e(self.wealth)

    def after(self, tick: Tick) -> Latency:
        """Return the test after one more look. Raises `BadCounts` where its histograms have other buckets."""
        candidate = _added(self.candidate, tick.candidate.latency)
        stable = _added(self.stable, tick.stable.latency)
        requests = sum(candidate)
        if requests < self.settings.min_candidate_requests or not any(stable):
            return Latency(self.settings, self.wealth, candidate, stable)
        increments = self._increments(np.array([candidate], dtype=float), np.array([stable], dtype=float))
        empty = (0,) * self.settings.buckets
        return Latency(self.settings, self.settings.mixture.after(self.wealth, increments[0]), empty, empty)

    def over(self, ticks: Ticks) -> tuple[Floats, Latency]:
        """Return log E `[T]` after each of many looks, and the test after the last of them. Raises `BadCounts`."""
        if not len(ticks):
            return np.empty(0), self
        fast, slow = self._with_open_block(ticks.candidate_latency), self._with_open_block(ticks.stable_latency)
        fast[0] += self.candidate
        slow[0] += self.stable
        closed = self._closing(fast.sum(axis=1), slow.sum(axis=1))
        begins = np.concatenate([[0], np.flatnonzero(closed)[:-1] + 1]) if closed.any() else np.empty(0, dtype=int)
        rest = int(np.flatnonzero(closed)[-1]) + 1 if closed.any() else 0
        logs, wealth = self.settings.mixture.path(
            self.wealth, self._increments(_sums(fast[:rest], begins), _sums(slow[:rest], begins))
        )
        candidate, stable = (tuple(map(int, counts[rest:].sum(axis=0))) for counts in (fast, slow))
        return held(logs, closed, self.log_e), replace(self, wealth=wealth, candidate=candidate, stable=stable)

    def _with_open_block(self, counts: Floats) -> Floats:
        if not counts.shape[1]:
            return np.zeros((len(counts), self.settings.buckets))
        if counts.shape[1] != self.settings.buckets:
            raise _other_buckets(counts.shape[1], self.settings.buckets)
        return counts.copy()

    def _closing(self, candidate: Floats, stable: Floats) -> NDArray[np.bool_]:
        """Return `[T]` whether a block closes with each look."""
        closed, fast, slow = [], 0.0, 0.0
        for more_fast, more_slow in zip(candidate.tolist(), stable.tolist(), strict=True):
            fast, slow = fast + more_fast, slow + more_slow
            closes = fast >= self.settings.min_candidate_requests and slow > 0
            if closes:
                fast = slow = 0.0
            closed.append(closes)
        return np.array(closed, dtype=bool)

    def _increments(self, candidate: Floats, stable: Floats) -> Floats:
        """Return `[B, n]` the log increments of B blocks; `candidate` and `stable` are their histograms `[B, K]`."""
        parts = [
            self._increments_at_once(candidate[start : start + _AT_ONCE], stable[start : start + _AT_ONCE])
            for start in range(0, len(candidate), _AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.empty((0, len(self.settings.alternatives)))

    def _increments_at_once(self, candidate: Floats, stable: Floats) -> Floats:
        requests = candidate.sum(axis=1)
        everything = requests + stable.sum(axis=1)
        ratios = self.settings.null.log_ratios(requests / everything)
        gains = (candidate[:, None] @ ratios.candidate + stable[:, None] @ ratios.stable)[:, 0]
        increments: Floats = (gains - everything[:, None] * ratios.excess) / self.settings.overdispersion
        return increments


def _sums(counts: Floats, begins: NDArray[np.int64]) -> Floats:
    return np.add.reduceat(counts, begins) if len(begins) else counts[:0]


def _added(block: tuple[int, ...], more: tuple[int, ...]) -> tuple[int, ...]:
    if not more:
        return block
    if len(more) != len(block):
        raise _other_buckets(len(more), len(block))
    return tuple(map(int.__add__, block, more))


def _other_buckets(given: int, expected: int) -> BadCounts:
    return BadCounts(
        f"a latency histogram has {given} buckets where the comparison began with {expected}",
        "count in the buckets that it began with, or begin anew",
    )
