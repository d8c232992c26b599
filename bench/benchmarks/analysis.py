"""How fast and how rightly two versions are compared by their counts, on simulated traffic: the short version."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis import cost, targets
from bench.analysis.experiments import Scale, carried_out
from bench.effort import Effort
from bench.rows import Row

TITLE = "false aborts and time to detect of the comparison, beside Wald's bound and other tools' judges"

SHORT = Scale(healthy=200, regression=50, other=100)
TRIAL = Scale(healthy=20, regression=10, other=10)


async def measure(effort: Effort) -> Sequence[Row]:
    """Judge simulated traffic, some of it healthy and some worse; then take the time of a look."""
    results = await carried_out(SHORT if effort is Effort.FULL else TRIAL)
    return [*targets.rows(results), *cost.rows()]
