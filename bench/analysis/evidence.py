"""A few single runs to show what log E does over an hour: one healthy, one worse from the start, one from half-time."""

from __future__ import annotations

from collections.abc import Mapping

from bench.analysis import situations
from bench.analysis.ours import Ours
from bench.analysis.situations import ORDINARY
from bench.analysis.traffic import Floats


def examples() -> Mapping[str, Floats]:
    """Return log E after each look, of shape (ticks,), by what is going on; the first run of each situation."""
    shown = {
        "healthy": situations.healthy(ORDINARY),
        "fails 3 times as often": situations.regression(ORDINARY, 3),
        "fails 5 times as often from minute 30 on": situations.regression(ORDINARY, 5, onset=1800.0),
    }
    return {name: next(iter(Ours().paths(each.trace(0, 1)))).log_e for name, each in shown.items()}
