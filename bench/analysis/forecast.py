"""What the simulation says beforehand of a candidate with a known defect: when it will be called back.

From the traffic that is sent, the defect as the version's own source has it, and how fast stable was seen to answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.analysis.ours import Ours
from bench.analysis.traffic import TICKS, Cell, Conditions, Floats, draw
from flightrules.routers._envoy.bootstrap import latency_bounds

RUNS = 200
SEED = 3


@dataclass(frozen=True)
class Defect:
    """What is wrong with a version: the part of its requests that fail, and of which part how many times as slow."""

    fails: float = 0.0
    slower: float = 1.0
    slowest: float = 0.0


def seconds(service: Cell, defect: Defect, answered_in: Sequence[float]) -> Floats:
    """Return the seconds until each of `RUNS` simulated candidates is called back, infinity where never.

    `answered_in` are latencies of stable in seconds, at least a few hundred.
    """
    bounds, took = latency_bounds(), np.sort(answered_in)
    steady = Conditions.steady(service, bounds, _shares(took, bounds))
    slow = took.copy()
    slow[len(took) - round(defect.slowest * len(took)) :] *= defect.slower
    worse = replace(
        steady,
        candidate_error=np.full(TICKS, defect.fails),
        candidate_latency=np.broadcast_to(_shares(slow, bounds), steady.candidate_latency.shape),
    )
    return Ours(overdispersion=None).decide(draw(worse, RUNS, np.random.default_rng(SEED)))


def _shares(took: Floats, bounds: tuple[float, ...]) -> Floats:
    counted = np.bincount(np.searchsorted(bounds, took), minlength=len(bounds))
    shares: Floats = counted / counted.sum()
    return shares
