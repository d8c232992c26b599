"""The traffic of the last release, read from its looks."""

from typing import Any

import pytest

from flightrules.domain import observations
from flightrules.domain.verdict import Counters, Histogram, Observation
from flightrules.views.usual_traffic import measured
from tests.written import V1, V2, Written

BOUNDS = (0.1, 1.0, float("inf"))


def counted(requests: int, bad: int = 0) -> Counters:
    return Counters(requests, bad, Histogram(BOUNDS, (requests, 0, 0)))


def looks(written: Written, number: int, **how: Any) -> None:
    for each in range(number):
        counters = {"web": {V1.key: counted(950 * each, each), V2.key: counted(50 * each)}}
        roles = {"web": {"candidate": V2.key, "stable": V1.key}}
        seen = Observation(10.0 * each, "stages/1-canary", (), counters, roles, {}, 10.0)
        written.records.observations.add(written.release.id, observations.to_record(seen))


def test_it_is_that_of_both_versions_with_the_errors_of_the_one_that_had_most(written: Written) -> None:
    looks(written, 11)
    found = measured(written.records)
    assert found is not None
    assert (found.release, found.until) == (written.release.id, 100.0)
    usual = found.usual["web"]
    assert usual.requests_per_second == pytest.approx(100.0)
    assert usual.error_rate == pytest.approx(1 / 950)
    assert sum(usual.latency.counts) == 9500


def test_a_release_that_hardly_looked_says_nothing(written: Written) -> None:
    looks(written, 1)
    assert measured(written.records) is None
