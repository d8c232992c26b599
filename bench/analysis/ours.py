"""Our judge on simulated traffic: the product's own comparison, set up from ten minutes of stable as in a release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from bench.analysis.bound import ALPHA
from bench.analysis.traffic import TICK, Arm, Counts, Floats, Trace
from flightrules.domain.comparing import setting_up
from flightrules.domain.comparing.agreed import Agreed
from flightrules.domain.sequential.comparison import Comparison, ComparisonSettings, Path, over
from flightrules.domain.sequential.relative_errors import RelativeErrorsSettings
from flightrules.domain.sequential.ticks import Ticks
from flightrules.domain.sequential.wealth import Onset
from flightrules.domain.terms import Terms
from flightrules.domain.verdict import Counters, Histogram

USUAL = Terms(false_alarm=ALPHA)
AT_ANY_TIME = Onset()


@dataclass(frozen=True)
class Ours:
    """The comparison on the terms of a plan; `onset` other than the usual one is for measurements alone.

    `overdispersion` is φ; None: estimated for each run, from what stable did before it. What else is known of stable is
    taken from the first of the runs that were drawn together: preparing its latencies takes longer than judging an
    hour with them, and whose they are matters to the power alone.
    """

    terms: Terms = USUAL
    onset: Onset = AT_ANY_TIME
    overdispersion: float | None = 1.0

    def decide(self, trace: Trace) -> Floats:
        """Return the second of the hold in which each run is called back, infinity where it is not; shape (runs,)."""
        return _seconds(self.paths(trace))

    def paths(self, trace: Trace) -> Iterator[Path]:
        """Yield the comparison of each run over the hold."""
        known = stable_before(trace)
        given = None if self.overdispersion is None else self.begun(known, self.overdispersion)
        for run in range(trace.runs):
            begun = given or self.begun(known, _phi(trace.before, run))
            yield over(begun.comparison, _looks(trace, run, begun.bounds))

    def begun(self, known: Counters, phi: float) -> setting_up.WithLatency:
        """Return the comparison before its first look, as a release begins it that knows this of stable."""
        agreed = Agreed(self.terms, self.terms.limit, self.terms.false_alarm)
        begun = setting_up.with_latency(setting_up.comparison(agreed, known, phi), known.latency, phi)
        assert begun is not None, "ten minutes of stable hold fewer latencies than a comparison needs"
        usual = begun.comparison.settings
        settings = replace(
            usual,
            errors=replace(usual.errors, onset=self.onset),
            absolute=usual.absolute and replace(usual.absolute, onset=self.onset),
            latency=usual.latency and replace(usual.latency, onset=self.onset),
        )
        return replace(begun, comparison=Comparison.start(settings))


@dataclass(frozen=True)
class ErrorsAlone:
    """The test of errors by itself, with all of the false alarms: what its mixture of bets costs, and no more."""

    tolerance: float = 0.1
    onset: Onset = AT_ANY_TIME

    def decide(self, trace: Trace) -> Floats:
        """Return the second of the hold in which each run is called back, infinity where it is not; shape (runs,)."""
        settings = RelativeErrorsSettings(self.tolerance, onset=self.onset)
        start = Comparison.start(ComparisonSettings(settings, false_alarm=ALPHA))
        return _seconds(over(start, _looks(trace, run, ())) for run in range(trace.runs))


def stable_before(trace: Trace) -> Counters:
    """Return what stable did before the first run."""
    before = trace.before
    latency = Histogram(trace.bounds, tuple(before.latency[0].sum(axis=0).tolist()))
    return Counters(int(before.requests[0].sum()), int(before.bad[0].sum()), latency)


def merged(latency: Counts, bounds: tuple[float, ...], chosen: tuple[float, ...]) -> Counts:
    """Return counts of shape (ticks, buckets) in the `chosen` of the `bounds` alone."""
    begins = [0, *(bounds.index(bound) + 1 for bound in chosen[:-1])]
    counts: Counts = np.add.reduceat(latency, begins, axis=1)
    return counts


def _seconds(paths: Iterable[Path]) -> Floats:
    against = (path.end.against for path in paths)
    return np.array([np.inf if each is None else TICK * each.looks for each in against])


def _phi(before: Arm, run: int) -> float:
    return setting_up.clusters(list(zip(before.requests[run].tolist(), before.bad[run].tolist(), strict=True))).phi


def _looks(trace: Trace, run: int, chosen: tuple[float, ...]) -> Ticks:
    """Return the looks of one run, without latencies where no bounds are chosen; the candidate began with the hold."""
    ours, stable = trace.candidate, trace.stable
    return Ticks.of(
        candidate_requests=ours.requests[run],
        candidate_bad=ours.bad[run],
        stable_requests=stable.requests[run],
        stable_bad=stable.bad[run],
        candidate_latency=merged(ours.latency[run], trace.bounds, chosen) if chosen else (),
        stable_latency=merged(stable.latency[run], trace.bounds, chosen) if chosen else (),
        candidate_age=TICK * np.arange(ours.requests.shape[1]),
    )
