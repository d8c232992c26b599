"""A judge as Kayenta's documentation describes it: Mann-Whitney between the windows of both versions, and a score.

Documentation: Spinnaker, "How canary judgment works" and "Canary configuration" (NetflixACAJudge); the test's settings
(98 %, a quarter of the Hodges-Lehmann estimate) are those that the judge documents.

- A point is the figure of one window. Points without data are removed (`nanStrategy: remove`); a metric with fewer than
  five points in either version is not judged (`Nodata`).
- A metric is `High` when the lower end of the 98 % interval for the shift between the versions lies above a quarter of
  the absolute Hodges-Lehmann estimate of that shift. The lower end lies above a value exactly when the one-sided test
  at 1 % of "shifted by that value" rejects, which is how it is computed here. Direction: increase alone is bad.
- The score is the weight of the metrics that pass, in percent of those that were judged; one that is `critical` and
  fails makes it 0. From `pass` (95) on the canary passes, below `marginal` (75) it fails; in between a person decides.

The judgement is repeated every five minutes over all points since the beginning of the hold (`lookback`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from bench.analysis.peers.windows import SECONDS, Minutes, error_rates, minutes, percentiles
from bench.analysis.traffic import Floats, Trace

NAME = "Kayenta-like"
LEAST_POINTS = 5


class Classification(Enum):
    """What the score says of the canary."""

    PASS = "pass"
    MARGINAL = "marginal"
    FAIL = "fail"


@dataclass(frozen=True)
class KayentaLike:
    """Metrics: the part of the requests that are bad, and, where there are latencies, their 99th percentile.

    `every` is how many minutes lie between two judgements. Both metrics are critical.
    """

    every: int = 5
    confidence: float = 0.98
    tolerance: float = 0.25
    passes: float = 95.0
    marginal: float = 75.0

    def decide(self, trace: Trace) -> Floats:
        """Return the second of the hold in which each run was judged to fail, infinity where never; shape (runs,)."""
        metrics = _metrics(minutes(trace))
        decided = np.full(trace.runs, np.inf)
        for points in range(self.every, metrics[0][0].shape[1] + 1, self.every):
            open_still = np.flatnonzero(np.isinf(decided))
            high = [self.high(ours[open_still, :points], theirs[open_still, :points]) for ours, theirs in metrics]
            decided[open_still[np.any(high, axis=0)]] = SECONDS * points
        return decided

    def high(self, candidate: Floats, stable: Floats) -> np.ndarray:
        """Return for which runs a metric is `High`; points of shape (runs, points), NaN where there was no data."""
        whole = ~np.isnan(candidate).any(axis=1) & ~np.isnan(stable).any(axis=1)
        high = np.zeros(len(candidate), dtype=bool)
        high[whole] = self._high(candidate[whole], stable[whole])
        for run in np.flatnonzero(~whole):
            high[run] = self._high(*(points[run][~np.isnan(points[run])][None] for points in (candidate, stable)))[0]
        return high

    def _high(self, candidate: Floats, stable: Floats) -> np.ndarray:
        if not len(candidate) or min(candidate.shape[1], stable.shape[1]) < LEAST_POINTS:
            return np.zeros(len(candidate), dtype=bool)
        from scipy.stats import mannwhitneyu

        allowed = self.tolerance * np.abs(hodges_lehmann(candidate, stable))
        with np.errstate(invalid="ignore", divide="ignore"):
            test = mannwhitneyu(
                candidate - allowed[:, None], stable, alternative="greater", axis=1, method="asymptotic"
            )
        # Where all points are the same there is nothing to rank: no difference was found.
        high: np.ndarray = np.nan_to_num(test.pvalue, nan=1.0) < (1 - self.confidence) / 2
        return high

    def classify(self, failed: dict[str, bool | None], weights: dict[str, float], critical: set[str]) -> Classification:
        """Return what follows for the canary from its metrics: whether each failed, None where it had no data."""
        scored = score(failed, weights, critical)
        if scored >= self.passes:
            return Classification.PASS
        return Classification.MARGINAL if scored >= self.marginal else Classification.FAIL


def score(failed: dict[str, bool | None], weights: dict[str, float], critical: set[str]) -> float:
    """Return the score of a canary, 0 to 100; without any metric that was judged it is 0."""
    judged = {name: bad for name, bad in failed.items() if bad is not None}
    total = sum(weights[name] for name in judged)
    if not total or any(judged.get(name) for name in critical):
        return 0.0
    return 100 * sum(weights[name] for name, bad in judged.items() if not bad) / total


def hodges_lehmann(candidate: Floats, stable: Floats) -> Floats:
    """Return the median of all differences between a point of the candidate and one of stable; shape (runs,)."""
    differences = candidate[:, :, None] - stable[:, None, :]
    return np.median(differences.reshape(len(candidate), -1), axis=1)


def _metrics(seen: Minutes) -> list[tuple[Floats, Floats]]:
    metrics = [(error_rates(seen.candidate), error_rates(seen.stable))]
    if seen.bounds:
        ours, stable = (percentiles(arm, 0.99, seen.bounds) for arm in (seen.candidate, seen.stable))
        metrics.append((ours, stable))
    return metrics
