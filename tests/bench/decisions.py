"""Decisions of all judges as a measurement would bring them, made up."""

import math

import numpy as np

from bench.analysis import situations
from bench.analysis.experiments import ALONE, ESTIMATED, LIMITED, ORACLE, OURS, PEERS, STRICT, Results
from bench.analysis.measuring import Decisions
from bench.analysis.peers import argo
from bench.analysis.situations import CELLS, EFFECTS, ORDINARY, Situation

NEVER = math.inf


def decided(situation: Situation, seconds: float, **others: float) -> Decisions:
    """Every judge decides all three runs at the same second, but for those named."""
    judges = (OURS, STRICT, ALONE, ESTIMATED, LIMITED, ORACLE, *PEERS)
    named = {argo.NAME: others.get("argo", seconds), OURS: others.get("ours", seconds)}
    return Decisions(situation, {judge: np.full(3, named.get(judge, seconds)) for judge in judges})


def results() -> Results:
    """Healthy releases pass, regressions take us 10 s and Argo 240 s."""
    worse = {
        times: [decided(situations.regression(cell, times), 10.0, argo=240.0) for cell in CELLS] for times in EFFECTS
    }
    return Results(
        healthy=[decided(situations.healthy(cell), NEVER) for cell in CELLS],
        regressions=worse,
        late=[decided(situations.regression(cell, 5, 1800), 1900.0) for cell in CELLS],
        total=[decided(situations.total_failure(cell), 10.0, argo=240.0) for cell in CELLS],
        stress=[decided(make(ORDINARY), NEVER) for make in situations.STRESS],
        outage=Decisions(situations.dependency_outage(), {
            **{judge: np.full(3, NEVER) for judge in (OURS, *PEERS)}, LIMITED: np.full(3, 320.0),
        }),
        slow_tail=decided(situations.slow_tail(), 100.0),
        slow_tail_finely=decided(situations.slow_tail(), 90.0),
        clustered=decided(situations.clustered_errors(), NEVER),
    )  # fmt: skip
