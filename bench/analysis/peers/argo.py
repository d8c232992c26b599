"""A judge as Argo Rollouts' analysis documents it: a condition on a window, and how many failures are too many.

Documentation: Argo Rollouts, "Analysis & Progressive Delivery" and the AnalysisTemplate specification.

- Each `interval` one measurement: Successful when `successCondition` holds, Failed when `failureCondition` does. With
  one of the two alone, whatever it does not cover is the other. With both and neither met: Inconclusive.
- `failureLimit` is how many failed measurements are allowed, counted over the whole run and never forgiven; the
  analysis fails with the one after. The same for `inconclusiveLimit`, which pauses the rollout for a person.
- A measurement that could not be made is an Error. `consecutiveErrorLimit` (4) of them in a row are allowed; any
  measurement in between starts that count again.

Read in its favour: the measurement at the very beginning, before there is any traffic, is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.analysis.peers.windows import error_rates, first, minutes
from bench.analysis.traffic import Floats, Trace

NAME = "Argo-like"


@dataclass(frozen=True)
class Decided:
    """When each run was aborted and when it was paused for a person, in seconds of the hold; infinity: never."""

    aborted: Floats
    paused: Floats


@dataclass(frozen=True)
class ArgoLike:
    """One metric: the part of the requests that are bad, in windows of a minute.

    A measurement is successful up to `success` and failed above `failure`; without a `failure` all that is not
    successful failed. The limits are how many are allowed.
    """

    success: float = 0.01
    failure: float | None = None
    failure_limit: int = 3
    inconclusive_limit: int = 0
    consecutive_error_limit: int = 4

    def decide(self, trace: Trace) -> Floats:
        """Return the second of the hold in which each run was aborted, infinity where it was not; shape (runs,)."""
        return self.assess(error_rates(minutes(trace).candidate)).aborted

    def assess(self, measured: Floats) -> Decided:
        """Return what becomes of these measurements, of shape (runs, measurements); NaN: it could not be made."""
        errors = np.isnan(measured)
        good = measured <= self.success
        failed = ~good & ~errors if self.failure is None else measured > self.failure
        inconclusive = ~(good | failed | errors)
        over = np.cumsum(failed, axis=1) > self.failure_limit
        over |= in_a_row(errors) > self.consecutive_error_limit
        undecided = np.cumsum(inconclusive, axis=1) > self.inconclusive_limit
        aborted, paused = first(over), first(undecided)
        return Decided(np.where(aborted <= paused, aborted, np.inf), np.where(paused < aborted, paused, np.inf))


def in_a_row(happens: np.ndarray) -> np.ndarray:
    """Return for each measurement how many in a row it is the last of; shape (runs, measurements)."""
    position = np.arange(1, happens.shape[1] + 1)
    last_other = np.maximum.accumulate(np.where(happens, 0, position), axis=1)
    return position - last_other
