"""What can be going on while a candidate holds, each as conditions to draw from, by a name that says it.

Situations of the kind `healthy` have two equally good versions: a judge that aborts there is wrong. In all others
something is really worse from `onset` on.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from bench.analysis import disturbances, latency
from bench.analysis.traffic import TICK, TICKS, Cell, Conditions, Trace, draw

CELLS = tuple(Cell(rate, share, base) for rate in (5, 50, 500) for share in (0.05, 0.25) for base in (0.001, 0.01))
EFFECTS = (1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0)
"""How many times as often the candidate fails as stable."""

ORDINARY = Cell(50, 0.05, 0.01)
"""The service of the situations that are about something else than its size."""

RUNS_AT_ONCE = 100
"""Runs drawn from one seed: as many traces as one array holds without much memory."""

Disturbance = Callable[[Trace, np.random.Generator], Trace]


@dataclass(frozen=True)
class Situation:
    """Conditions with a name; `onset` is the second from which on the candidate is worse."""

    name: str
    cell: Cell
    conditions: Conditions
    onset: float = 0.0
    disturbed: Disturbance | None = None

    def traces(self, runs: int) -> Iterator[Trace]:
        """Draw `runs` runs, `RUNS_AT_ONCE` at a time: always the same, and the first of them whatever `runs` is."""
        for part in range(-(-runs // RUNS_AT_ONCE)):
            yield self.trace(part, min(RUNS_AT_ONCE, runs - part * RUNS_AT_ONCE))

    def trace(self, part: int, runs: int) -> Trace:
        """Draw the first `runs` runs of this part."""
        random = np.random.default_rng([zlib.crc32(f"{self.name}, {self.cell}".encode()), part])
        drawn = draw(self.conditions, RUNS_AT_ONCE, random)
        return (self.disturbed(drawn, random) if self.disturbed else drawn).first(runs)


def healthy(cell: Cell) -> Situation:
    """Both versions are equally good, errors and latencies alike."""
    return Situation("healthy", cell, _steady(cell))


def regression(cell: Cell, times: float, onset: float = 0.0) -> Situation:
    """The candidate fails `times` as often as stable, from `onset` (seconds) on."""
    steady = _steady(cell)
    worse = _from(onset, steady.candidate_error, min(times * cell.base, 1.0))
    name = f"fails {times:g} times as often" + (f" from {onset:g} s on" if onset else "")
    return Situation(name, cell, replace(steady, candidate_error=worse), onset)


def total_failure(cell: Cell) -> Situation:
    """Every request of the candidate fails."""
    return replace(regression(cell, 1 / cell.base), name="every request of the candidate fails")


def dependency_outage(cell: Cell = ORDINARY, onset: float = 300.0) -> Situation:
    """What both versions depend on fails from `onset` on: 60 % of the requests of both are bad."""
    steady = _steady(cell)
    worse = _from(onset, steady.stable_error, 0.6)
    conditions = replace(steady, stable_error=worse, candidate_error=worse)
    return Situation("both versions fail 60 %", cell, conditions, onset)


def slow_tail(cell: Cell = ORDINARY, bounds: tuple[float, ...] = latency.BOUNDS) -> Situation:
    """The slowest 2 % of the candidate's requests take twice as long: its 99th percentile doubles."""
    steady = _steady(cell, bounds)
    tail = np.broadcast_to(latency.shares(bounds, slower=2.0, slowest=0.02), steady.candidate_latency.shape)
    name = f"slowest 2 % twice as slow, {len(bounds)} buckets"
    return Situation(name, cell, replace(steady, candidate_latency=tail))


def clustered_errors(cell: Cell = ORDINARY, size: float = 3.0) -> Situation:
    """Both equally good, but bad answers come in clusters: retries, one angry user."""
    conditions = replace(_steady(cell), cluster=size)
    return Situation(f"errors in clusters of {size:g}", cell, conditions)


def traffic_step(cell: Cell = ORDINARY) -> Situation:
    """The candidate's share goes from 5 to 25 % in the middle of the hold; both are equally good."""
    steady = healthy(cell)
    share = np.where(np.arange(TICKS) < TICKS // 2, 0.05, 0.25)
    return replace(steady, name="share steps from 5 to 25 %", conditions=replace(steady.conditions, share=share))


def lost_ticks(cell: Cell = ORDINARY) -> Situation:
    """One look in ten is missed, at random; what was counted meanwhile is seen at the next."""
    return replace(healthy(cell), name="lost ticks", disturbed=disturbances.lose_ticks)


def counter_resets(cell: Cell = ORDINARY) -> Situation:
    """The router is restarted every ten minutes or so and counts from zero again."""
    return replace(healthy(cell), name="counter resets", disturbed=disturbances.reset_counters)


def cold_start(cell: Cell = ORDINARY) -> Situation:
    """The candidate takes three times as long during its first 30 s, because its caches are empty."""
    steady = healthy(cell)
    cold = np.array(steady.conditions.candidate_latency)
    cold[: round(30 / TICK)] = latency.shares(latency.BOUNDS, slower=3.0)
    return replace(steady, name="cold start", conditions=replace(steady.conditions, candidate_latency=cold))


def diurnal(cell: Cell = ORDINARY) -> Situation:
    """Traffic and error rate of both versions swing by 80 % around their mean, once in the hour."""
    steady = healthy(cell)
    swing = 1 + 0.8 * np.sin(2 * np.pi * np.arange(TICKS) / TICKS)
    moved = {name: getattr(steady.conditions, name) * swing for name in ("rate", "stable_error", "candidate_error")}
    return replace(steady, name="diurnal baseline", conditions=replace(steady.conditions, **moved))


STRESS = (traffic_step, lost_ticks, counter_resets, cold_start, diurnal)
"""Healthy situations that mislead a careless judge."""


def _steady(cell: Cell, bounds: tuple[float, ...] = latency.BOUNDS) -> Conditions:
    return Conditions.steady(cell, bounds, latency.shares(bounds))


def _from(onset: float, level: np.ndarray, afterwards: float) -> np.ndarray:
    return np.where(np.arange(TICKS) * TICK < onset, level, afterwards)
