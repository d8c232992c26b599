"""A judge as Flagger documents it: checks of a window against a range, and how many failed checks are too many.

Documentation: Flagger, "How it works" (canary analysis) and "Metrics Analysis" (built-in metrics).

- Each `interval` the metrics are checked: the part of the requests that are good, and the 99th percentile of latency,
  over the last `interval`, against a `thresholdRange`. One metric outside its range fails the check.
- A metric without a value fails the check too: no traffic is "no values found".
- `threshold` is how many failed checks lead to the rollback. They add up and are never forgiven.

Read in its favour: the rollback counts from the check that reached the threshold, not from the next one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.analysis.peers.windows import Minutes, error_rates, first, minutes, percentiles
from bench.analysis.traffic import Floats, Trace

NAME = "Flagger-like"


@dataclass(frozen=True)
class FlaggerLike:
    """`success` is the least part of good requests; `p99` the highest 99th percentile in seconds."""

    success: float = 0.99
    p99: float = 0.5
    threshold: int = 5

    def decide(self, trace: Trace) -> Floats:
        """Return the second of the hold in which each run was rolled back, infinity where not; shape (runs,)."""
        return self.count(self.failed(minutes(trace)))

    def failed(self, seen: Minutes) -> np.ndarray:
        """Return which checks failed, of shape (runs, minutes). A trace without latencies has one metric less."""
        # Comparisons with NaN, the metric that has no value, are false.
        failed: np.ndarray = ~(1 - error_rates(seen.candidate) >= self.success)
        if seen.bounds:
            failed |= ~(percentiles(seen.candidate, 0.99, seen.bounds) <= self.p99)
        return failed

    def count(self, failed: np.ndarray) -> Floats:
        """Return when the failed checks, of shape (runs, checks), reach the threshold."""
        return first(np.cumsum(failed, axis=1) >= self.threshold)
