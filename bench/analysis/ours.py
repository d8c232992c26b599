"""Our judge on simulated traffic: the product's own comparison, set up from ten minutes of stable as in a release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from bench.analysis.bound import ALPHA
from bench.analysis.traffic import TICK, Arm, Counts, Floats, Trace
from flightrules.domain.sequential.absolute_errors import AbsoluteErrorsSettings
from flightrules.domain.sequential.buckets import bounds_for, coarsened
from flightrules.domain.sequential.comparison import Comparison, ComparisonSettings, Path, over
from flightrules.domain.sequential.latency import LatencySettings
from flightrules.domain.sequential.overdispersion import between_looks
from flightrules.domain.sequential.relative_errors import RelativeErrorsSettings
from flightrules.domain.sequential.slowdowns import baseline, slowdowns
from flightrules.domain.sequential.ticks import Ticks
from flightrules.domain.sequential.wealth import Onset
from flightrules.domain.verdict import Histogram


@dataclass(frozen=True)
class Ours:
    """The comparison on these terms. `limit` is the error rate that the candidate may not exceed; None: none given.

    `overdispersion` is φ; None: estimated for each run, from what stable did before it. Runs that were drawn together
    share one latency baseline, that of the first of them: preparing it takes longer than judging an hour with it, and
    whose it is matters to the power alone.
    """

    tolerance: float = 0.1
    late_mass: float = 0.25
    limit: float | None = None
    overdispersion: float | None = 1.0
    false_alarm: float = ALPHA

    def decide(self, trace: Trace) -> Floats:
        """Return the second of the hold in which each run is called back, infinity where it is not; shape (runs,)."""
        return _seconds(self.paths(trace))

    def paths(self, trace: Trace) -> Iterator[Path]:
        """Yield the comparison of each run over the hold."""
        chosen = Buckets.of(trace)
        start = None if self.overdispersion is None else self._start(chosen, self.overdispersion)
        for run in range(trace.runs):
            yield over(start or self._start(chosen, _phi(trace.before, run)), _looks(trace, run, chosen))

    def _start(self, chosen: Buckets, phi: float) -> Comparison:
        onset = Onset(self.late_mass)
        return Comparison.start(
            ComparisonSettings(
                errors=RelativeErrorsSettings(self.tolerance, phi, onset),
                absolute=None if self.limit is None else AbsoluteErrorsSettings(self.limit, phi, onset),
                latency=LatencySettings(chosen.shares, chosen.slower(), overdispersion=phi, onset=onset),
                false_alarm=self.false_alarm,
            )
        )


@dataclass(frozen=True)
class ErrorsAlone:
    """The test of errors by itself, with all of the false alarms: what its mixture of bets costs, and no more."""

    tolerance: float = 0.1
    late_mass: float = 0.25
    false_alarm: float = ALPHA

    def decide(self, trace: Trace) -> Floats:
        """Return the second of the hold in which each run is called back, infinity where it is not; shape (runs,)."""
        settings = RelativeErrorsSettings(self.tolerance, onset=Onset(self.late_mass))
        start = Comparison.start(ComparisonSettings(settings, false_alarm=self.false_alarm))
        return _seconds(over(start, _looks(trace, run, None)) for run in range(trace.runs))


def _seconds(paths: Iterable[Path]) -> Floats:
    against = (path.end.against for path in paths)
    return np.array([np.inf if each is None else TICK * each.looks for each in against])


def _phi(before: Arm, run: int) -> float:
    return between_looks(before.requests[run].tolist(), before.bad[run].tolist()).phi


@dataclass(frozen=True)
class Buckets:
    """The buckets that latencies are compared in: their `bounds`, and what part of stable's requests fell into each."""

    bounds: tuple[float, ...]
    shares: tuple[float, ...]
    begins: tuple[int, ...]
    """Which of the trace's own buckets each of them begins with."""

    @classmethod
    def of(cls, trace: Trace) -> Buckets:
        """Return what the product chooses, given what stable did before the first run."""
        before = Histogram(trace.bounds, tuple(trace.before.latency[0].sum(axis=0).tolist()))
        bounds = bounds_for(before)
        shares = baseline(Histogram(bounds, coarsened(before, bounds)))
        return cls(bounds, shares, (0, *(trace.bounds.index(bound) + 1 for bound in bounds[:-1])))

    def slower(self) -> tuple[tuple[float, ...], ...]:
        """Return the alternatives."""
        return slowdowns(self.bounds, self.shares)

    def counted(self, latency: Counts) -> Counts:
        """Return the counts of shape (ticks, buckets of the trace) in these buckets."""
        merged: Counts = np.add.reduceat(latency, self.begins, axis=1)
        return merged


def _looks(trace: Trace, run: int, chosen: Buckets | None) -> Ticks:
    """Return the looks of one run, without latencies where no buckets are chosen; the candidate began with the hold."""
    ours, stable = trace.candidate, trace.stable
    return Ticks.of(
        candidate_requests=ours.requests[run],
        candidate_bad=ours.bad[run],
        stable_requests=stable.requests[run],
        stable_bad=stable.bad[run],
        candidate_latency=chosen.counted(ours.latency[run]) if chosen else (),
        stable_latency=chosen.counted(stable.latency[run]) if chosen else (),
        candidate_age=TICK * np.arange(ours.requests.shape[1]),
    )
