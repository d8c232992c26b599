"""Holds what was decided against what must be reached: pure functions from decisions to rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from bench.analysis.bound import wald_seconds, whole_looks
from bench.analysis.experiments import (
    ALONE,
    ESTIMATED,
    LIMITED,
    MODERATE,
    ORACLE,
    OURS,
    PEERS,
    STRICT,
    TOLERANCE,
    Results,
)
from bench.analysis.measuring import Decisions
from bench.analysis.peers import argo, flagger, kayenta
from bench.analysis.traffic import TICK, TICKS, Cell
from bench.figures import median
from bench.rows import AtLeast, AtMost, Row

FAIR = 0.02
"""A peer is compared where it falsely aborts at most this part of the healthy releases: an alarm that always rings
is quick."""

ENOUGH = 2.5
"""Requests a second of the candidate from which on total failure must be seen within two looks."""


def rows(results: Results) -> list[Row]:
    """Return all rows, in the order of the design's table of targets."""
    return [
        *false_aborts(results.healthy),
        *beside_the_bound(results),
        *total_failure(results.total),
        *beside_the_peers(results),
        *outage(results.outage),
        *slow_tail(results.slow_tail, results.slow_tail_finely),
        *(stressed(decisions) for decisions in results.stress),
        *clustered(results.clustered),
    ]


def false_aborts(healthy: Sequence[Decisions]) -> list[Row]:
    """Return how often releases are aborted that are as good as what serves."""
    percent = {judge: [100 * each.aborted(judge) for each in healthy] for judge in (OURS, *PEERS)}
    peers = ", ".join(f"{judge} {_mean(percent[judge]):.2g} %" for judge in PEERS)
    worst = max(healthy, key=lambda each: each.aborted(OURS))
    runs = len(healthy[0].seconds[OURS])
    return [
        Row("healthy releases aborted, mean of 12 services", _mean(percent[OURS]), "%", AtMost(0.1), peers),
        Row("healthy releases aborted, worst service", max(percent[OURS]), "%", AtMost(1.0),
            f"of {runs:,} each; {worst.cell}"),
    ]  # fmt: skip


def beside_the_bound(results: Results) -> list[Row]:
    """Return how much longer we take than the least that any test needs."""
    every = [(times, each) for times, some in results.regressions.items() for each in some]
    ours = _ratios(every, OURS, 1 + TOLERANCE)
    oracle = _ratios(every, ORACLE, 1 + TOLERANCE)
    moderate = [(MODERATE, each) for each in results.regressions[MODERATE]]
    given, estimated = (_ratios(moderate, judge, 1 + TOLERANCE) for judge in (OURS, ESTIMATED))
    strict, alone = (_ratios(every, judge, 1.0) for judge in (STRICT, ALONE))
    late = _ratios([(5.0, each) for each in results.late], OURS, 1 + TOLERANCE)
    many = f"of {len(every)} regressions; the oracle's median {median(oracle):.2f}, over {len(oracle)} that it detects"
    return [
        Row("time to detect ÷ Wald bound, median", median(ours), "", AtMost(2.0), f"{len(ours)} that we detect {many}"),
        Row("time to detect ÷ Wald bound, worst", max(ours), "", AtMost(3.5), f"the oracle's worst {max(oracle):.2f}"),
        Row("the same without tolerance and onset, median", median(strict), "", AtMost(1.5), f"{len(strict)} detected"),
        Row("the same without tolerance and onset, worst", max(strict), "", AtMost(2.0)),
        Row("the test of errors alone, without tolerance and onset, median", median(alone), "", None,
            f"worst {max(alone):.2f}, {len(alone)} detected"),
        Row(f"{MODERATE:g} times, φ estimated from ten minutes of stable, median", median(estimated), "", None,
            f"{len(estimated)} of 12 detected, worst {max(estimated):.2f}; φ = 1: {median(given):.2f}, {len(given)}"),
        Row("the same for regressions that begin after 30 min, median", median(late), "", None,
            f"worst {max(late):.2f} of {len(late)} services"),
    ]  # fmt: skip


def _ratios(regressions: Iterable[tuple[float, Decisions]], judge: str, allowed: float) -> list[float]:
    """Return delay ÷ bound of every regression that the median run detects within the hold."""
    delays = ((times, each, each.delay(judge)) for times, each in regressions)
    return [
        delay / whole_looks(wald_seconds(each.cell, times, allowed))
        for times, each, delay in delays
        if math.isfinite(delay)
    ]


