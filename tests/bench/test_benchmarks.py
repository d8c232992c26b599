"""Every benchmark turns what it measured into rows that can be kept, shown and compared."""

import inspect
import json
import re
from pathlib import Path

import numpy as np
import pytest

from bench import benchmarks, document
from bench.__main__ import RESULTS
from bench.analysis import targets
from bench.benchmarks import (
    abort,
    analysis_real,
    candidate_killed,
    checks,
    database,
    drills,
    footprint,
    healthy_release,
    overhead,
    recovery,
    shifts,
    simulate,
    startup,
    throughput,
)
from bench.big_database import Write
from bench.rows import KEYS, Row, rounded, write
from bench.wrk import Load
from flightrules.testing.traffic_records import Record
from tests.bench.decisions import results


def record(at: float, version: str | None = "v2", status: int | None = 200) -> Record:
    return Record(at, 0.01, 1, "GET", "/", status, version)


SEEN = [record(100.0), record(100.9), record(101.02), record(101.3, "v1"), record(101.5, None, None)]
ABORT = abort.Abort("25%", release_began=99.0, typed=100.5, sent=101.0, confirmed=101.04, release_ended=102.0)
CALLED = analysis_real.Called("v2", began=100.0, back=110.0, ended=112.0, forecast=np.array([5.0, 10.0, 15.0]))
WRITES = [Write(100.0, 0.002, True), Write(100.01, 0.003, True)]
DATABASE = database.Measured(
    rows=1000,
    ours={"backup": 21.0, "proven": 40.0, "restore": 10.0, "migrate": 3.0, "undo": 2.0},
    plain={"pg_dump": 20.0, "pg_dump quick": 12.0, "restore": 10.0, "migrate": 2.0, "undo": 1.0},
    stopped=60.0,
    writes=2,
    quiet=WRITES,
    during_backup=WRITES,
)

MEASURED = {
    **{name: targets.rows(results()) for name in ("analysis", "analysis-full")},
    "abort": abort.judged([ABORT], SEEN),
    "analysis-real": analysis_real.judged([CALLED], SEEN),
    "candidate-killed": candidate_killed.judged([101.0], SEEN),
    "checks": checks.judged([{"one": 1.0, "many": 1.7, "short": 0.4, "long": 0.5, "xargs": 0.3}]),
    "database": database.judged(1024, DATABASE),
    "drills": drills.judged([{"held": True, "back": 0.4, "noticed": 1.0, "bound": 300.0}] * 2),
    "footprint": footprint.judged("plain lines", (80.0, 90.0, 1.5), 60.0),
    "healthy-release": healthy_release.judged(2, SEEN),
    "overhead": overhead.judged([(1.5, 0.5), (1.8, 0.4)]),
    "recovery": recovery.judged([recovery.Back(1.2, 1.4), recovery.Back(1.0, 1.1)], SEEN),
    "shifts": shifts.judged([10.0, 30.0, 20.0], Load(1000, 20000.0, 0)),
    "simulate": simulate.judged([1_100_000.0], [700_000.0], 2),
    "startup": startup.judged([{"python": 0.02, "help": 0.1, "check": 0.3}]),
    "throughput": throughput.judged([{"ours": 61.0, "plain": 70.0, "peer": 100.0, "envoy": 80.0}], "HAProxy 1.0"),
}


@pytest.mark.parametrize("name", benchmarks.names())
def test_a_benchmark_says_what_it_measures_and_returns_rows_with_a_target(name: str) -> None:
    benchmark = benchmarks.load(name)
    assert benchmark.TITLE
    assert inspect.iscoroutinefunction(benchmark.measure)
    assert any(row.target for row in MEASURED[name])


@pytest.mark.parametrize("name", benchmarks.names())
def test_rows_are_kept_with_the_keys_that_every_benchmark_has(name: str, tmp_path: Path) -> None:
    write(MEASURED[name], tmp_path / "kept" / f"{name}.json")
    kept = json.loads((tmp_path / "kept" / f"{name}.json").read_text())
    assert [tuple(row) for row in kept] == [KEYS] * len(MEASURED[name])
    for row in kept:
        assert isinstance(row["value"], int | float)
        assert (row["target"] is None) == (row["holds"] is None)


@pytest.mark.parametrize("name", benchmarks.names())
def test_the_page_explains_every_benchmark_and_has_a_place_for_its_results(name: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(document.PAGE.read_text())
    document.put(name, MEASURED[name], "today", page)
    assert f"## `{name}`" in page.read_text()
    assert f"| {MEASURED[name][0].name} |" in page.read_text()


@pytest.mark.parametrize("file", sorted(RESULTS.glob("*.json")), ids=lambda file: file.stem)
def test_the_page_shows_the_results_that_are_kept(file: Path) -> None:
    shown = re.search(rf"<!-- bench:{file.stem} -->\n(.*?)<!-- end -->", document.PAGE.read_text(), re.DOTALL)
    assert shown
    for row in json.loads(file.read_text()):
        assert f"| {row['name']} | {row['value']:,} {row['unit']}".rstrip() in shown[1]


def test_what_takes_long_is_measured_only_when_it_is_named() -> None:
    assert set(benchmarks.names()) - set(benchmarks.usual()) == benchmarks.WHEN_NAMED


def test_the_last_answer_of_the_candidate_counts_from_when_the_signal_was_sent() -> None:
    gone, *_ = MEASURED["abort"]
    assert gone.value == pytest.approx(30.0)
    assert gone.holds


def test_a_candidate_that_answered_before_the_signal_and_never_after_was_gone_at_once() -> None:
    at_once = abort.Abort("25%", release_began=99.0, typed=100.5, sent=101.2, confirmed=101.3, release_ended=102.0)
    assert abort.judged([at_once], SEEN)[0].value == 0


def test_failed_requests_count_for_the_kill_before_them_and_not_at_other_times() -> None:
    rows = {row.name: row.value for row in MEASURED["candidate-killed"]}
    assert rows["failed requests a kill, worst"] == 1
    assert rows["kill → no more failed requests, worst"] == pytest.approx(0.51)
    assert rows["failed requests at other times"] == 0


def test_the_ratio_to_the_peer_is_taken_within_each_round() -> None:
    rounds = [
        {"ours": 60.0, "plain": 1.0, "peer": 100.0, "envoy": 80.0},
        {"ours": 35.0, "plain": 1.0, "peer": 50.0, "envoy": 40.0},
    ]
    assert throughput.judged(rounds, "HAProxy")[0].value == pytest.approx(0.65)


def test_rows_without_a_target_neither_hold_nor_miss() -> None:
    assert Row("for information", 1.0, "s").holds is None


@pytest.mark.parametrize(("value", "short"), [(0.12345, 0.123), (41203.4, 41203), (199.0, 199), (3.0, 3), (1.26, 1.26)])
def test_values_keep_the_three_figures_that_count(value: float, short: float) -> None:
    assert rounded(value) == short
