"""Lets judges decide on the same traces, with two processes, and keeps when each of them did.

What comes out does not depend on how the work was shared: a trace follows from its situation alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain
from multiprocessing import get_context
from typing import Protocol

import numpy as np

from bench.analysis.situations import RUNS_AT_ONCE, Situation
from bench.analysis.traffic import Cell, Floats, Trace

PROCESSES = 2


class Judge(Protocol):
    """Whatever aborts a candidate, or does not."""

    def decide(self, trace: Trace) -> Floats:
        """Return the second of the hold in which each run is aborted, infinity where it is not; shape (runs,)."""


@dataclass(frozen=True)
class Trial:
    """One situation before several judges, by their names."""

    situation: Situation
    judges: Mapping[str, Judge]
    runs: int


@dataclass(frozen=True)
class Decisions:
    """When each judge aborted the runs of one situation, in seconds of the hold; infinity: never."""

    situation: Situation
    seconds: Mapping[str, Floats]

    @property
    def cell(self) -> Cell:
        """The service that it was about."""
        return self.situation.cell

    def aborted(self, judge: str) -> float:
        """Return the part of the runs that were aborted, 0 to 1."""
        return float(np.isfinite(self.seconds[judge]).mean())

    def aborts(self, judge: str) -> int:
        """Return how many runs were aborted."""
        return int(np.isfinite(self.seconds[judge]).sum())

    def delay(self, judge: str) -> float:
        """Return the median time in seconds from the onset to the abort.

        A run that was never aborted counts as infinitely late, one that was aborted before the onset not at all: that
        was no detection. NaN where that leaves none.
        """
        after = self.seconds[judge] - self.situation.onset
        fair = after[after > 0]
        return float(np.median(fair)) if len(fair) else float("nan")


@dataclass(frozen=True)
class _Part:
    situation: Situation
    judges: Mapping[str, Judge]
    part: int
    runs: int

    def decide(self) -> dict[str, Floats]:
        trace = self.situation.trace(self.part, self.runs)
        return {name: judge.decide(trace) for name, judge in self.judges.items()}


async def measured(trials: Sequence[Trial]) -> list[Decisions]:
    """Return what was decided in each trial, in order. Cancelled, it ends its processes and what waits for them."""
    parts = [list(_parts(trial)) for trial in trials]
    loop = asyncio.get_running_loop()
    # Started anew, not forked: a fork would take the event loop and its threads along.
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        try:
            waited_for = [loop.run_in_executor(pool, each.decide) for each in chain.from_iterable(parts)]
            decided = iter(await asyncio.gather(*waited_for))
        except asyncio.CancelledError:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [
        Decisions(trial.situation, _joined([next(decided) for _ in some]))
        for trial, some in zip(trials, parts, strict=True)
    ]


def _parts(trial: Trial) -> Iterable[_Part]:
    for begin in range(0, trial.runs, RUNS_AT_ONCE):
        runs = min(RUNS_AT_ONCE, trial.runs - begin)
        yield _Part(trial.situation, trial.judges, begin // RUNS_AT_ONCE, runs)


def _joined(parts: Sequence[Mapping[str, Floats]]) -> dict[str, Floats]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
