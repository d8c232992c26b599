"""Histograms of both versions since the candidate had its first request."""

from typing import Any

from flightrules.views.latencies import Latencies
from flightrules.views.model import LatencyView

BOUNDS = [0.1, 1.0]


def record(stable: list[int] | None, candidate: list[int] | None) -> dict[str, Any]:
    pairs = {"v1": stable, "v2": candidate}
    counted = {key: {"bounds": BOUNDS, "counts": counts} for key, counts in pairs.items() if counts is not None}
    return {"roles": {"web": {"candidate": "v2", "stable": "v1"}}, "counters": {"web": counted}}


def seen(*records: dict[str, Any]) -> LatencyView | None:
    latencies = Latencies()
    for each in records:
        latencies.add(each)
    return latencies.of("web")


def test_they_begin_with_the_first_request_of_the_candidate() -> None:
    view = seen(record([900, 90, 9], [0, 0, 0]), record([950, 95, 9], [0, 0, 0]), record([1000, 100, 10], [9, 1, 0]))
    assert view == LatencyView((0.1, 1.0), (9, 1, 0), (50, 5, 1))


def test_a_version_that_is_not_counted_yet_has_nothing() -> None:
    assert seen(record([900, 90, 9], None)) is None
    view = seen(record([900, 90, 9], None), record([1000, 100, 10], [9, 1, 0]))
    assert view == LatencyView((0.1, 1.0), (9, 1, 0), (100, 10, 1))


def test_they_go_on_across_a_restart_of_the_router() -> None:
    view = seen(record([100, 0, 0], [0, 0, 0]), record([200, 0, 0], [10, 0, 0]), record([30, 0, 0], [2, 1, 0]))
    assert view == LatencyView((0.1, 1.0), (12, 1, 0), (130, 0, 0))


def test_without_a_request_of_the_candidate_there_is_none() -> None:
    assert seen(record([100, 0, 0], [0, 0, 0])) is None
    assert seen() is None
