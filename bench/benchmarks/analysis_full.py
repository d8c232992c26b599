"""How fast and how rightly two versions are compared by their counts: all that the targets ask for, and pictures."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis import cost, evidence, plots, targets
from bench.analysis.experiments import Scale, carried_out
from bench.benchmarks.analysis import TRIAL
from bench.effort import Effort
from bench.rows import Row

TITLE = "the same as `analysis` with as many runs as the targets ask for, and its pictures drawn anew"

FULL = Scale(healthy=1500, regression=200, other=500)


async def measure(effort: Effort) -> Sequence[Row]:
    """Judge simulated traffic, some of it healthy and some worse; draw what came out; then take the time of a look."""
    results = await carried_out(FULL if effort is Effort.FULL else TRIAL)
    if effort is Effort.FULL:
        plots.draw(results, evidence.examples())
    return [*targets.rows(results), *cost.rows()]
