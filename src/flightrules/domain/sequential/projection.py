"""The histograms that a null hypothesis would most likely have shown, if an alternative were true.

The null of the latency test is a convex set: any stable histogram p, and a candidate histogram that is p again,
except that in each bucket at most `tolerance` of the requests sit one bucket higher. `LatencyNull` projects every
alternative on that set by expectation maximisation (EM) and returns log likelihood ratios against the projection.

The EM need not have converged: each ratio comes with the largest expectation that it can have at an extreme point of
the null, and the test takes that back. So a rough projection costs power, never the guarantee.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHARES = np.geomspace(0.004, 0.96, 48)
"""The shares of the candidate for which projections are prepared; between them, the logarithms are interpolated."""

_LOG_SHARES = np.log(SHARES)
_GROUP = 8
_STEPS_PREPARED, _STEPS_AT_A_LOOK = 600, 2
_SMALLEST = 1e-12


class LatencyRatios(NamedTuple):
    """What one request is worth, in each of B blocks, K buckets and n alternatives.

    `candidate` and `stable` are log likelihood ratios `[B, K, n]`; `excess` `[B, n]` is the logarithm of the largest
    expectation that a request can have under the null, to be taken back for every request.
    """

    candidate: Floats
    stable: Floats
    excess: Floats


class LatencyNull:
    """The projections of n alternatives on the null around one baseline. K buckets.

    `baseline` `[K]` and `alternatives` `[n, K]` are shares of requests a bucket. What is prepared is kept, and
    follows from these arguments alone.
    """

    def __init__(self, baseline: Floats, alternatives: Floats, tolerance: float) -> None:
        # Buckets first and alternatives last: what is done bucket by bucket then runs over whole rows.
        self._stable = np.maximum(baseline, _SMALLEST)[:, None]
        self._candidate = np.maximum(alternatives, _SMALLEST).T
        self._tolerance = tolerance
        shape = (len(SHARES), *self._candidate.shape)
        self._log_stable, self._moved = np.empty(shape), np.empty(shape)
        self._prepared: set[int] = set()

    def prepare(self, share: float) -> None:
        """Do now what the first look at about this share of the candidate would have to wait for."""
        self._interpolated(np.array([share]))

    def log_ratios(self, share: Floats) -> LatencyRatios:
        """Return what one request is worth at each of B shares of the candidate, `[B]`, above 0 and below 1."""
        stable, moved = self._interpolated(share)
        share = share[:, None, None]
        for _ in range(_STEPS_AT_A_LOOK):
            stable, moved = self._step(stable, moved, share)
        of_candidate, of_stable = self._candidate / _slower(stable, moved)[1], self._stable / stable
        worst = of_candidate.copy()
        worst[:, :-1] += self._tolerance * np.maximum(of_candidate[:, 1:] - of_candidate[:, :-1], 0.0)
        expected = (1 - share) * of_stable + share * worst
        return LatencyRatios(np.log(of_candidate), np.log(of_stable), np.log(expected.max(axis=1)))

    def _interpolated(self, share: Floats) -> tuple[Floats, Floats]:
        logs = np.minimum(np.maximum(np.log(share), _LOG_SHARES[0]), _LOG_SHARES[-1])
        below = np.minimum(np.searchsorted(_LOG_SHARES, logs, side="right") - 1, len(SHARES) - 2)
        self._ensure_prepared(below)
        part = ((logs - _LOG_SHARES[below]) / (_LOG_SHARES[below + 1] - _LOG_SHARES[below]))[:, None, None]
        stable = np.exp((1 - part) * self._log_stable[below] + part * self._log_stable[below + 1])
        return stable, (1 - part) * self._moved[below] + part * self._moved[below + 1]

    def _ensure_prepared(self, below: NDArray[np.int64]) -> None:
        first, last = int(below.min()), int(below.max()) + 1
        for start in range(first // _GROUP * _GROUP, last + 1, _GROUP):
            if start not in self._prepared:
                self._prepare(slice(start, start + _GROUP))
                self._prepared.add(start)

    def _prepare(self, places: slice) -> None:
        share = SHARES[places, None, None]
        stable = np.broadcast_to(self._stable, (len(share), *self._candidate.shape)).copy()
        moved = np.full_like(stable, self._tolerance)
        moved[:, -1] = 0.0
        for _ in range(_STEPS_PREPARED):
            stable, moved = self._step(stable, moved, share)
        self._log_stable[places], self._moved[places] = np.log(stable), moved

    def _step(self, stable: Floats, moved: Floats, share: Floats) -> tuple[Floats, Floats]:
        """Return the stable histogram and the part of each bucket that sits one higher, one EM step on.

        Expectation: of the alternative's requests in a bucket, how many belong there and how many came up from
        the one below. Maximisation: both histograms, and the parts, as those requests would have them.
        """
        kept, slower = _slower(stable, moved)
        ratio = self._candidate / slower
        origin = kept * ratio
        risen = stable[:, :-1] * moved[:, :-1] * ratio[:, 1:]
        origin[:, :-1] += risen
        moved = np.zeros_like(stable)
        np.minimum(risen / origin[:, :-1], self._tolerance, out=moved[:, :-1])
        return (1 - share) * self._stable + share * origin, moved


def _slower(stable: Floats, moved: Floats) -> tuple[Floats, Floats]:
    """Return what stays in each bucket, and the histogram of a candidate of which `moved` sits one bucket higher."""
    rising = stable * moved
    kept = stable - rising
    slower = kept.copy()
    slower[:, 1:] += rising[:, :-1]
    return kept, slower