def total_failure(total: Sequence[Decisions]) -> list[Row]:
    """Return how fast a candidate is called back that answers nobody, where it has some traffic."""
    busy = [each for each in total if each.cell.rate * each.cell.share >= ENOUGH]
    looks = [_within(float(each.seconds[OURS].max())) / TICK for each in busy]
    peers = ", ".join(f"{judge} {median([each.delay(judge) for each in busy]):.0f} s" for judge in PEERS)
    slowest = f"slowest run of {len(busy)} services; {peers}"
    return [Row("every request of the candidate fails", max(looks), "looks", AtMost(2), slowest)]


def beside_the_peers(results: Results) -> list[Row]:
    """Return how many times faster we are than each peer, where that peer is not simply aborting everything."""
    wanted = {argo.NAME: 20, flagger.NAME: 20, kayenta.NAME: 8}
    return [row for judge, times in wanted.items() for row in _beside(judge, times, results)]


def _beside(judge: str, times: float, results: Results) -> list[Row]:
    fair = {each.cell for each in results.healthy if each.aborted(judge) <= FAIR}
    worse = [each for some in results.regressions.values() for each in some if each.cell in fair]
    failing = _of(results.total, fair)
    both = [each for each in [*worse, *failing] if _detected(judge, OURS)(each)]
    ours_alone = sum(_detected(OURS)(each) and not _detected(judge)(each) for each in worse)
    theirs_alone = sum(_detected(judge)(each) and not _detected(OURS)(each) for each in worse)
    where = f"in {len(fair)} services; in the others it aborts more than {100 * FAIR:g} % of healthy releases"
    return [
        Row(f"faster than {judge}, median of what both detect", _faster(both, judge), "times", AtLeast(times),
            f"the oracle {_faster(both, judge, ORACLE):.3g} times; {len(both)} regressions {where}"),
        Row(f"faster than {judge}, every request fails", _faster(failing, judge), "times", None),
        Row(f"regressions that {judge} misses and we detect", ours_alone, "", None,
            f"the other way round {theirs_alone}"),
    ]  # fmt: skip


def _of(decisions: Sequence[Decisions], cells: set[Cell]) -> list[Decisions]:
    return [each for each in decisions if each.cell in cells]


def _detected(*judges: str) -> Callable[[Decisions], bool]:
    return lambda each: all(math.isfinite(each.delay(judge)) for judge in judges)


def _faster(decisions: Sequence[Decisions], judge: str, than: str = OURS) -> float:
    """Return how many times faster; 0, which misses every target, where there is nothing to compare."""
    return median([each.delay(judge) / each.delay(than) for each in decisions]) if decisions else 0.0


def outage(decisions: Decisions) -> list[Row]:
    """Return what we do when both versions fail: blame nobody, and act where the plan has a limit."""
    blamed = ", ".join(f"{judge} {100 * decisions.aborted(judge):.0f} %" for judge in PEERS)
    return [
        Row("both versions fail 60 %: the candidate blamed", decisions.aborts(OURS), "aborts", AtMost(0),
            f"of {len(decisions.seconds[OURS])}; {blamed}"),
        Row("both versions fail 60 %: over a limit of 5 %, median", _within(decisions.delay(LIMITED)), "s", AtMost(30)),
    ]  # fmt: skip


def slow_tail(decisions: Decisions, finely: Decisions) -> list[Row]:
    """Return how fast we see a 99th percentile that doubles, in coarse buckets and in those of our router."""
    peers = ", ".join(f"{judge} {decisions.delay(judge):.0f} s" for judge in PEERS)
    return [
        Row("slowest 2 % twice as slow, median", _within(decisions.delay(OURS)), "s", AtMost(150), peers),
        Row("the same, counted in the buckets of our router", _within(finely.delay(OURS)), "s"),
    ]


def stressed(decisions: Decisions) -> Row:
    """Return how many healthy releases were aborted in a situation that misleads."""
    peers = ", ".join(f"{judge} {decisions.aborts(judge)}" for judge in PEERS)
    of = f"of {len(decisions.seconds[OURS])}; {peers}"
    return Row(f"healthy, {decisions.situation.name}", decisions.aborts(OURS), "aborts", AtMost(0), of)


def clustered(decisions: Decisions) -> list[Row]:
    """Return what clustered errors do to us with φ and would do without."""
    percent = {judge: 100 * decisions.aborted(judge) for judge in decisions.seconds}
    without = f"with φ = 1, as if each came by itself: {percent[OURS]:.3g} %"
    return [Row("healthy, errors in clusters of 3", percent[ESTIMATED], "% aborted", AtMost(1.0), without)]


def _within(seconds: float) -> float:
    """Return the seconds, or those of the whole hold where it took longer: a row holds a number."""
    return min(seconds, TICK * TICKS)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
