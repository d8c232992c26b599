"""Files of counts: what their lines mean, and what is said of those that cannot be true."""

from __future__ import annotations

import pytest

from flightrules.domain.verdict import Counters, Histogram
from flightrules.simulation import counts_file
from flightrules.simulation.counts_lines import BadCountsFile
from flightrules.simulation.recording import Recording
from tests.simulation.flights import plan

HEAD = "time,version,requests,bad\n"
TWO = HEAD + "10,candidate,5,1\n10,stable,95,0\n20,candidate,6,0\n20,stable,90,2\n"


def read(text: str) -> Recording:
    return counts_file.recording(text, "counts.csv", plan())


def test_a_line_is_what_a_version_did_since_the_time_before() -> None:
    first, second = read(TWO).spans
    assert (first.at, second.at) == (10.0, 20.0)
    assert (first.counted["web", "candidate"].requests, first.counted["web", "candidate"].bad) == (5, 1)
    assert second.counted["web", "stable"].bad == 2


def test_json_lines_say_the_same() -> None:
    lines = [
        '{"time": 10, "version": "candidate", "requests": 5, "bad": 1, "latency": {"100ms": 3, "longer": 2}}',
        '{"time": "1970-01-01T00:00:20+00:00", "version": "candidate", "requests": 6, "share": "5%", "p95": 0.25}',
    ]
    first, second = read("\n".join(lines)).spans
    assert first.counted["web", "candidate"] == Counters(5, 1, Histogram((0.1, float("inf")), (3, 2)))
    assert second.values == {("web", "p95", "candidate"): 0.25}
    assert (first.share, second.share) == (None, 0.05)


def test_the_columns_of_latencies_are_buckets() -> None:
    text = "time,version,requests,latency 100ms,latency 2s\n0,stable,9,4,5\n1,stable,9,9,0\n"
    assert read(text).spans[0].counted["web", "stable"].latency == Histogram((0.1, 2.0, float("inf")), (4, 5, 0))


def test_metrics_of_the_plan_are_values_also_of_both_versions_together() -> None:
    text = "time,version,memory\n0,all,1e8\n1,all,2e8\n"
    assert [span.values for span in read(text).spans] == [
        {("web", "memory", "all"): 1e8},
        {("web", "memory", "all"): 2e8},
    ]


def test_a_percentile_that_is_given_as_a_value_is_read_as_one() -> None:
    recording = read("time,version,p95\n0,candidate,0.2\n1,candidate,0.3\n")
    assert [metric.name for metric in recording.plan_for(plan()).metrics] == ["memory", "p95"]


@pytest.mark.parametrize(
    ("text", "what", "do"),
    [
        ("", "counts.csv: there are counts of 0 moments", "write two or more, in order of time"),
        (HEAD + "10,stable,5,0\n", "counts.csv: there are counts of 1 moments", "write two or more, in order of time"),
        (
            TWO.replace("20", "5"),
            "counts.csv:4: this time is not after the one before it",
            "sort the lines by time",
        ),
        (
            TWO.replace("5,1", "-5,1"),
            "counts.csv:2: `requests` is -5",
            "counts are whole numbers, of at least 0, since the time before",
        ),
        (
            TWO.replace("5,1", "5.5,1"),
            "counts.csv:2: `requests` is 5.5",
            "counts are whole numbers, of at least 0, since the time before",
        ),
        (
            TWO.replace("5,1", "1e13,1"),
            "counts.csv:2: `requests` is more than 1,000,000,000,000",
            "nobody counts so many from one time to the next",
        ),
        (TWO.replace("5,1", "5,7"), "counts.csv:2: 7 of 5 requests are bad, which cannot be", "correct the counts"),
        (TWO.replace("5,1", "many,1"), "counts.csv:2: `requests` is `many`, which is no number", "write a number"),
        (TWO.replace("5,1", "nan,1"), "counts.csv:2: `requests` is `nan`, which is no number", "write a number"),
        (
            TWO.replace("10,candidate", "10,canary"),
            "counts.csv:2: `canary` is not a version",
            "write `candidate` or `stable`; `all` for a metric that does not tell them apart",
        ),
        (
            TWO.replace("20,stable", "soon,stable"),
            "counts.csv:5: `soon` is no time",
            "write seconds, or a time such as 2026-11-21T14:32:07Z",
        ),
        (
            TWO.replace("20,stable,90,2", "20,stable,90"),
            "counts.csv:5: this line has 3 values, and the first line names 4",
            "write a value, or nothing, for each of them",
        ),
        (
            TWO.replace("bad", "bda"),
            "counts.csv:2: `bda` is neither a column nor a metric",
            "did you mean `bad`?",
        ),
        (
            TWO.replace("10,stable", "10,candidate"),
            "counts.csv:3: there are two lines of candidate at this time",
            "keep one of them",
        ),
        (
            "time,version,requests,latency 1s\n0,stable,5,9\n1,stable,5,5\n",
            "counts.csv:2: 9 requests have a latency, and there were 5",
            "count each request in one column: that of the first time that it does not exceed",
        ),
        (
            "time,version,requests,latency fast\n0,stable,5,5\n1,stable,5,5\n",
            "counts.csv:2: `latency fast` names no time: `fast` does not fit into this duration",
            "write `latency 100ms`",
        ),
        (
            "time,version\n0,stable\n1,stable\n",
            "counts.csv:2: this line says nothing of its version",
            "write `requests` and `bad`, or a metric",
        ),
        ('{"time": 0', "counts.csv:1: this is no JSON: ", "write one object a line"),
    ],
)
def test_what_cannot_be_true_is_refused_with_its_line(text: str, what: str, do: str) -> None:
    with pytest.raises(BadCountsFile) as caught:
        read(text)
    assert caught.value.what.startswith(what)
    assert caught.value.do == do
