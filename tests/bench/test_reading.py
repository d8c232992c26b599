"""What is read from other programs, and what follows from many values."""

from pathlib import Path

import pytest

from bench import document, wrk
from bench.__main__ import main
from bench.figures import percentile
from bench.rows import AtMost, Row
from bench.shop import Failed

QUIET = """\
Running 1s test @ http://localhost/
  2 threads and 64 connections
    Latency     1.62ms    1.02ms  18.21ms   89.72%
  29012 requests in 1.00s, 4.12MB read
Requests/sec:  28874.17
Transfer/sec:      4.10MB
"""
TROUBLED = """\
  900 requests in 1.00s, 0.12MB read
  Socket errors: connect 1, read 2, write 3, timeout 4
  Non-2xx or 3xx responses: 5
Requests/sec:    890.50
"""


def test_wrk_says_how_many_requests_it_sent_and_that_none_failed() -> None:
    assert wrk.read(QUIET) == (29012, 28874.17, 0)


def test_failed_connections_late_answers_and_bad_statuses_of_wrk_all_count() -> None:
    assert wrk.read(TROUBLED) == (900, 890.5, 15)


def test_wrk_that_could_not_measure_is_no_measurement_of_nothing() -> None:
    with pytest.raises(Failed, match=r"^wrk did not say what it measured:\nunable to connect$"):
        wrk.read("unable to connect")


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (99, 10), (90, 9), (0, 1)])
def test_a_percentile_is_one_of_the_values(percent: float, value: float) -> None:
    assert percentile([3, 1, 2, 10, 9, 8, 7, 6, 5, 4], percent) == value


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match=r"^there is no percentile of nothing$"):
        percentile([], 50)


def test_results_replace_those_of_the_run_before_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- bench:one -->\nold\n<!-- end -->\nafter\n<!-- bench:two -->\nkept\n<!-- end -->\n")
    document.put("one", [Row("requests", 1234.0, "1/s", AtMost(2000), "a limit")], "today", page)
    assert page.read_text() == (
        "before\n<!-- bench:one -->\n"
        "| what | value | target | peer | |\n|---|---|---|---|---|\n"
        "| requests | 1,234 1/s | ≤ 2000 | a limit | holds |\n\nMeasured today.\n"
        "<!-- end -->\nafter\n<!-- bench:two -->\nkept\n<!-- end -->\n"
    )


def test_a_benchmark_that_the_page_does_not_explain_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing here\n")
    with pytest.raises(LookupError, match=r"page\.md says nothing of one: explain it, with <!-- bench:one -->"):
        document.put("one", [], "today", page)


def test_an_unknown_name_is_answered_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["thoughput"])
    assert ended.value.code == 2
    assert (
        "there is no benchmark thoughput; there are: abort, analysis, analysis-full, analysis-real"
        in capsys.readouterr().err
    )
