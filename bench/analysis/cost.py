"""How long a look takes, and what comes before the first look of a stage: the comparison alone, in one process."""

from __future__ import annotations

import time
from collections.abc import Sequence

from bench.analysis.latency import shares
from bench.analysis.situations import CELLS
from bench.analysis.traffic import TICK, Conditions, Trace, draw
from bench.figures import median, percentile
from bench.rows import AtMost, Row
from flightrules.domain.sequential.absolute_errors import AbsoluteErrorsSettings
from flightrules.domain.sequential.buckets import bounds_for, coarsened
from flightrules.domain.sequential.comparison import Comparison, ComparisonSettings
from flightrules.domain.sequential.latency import LatencySettings
from flightrules.domain.sequential.slowdowns import baseline, slowdowns
from flightrules.domain.sequential.ticks import Arm, Tick
from flightrules.domain.verdict import Histogram
from flightrules.routers._envoy.bootstrap import latency_bounds

SERVICE = CELLS[-1]
"""The busiest: every look closes a block of latencies, so no look is cheap."""

SET_UPS = 9


def rows() -> list[Row]:
    """Return the rows: all three tests, latencies in the buckets of the router."""
    import numpy as np

    conditions = Conditions.steady(SERVICE, latency_bounds(), shares(latency_bounds()))
    trace = draw(conditions, 1, np.random.default_rng(1))
    before = Histogram(trace.bounds, tuple(trace.before.latency[0].sum(axis=0).tolist()))
    set_up, (*_, started) = zip(*(_timed_start(before) for _ in range(SET_UPS)), strict=True)
    looks = _timed_looks(started, _ticks(trace, started, before))
    slowest = f"99 of 100 within {percentile(looks, 99) * 1e6:.0f} µs; {len(looks)} looks, all three tests"
    return [
        Row("a look, median", 1e6 * median(looks), "µs", AtMost(150), slowest),
        Row(
            "set-up of a stage, median", 1000 * median(set_up), "ms", AtMost(50), f"slowest {1000 * max(set_up):.1f} ms"
        ),
    ]


def _timed_start(before: Histogram) -> tuple[float, Comparison]:
    """Return the seconds that it takes to set the comparison up for its first look, and the comparison."""
    began = time.perf_counter()
    bounds = bounds_for(before)
    parts = baseline(Histogram(bounds, coarsened(before, bounds)))
    latency = LatencySettings(parts, slowdowns(bounds, parts))
    latency.null.prepare(SERVICE.share)
    started = Comparison.start(ComparisonSettings(absolute=AbsoluteErrorsSettings(0.05), latency=latency))
    return time.perf_counter() - began, started


def _timed_looks(comparison: Comparison, ticks: Sequence[Tick]) -> list[float]:
    took = []
    for tick in ticks:
        began = time.perf_counter()
        comparison = comparison.after(tick)
        took.append(time.perf_counter() - began)
    return took


def _ticks(trace: Trace, started: Comparison, before: Histogram) -> list[Tick]:
    bounds = bounds_for(before)
    candidate, stable = (
        [
            Arm(requests, bad, coarsened(Histogram(trace.bounds, tuple(latency)), bounds))
            for requests, bad, latency in zip(
                arm.requests[0].tolist(), arm.bad[0].tolist(), arm.latency[0].tolist(), strict=True
            )
        ]
        for arm in (trace.candidate, trace.stable)
    )
    return [Tick(*arms, candidate_age=TICK * look) for look, arms in enumerate(zip(candidate, stable, strict=True))]
