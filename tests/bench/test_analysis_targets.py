"""From decisions to rows: delays count from the onset, ratios where they mean something, and misses are shown."""

import asyncio
import math
from pathlib import Path

import numpy as np
import pytest

from bench.analysis import cost, experiments, plots, situations, targets
from bench.analysis.experiments import OURS, PEERS, Results
from bench.analysis.measuring import Decisions, Trial, measured
from bench.analysis.ours import Ours, merged, stable_before
from bench.analysis.peers import argo
from bench.analysis.situations import CELLS, ORDINARY
from bench.analysis.traffic import Trace
from flightrules.domain.sequential import ticks as product
from flightrules.domain.sequential.comparison import Comparison
from flightrules.domain.sequential.ticks import Tick
from tests.bench.decisions import NEVER, decided, results


def test_the_delay_counts_from_the_onset_and_an_abort_before_it_is_no_detection() -> None:
    late = Decisions(situations.regression(ORDINARY, 5, 600), {OURS: np.array([100.0, 630.0, 650.0, 700.0])})
    assert late.delay(OURS) == 50


def test_a_run_that_is_never_aborted_is_infinitely_late() -> None:
    assert Decisions(situations.healthy(ORDINARY), {OURS: np.array([10.0, NEVER, NEVER])}).delay(OURS) == NEVER


def test_a_judge_that_always_rings_is_not_compared() -> None:
    every = results()
    ringing = [decided(each.situation, NEVER, argo=60.0) for each in every.healthy[:11]]
    rows = targets.beside_the_peers(Results(**{**vars(every), "healthy": [*ringing, every.healthy[11]]}))
    assert "in 1 services" in rows[0].peer
    assert rows[0].value == 24


def test_nothing_to_compare_misses_the_target() -> None:
    every = results()
    ringing = [decided(each.situation, NEVER, argo=60.0) for each in every.healthy]
    row = targets.beside_the_peers(Results(**{**vars(every), "healthy": ringing}))[0]
    assert (row.value, row.holds) == (0.0, False)


def test_what_we_never_see_misses_its_target_and_is_still_a_number() -> None:
    never = decided(situations.slow_tail(), NEVER)
    row, _ = targets.slow_tail(never, never)
    assert (row.value, row.holds) == (3600, False)


def test_the_slowest_run_counts_when_every_request_fails() -> None:
    busy = situations.total_failure(CELLS[-1])
    slow = Decisions(busy, {**decided(busy, 5.0).seconds, OURS: np.array([5.0, 5.0, 15.0])})
    (row,) = targets.total_failure([slow])
    assert (row.value, row.holds) == (3, False)


def test_one_false_abort_among_the_situations_that_mislead_is_a_miss() -> None:
    once = Decisions(situations.lost_ticks(), {**decided(situations.lost_ticks(), NEVER).seconds,
                                               OURS: np.array([NEVER, 5.0, NEVER])})  # fmt: skip
    assert (targets.stressed(once).value, targets.stressed(once).holds) == (1, False)


def test_every_row_of_the_table_of_targets_is_there() -> None:
    rows = targets.rows(results())
    assert sum(row.target is not None for row in rows) == 19
    assert all(math.isfinite(row.value) for row in rows)


@pytest.mark.slow
def test_judges_see_the_same_traces_whichever_process_draws_them() -> None:
    situation = situations.regression(ORDINARY, 5)
    (decisions,) = asyncio.run(measured([Trial(situation, PEERS, 130)]))
    alone = np.concatenate([PEERS[argo.NAME].decide(trace) for trace in situation.traces(130)])
    assert np.array_equal(decisions.seconds[argo.NAME], alone)


@pytest.mark.slow
def test_everything_is_measured_at_a_small_scale() -> None:
    scale = experiments.Scale(healthy=3, regression=2, other=2, cells=CELLS[-2:], effects=(3.0, 5.0))
    few = asyncio.run(experiments.carried_out(scale))
    assert [len(each.seconds[OURS]) for each in few.healthy] == [3] * 2
    assert {times: len(some) for times, some in few.regressions.items()} == {3.0: 2, 5.0: 2}
    assert few.slow_tail.situation.name == "slowest 2 % twice as slow, 6 buckets"
    assert few.clustered.situation.name == "errors in clusters of 3"


def test_runs_in_columns_are_judged_as_look_by_look() -> None:
    trace = situations.regression(ORDINARY, 5).trace(0, 2)
    for run, path in enumerate(Ours().paths(trace)):
        comparison = Comparison.start(path.end.settings)
        for tick in range(60):
            comparison = comparison.after(look(trace, run, tick))
        assert comparison.log_e == pytest.approx(path.log_e[59], abs=1e-9)


def look(trace: Trace, run: int, tick: int) -> Tick:
    chosen = Ours().begun(stable_before(trace), 1.0).bounds
    arms = [
        product.Arm(
            int(arm.requests[run, tick]),
            int(arm.bad[run, tick]),
            tuple(merged(arm.latency[run], trace.bounds, chosen)[tick].tolist()),
        )
        for arm in (trace.candidate, trace.stable)
    ]
    return Tick(*arms, candidate_age=5.0 * tick)


def test_the_cost_is_of_every_test_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "SET_UPS", 1)
    looks, set_up = cost.rows()
    assert (looks.unit, set_up.unit) == ("µs", "ms")
    assert 0 < looks.value < 1e5


def test_the_pictures_of_the_same_results_are_the_same_bytes(tmp_path: Path) -> None:
    log_e = {"one": np.linspace(0, 9, 720), "other": np.zeros(720)}
    for folder in ("once", "again"):
        plots.draw(results(), log_e, tmp_path / folder)
    names = [file.name for file in sorted((tmp_path / "once").iterdir())]
    assert names == ["analysis-false-aborts.svg", "analysis-log-e.svg", "analysis-time-to-detect.svg"]
    for name in names:
        assert (tmp_path / "once" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
