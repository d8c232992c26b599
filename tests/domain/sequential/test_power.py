"""What a hold is said to detect, beside what it detects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from flightrules.domain.sequential.absolute_errors import AbsoluteErrorsSettings
from flightrules.domain.sequential.bernoulli import growth
from flightrules.domain.sequential.comparison import Comparison, ComparisonSettings, Concern, over
from flightrules.domain.sequential.power import Hold, smallest_error_rate, smallest_slowdowns
from flightrules.domain.sequential.relative_errors import RelativeErrorsSettings
from flightrules.domain.sequential.slowdowns import slowed
from flightrules.domain.sequential.ticks import Ticks
from flightrules.domain.sequential.wealth import BadSetting
from tests.domain.sequential.traffic import BOUNDS, LATENCY, LOOK, SHARES, Traffic, latencies

PLAIN = ComparisonSettings()
LIMITED = ComparisonSettings(absolute=AbsoluteErrorsSettings(0.02))
SLOWNESS = ComparisonSettings(latency=LATENCY)
HOLD = Hold(seconds=3600, requests_per_second=50, share=0.05, error_rate=0.01)


def smallest(settings: ComparisonSettings, hold: Hold) -> float:
    found = smallest_error_rate(settings, hold)
    assert found is not None
    return found.error_rate


def detected(settings: ComparisonSettings, hold: Hold, rate: float, runs: int) -> float:
    """Return the part of simulated holds that detect a candidate with this error rate."""
    chance = np.random.default_rng(1)
    traffic = Traffic(hold.requests_per_second, hold.share, hold.error_rate, looks=int(hold.seconds / LOOK))
    found = 0
    for _ in range(runs):
        ticks = traffic.ticks(chance)
        bad = chance.binomial(ticks.candidate_requests.astype(int), rate)
        ticks = Ticks.of(ticks.candidate_requests, bad, ticks.stable_requests, ticks.stable_bad)
        found += over(Comparison.start(settings), ticks).end.against is not None
    return found / runs


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings, hold",
    [
        pytest.param(PLAIN, HOLD, id="a usual canary"),
        pytest.param(PLAIN, replace(HOLD, share=0.25, error_rate=0.001), id="a quarter of the traffic"),
        pytest.param(PLAIN, replace(HOLD, seconds=600, requests_per_second=5), id="little traffic"),
        pytest.param(PLAIN, replace(HOLD, seconds=300, share=0.5), id="half of the traffic"),
        pytest.param(PLAIN, replace(HOLD, requests_per_second=500, error_rate=0.0), id="a stable that never fails"),
        pytest.param(LIMITED, replace(HOLD, share=1.0, error_rate=0.001), id="all of the traffic"),
    ],
)
def test_four_simulated_holds_in_five_detect_what_they_are_said_to(settings: ComparisonSettings, hold: Hold) -> None:
    assert 0.72 <= detected(settings, hold, smallest(settings, hold), runs=200) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("part", [1.0, 0.1, 0.02])
def test_four_simulated_holds_in_five_detect_the_slowness_that_they_are_said_to(part: float) -> None:
    hold, chance, found = replace(HOLD, seconds=1200), np.random.default_rng(2), 0
    factor = smallest_slowdowns(SLOWNESS, BOUNDS, hold)[part]
    assert factor is not None
    for _ in range(80):
        fast, slow = latencies(chance, (12, 238), slowed(BOUNDS, SHARES, factor, part), looks=240)
        idle = np.zeros(240)
        ticks = Ticks.of(fast.sum(axis=1), idle, slow.sum(axis=1), idle, fast, slow, LOOK * np.arange(240))
        found += over(Comparison.start(SLOWNESS), ticks).end.against is not None
    assert 0.7 <= found / 80 <= 0.99


def test_a_longer_hold_more_traffic_and_a_larger_share_each_detect_less() -> None:
    base = smallest(PLAIN, HOLD)
    more = (replace(HOLD, seconds=7200), replace(HOLD, requests_per_second=500), replace(HOLD, share=0.25))
    assert all(HOLD.error_rate < smallest(PLAIN, hold) < base for hold in more)


def test_clusters_hide_what_would_otherwise_be_detected() -> None:
    clustered = replace(PLAIN, errors=RelativeErrorsSettings(overdispersion=3.0))
    assert smallest(clustered, HOLD) > 1.2 * smallest(PLAIN, HOLD)


def test_what_is_said_to_be_detected_is_never_less_than_the_bound_allows_for_any_test() -> None:
    for hold in (HOLD, replace(HOLD, share=0.25), replace(HOLD, error_rate=0.001, requests_per_second=500)):
        rate = smallest(PLAIN, hold)
        each = growth(np.asarray(hold.share), np.asarray(rate), np.asarray(hold.error_rate), 1.1)
        assert hold.requests * each > PLAIN.limit


def test_a_hold_of_thirty_requests_can_detect_nothing_but_ruin() -> None:
    assert smallest_error_rate(PLAIN, Hold(600, 1, 0.05, 0.01)) is not None
    assert smallest(PLAIN, Hold(600, 1, 0.05, 0.01)) > 0.2


@pytest.mark.parametrize(
    "hold",
    [
        pytest.param(Hold(60, 1, 0.05, 0.01), id="three requests"),
        pytest.param(Hold(0, 100, 0.05, 0.01), id="no time"),
        pytest.param(Hold(3600, 0, 0.05, 0.01), id="no traffic"),
        pytest.param(Hold(3600, 100, 1.0, 0.01), id="nothing to compare with and no limit"),
    ],
)
def test_a_hold_may_detect_nothing_at_all(hold: Hold) -> None:
    assert smallest_error_rate(PLAIN, hold) is None
    assert set(smallest_slowdowns(SLOWNESS, BOUNDS, hold).values()) == {None}


def test_with_all_the_traffic_only_the_limit_of_the_plan_is_left() -> None:
    found = smallest_error_rate(LIMITED, replace(HOLD, share=1.0, error_rate=0.001))
    assert found and found.concern is Concern.ABSOLUTE and found.error_rate > 0.02


def test_without_latencies_no_slowness_is_detected() -> None:
    assert smallest_slowdowns(PLAIN, BOUNDS, HOLD) == {1.0: None, 0.1: None, 0.02: None}


def test_a_hold_that_cannot_be_is_refused() -> None:
    with pytest.raises(BadSetting) as refused:
        Hold(3600, 50, 0.0, 0.01)
    assert refused.value.what == (
        "a hold of 3600s at 50 requests/s with a share of 0 is none; the share must be more than 0 and at most 1"
    )
