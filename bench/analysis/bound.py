"""The limit that nobody can beat, and a judge that reaches it because it is told what is wrong.

With P the traffic as it really is and Q the traffic under the null hypothesis that is nearest to it, no test that
falsely aborts with probability at most α decides, on average, on less than ln(1/α) / KL(P, Q) requests (Wald 1945). The
two versions are seen together, so KL is that of the two-sample problem: of a request that is the candidate's with
probability w and else stable's. Q is found here by minimising over stable's error rate, numerically, and not with the
closed form that the product uses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bench.analysis.traffic import TICK, Cell, Floats, Trace

ALPHA = 0.01


@dataclass(frozen=True)
class Bernoulli:
    """What is wrong: error rates of both versions, the candidate's share, and the ratio that the null allows."""

    candidate: float
    stable: float
    share: float
    allowed: float

    @classmethod
    def of(cls, cell: Cell, times: float, allowed: float) -> Bernoulli:
        """Return a regression of `times` the base of this service."""
        return cls(min(times * cell.base, 1.0), cell.base, cell.share, allowed)

    def nearest(self) -> float:
        """Return stable's error rate under the nearest null hypothesis; the candidate's is `allowed` times that."""
        from scipy.optimize import minimize_scalar

        found = minimize_scalar(self._divergence, bounds=(1e-12, (1 - 1e-12) / self.allowed), options={"xatol": 1e-14})
        return float(found.x)

    def information(self) -> float:
        """Return how much a request says against the null hypothesis on average, in nats: the least divergence."""
        return self._divergence(self.nearest())

    def _divergence(self, stable: float) -> float:
        candidate = _divergence(self.candidate, self.allowed * stable)
        return self.share * candidate + (1 - self.share) * _divergence(self.stable, stable)


def wald_seconds(cell: Cell, times: float, allowed: float, alpha: float = ALPHA) -> float:
    """Return the least seconds that a test needs on average for this regression at false alarms of `alpha`."""
    return math.log(1 / alpha) / (Bernoulli.of(cell, times, allowed).information() * cell.rate)


def whole_looks(seconds: float) -> float:
    """Return `seconds` rounded up to looks: between two looks nobody can decide."""
    return TICK * math.ceil(seconds / TICK)


@dataclass(frozen=True)
class Oracle:
    """Wald's sequential test of one known alternative against its nearest null; it looks as often as we do.

    It knows from the beginning what is wrong, how wrong, and since when, which no judge of a real release does.
    """

    known: Bernoulli
    onset: float = 0.0
    alpha: float = ALPHA

    def decide(self, trace: Trace) -> Floats:
        """Return the second of the hold in which each run crosses the limit, infinity where none does."""
        crossed = np.cumsum(self.increments(trace), axis=1) >= math.log(1 / self.alpha)
        return np.where(crossed.any(axis=1), TICK * (crossed.argmax(axis=1) + 1), np.inf)

    def increments(self, trace: Trace) -> Floats:
        """Return what each tick adds to the logarithm of the likelihood ratio; nothing before the onset."""
        known, null = self.known, self.known.nearest()
        pairs = ((trace.candidate, known.candidate, known.allowed * null), (trace.stable, known.stable, null))
        added = sum(
            arm.bad * _log(is_, would_be) + (arm.requests - arm.bad) * _log(1 - is_, 1 - would_be)
            for arm, is_, would_be in pairs
        )
        return np.where(np.arange(trace.candidate.bad.shape[1]) * TICK < self.onset, 0.0, added)


def _log(is_: float, would_be: float) -> float:
    # What is impossible and did not happen adds nothing; it is never seen, so its weight does not matter.
    return math.log(is_ / would_be) if is_ > 0 else 0.0


def _divergence(is_: float, would_be: float) -> float:
    """Return the Kullback-Leibler divergence of two coins in nats."""
    return is_ * _log(is_, would_be) + (1 - is_) * _log(1 - is_, 1 - would_be)
