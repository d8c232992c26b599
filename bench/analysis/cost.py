"""How long a look takes, and what comes before the first look of a stage: the comparison alone, in one process."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from bench.analysis import traffic
from bench.analysis.latency import shares
from bench.analysis.ours import USUAL, Ours, merged, stable_before
from bench.analysis.situations import CELLS
from bench.analysis.traffic import TICK, Conditions, Trace, draw
from bench.figures import median, percentile
from bench.rows import AtMost, Row
from flightrules.domain.comparing.setting_up import WithLatency
from flightrules.domain.sequential.ticks import Arm, Tick
from flightrules.domain.verdict import Counters
from flightrules.routers._envoy.bootstrap import latency_bounds

SERVICE = CELLS[-1]
"""The busiest: every look closes a block of latencies, so no look is cheap."""

SET_UPS = 9


TERMS = replace(USUAL, limit=0.05)


def rows() -> list[Row]:
    """Return the rows: all three tests, latencies in the buckets of the router."""
    conditions = Conditions.steady(SERVICE, latency_bounds(), shares(latency_bounds()))
    trace = draw(conditions, 1, np.random.default_rng(1))
    took = [_timed_start(stable_before(trace)) for _ in range(SET_UPS)]
    looks = _timed_looks(Ours(TERMS).begun(stable_before(trace), 1.0), trace)
    slowest = f"99 of 100 within {percentile(looks, 99) * 1e6:.0f} µs; {len(looks)} looks, all three tests"
    return [
        Row("a look, median", 1e6 * median(looks), "µs", AtMost(150), slowest),
        Row("set-up of a stage, median", 1000 * median(took), "ms", AtMost(50), f"slowest {1000 * max(took):.1f} ms"),
    ]


def _timed_start(known: Counters) -> float:
    """Return the seconds that it takes until the comparison can be shown its first look."""
    began = time.perf_counter()
    latency = Ours(TERMS).begun(known, 1.0).comparison.settings.latency
    assert latency is not None
    latency.null.prepare(SERVICE.share)
    return time.perf_counter() - began


def _timed_looks(begun: WithLatency, trace: Trace) -> list[float]:
    comparison, took = begun.comparison, []
    for tick in _ticks(trace, begun.bounds):
        began = time.perf_counter()
        comparison = comparison.after(tick)
        took.append(time.perf_counter() - began)
    return took


def _ticks(trace: Trace, chosen: tuple[float, ...]) -> list[Tick]:
    candidate, stable = (_arms(arm, trace.bounds, chosen) for arm in (trace.candidate, trace.stable))
    return [Tick(*arms, candidate_age=TICK * look) for look, arms in enumerate(zip(candidate, stable, strict=True))]


def _arms(counted: traffic.Arm, bounds: tuple[float, ...], chosen: tuple[float, ...]) -> list[Arm]:
    latencies = merged(counted.latency[0], bounds, chosen).tolist()
    looks = zip(counted.requests[0].tolist(), counted.bad[0].tolist(), latencies, strict=True)
    return [Arm(requests, bad, tuple(latency)) for requests, bad, latency in looks]
