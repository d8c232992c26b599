"""What happens to counts between the router and the judge: looks that are missed, counters that start again.

The product's own rule for counters, `flightrules.domain.counts.increment`, turns readings into increments here too.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bench.analysis.traffic import Arm, Counts, Trace
from flightrules.domain.counts import ZERO, increment, merge
from flightrules.domain.verdict import Counters, Histogram

LOST = 0.1
"""Part of the looks that are missed."""

RESETS = 1 / 120
"""Resets a tick: one in ten minutes of ticks of 5 s."""


def lose_ticks(trace: Trace, random: np.random.Generator) -> Trace:
    """Return the trace as it is seen when looks are missed: nothing in those, more in the next one."""
    lost = random.random(trace.candidate.requests.shape) < LOST
    lost[:, -1] = False
    return replace(trace, candidate=_merged(trace.candidate, lost), stable=_merged(trace.stable, lost))


def _merged(arm: Arm, lost: np.ndarray) -> Arm:
    return Arm(*(_carried(counts, lost) for counts in (arm.requests, arm.bad, arm.latency)))


def _carried(counts: Counts, lost: np.ndarray) -> Counts:
    """Return the counts with those of each lost tick moved on to the next tick that is not."""
    seen = counts.copy()
    for tick in range(counts.shape[1] - 1):
        gone = lost[:, tick]
        seen[gone, tick + 1] += seen[gone, tick]
        seen[gone, tick] = 0
    return seen


def reset_counters(trace: Trace, random: np.random.Generator) -> Trace:
    """Return the trace as it is seen when the router restarts: what was counted in that tick before it is gone."""
    reset = random.random(trace.candidate.requests.shape) < RESETS
    reset[:, 0] = False
    candidate, stable = (_restarted(arm, trace.bounds, reset, random) for arm in (trace.candidate, trace.stable))
    return replace(trace, candidate=candidate, stable=stable)


def _restarted(arm: Arm, bounds: tuple[float, ...], reset: np.ndarray, random: np.random.Generator) -> Arm:
    seen = Arm(arm.requests.copy(), arm.bad.copy(), arm.latency.copy())
    for run, resets in enumerate(reset):
        counted, began = ZERO, 0
        for tick in np.flatnonzero(resets).tolist():
            before = merge(counted, _counted(arm, bounds, run, slice(began, tick)))
            counted, began = _since(arm, bounds, run, tick, random), tick + 1
            shown = increment(before, counted)
            seen.requests[run, tick], seen.bad[run, tick] = shown.requests, shown.bad
            seen.latency[run, tick] = shown.latency.counts
    return seen


def _counted(arm: Arm, bounds: tuple[float, ...], run: int, ticks: slice) -> Counters:
    latency = tuple(arm.latency[run, ticks].sum(axis=0).tolist())
    return Counters(int(arm.requests[run, ticks].sum()), int(arm.bad[run, ticks].sum()), Histogram(bounds, latency))


def _since(arm: Arm, bounds: tuple[float, ...], run: int, tick: int, random: np.random.Generator) -> Counters:
    """Return what a router that restarted in the middle of this tick has counted at its end."""
    latency = random.binomial(arm.latency[run, tick], random.random())
    requests = int(latency.sum())
    bad = random.hypergeometric(arm.bad[run, tick], arm.requests[run, tick] - arm.bad[run, tick], requests)
    return Counters(requests, int(bad), Histogram(bounds, tuple(latency.tolist())))
