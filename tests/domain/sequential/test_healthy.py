"""A healthy candidate is not called back: the guarantee, by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from flightrules.domain.sequential.absolute_errors import AbsoluteErrorsSettings
from flightrules.domain.sequential.certification import Certification, CertificationSettings
from flightrules.domain.sequential.comparison import Comparison, ComparisonSettings, over
from flightrules.domain.sequential.relative_errors import RelativeErrorsSettings
from flightrules.domain.sequential.ticks import Ticks
from tests.domain.sequential.traffic import AN_HOUR, LATENCY, LOOK, Traffic, latencies

CELLS = [Traffic(rate, share, errors) for rate in (5, 50, 500) for share in (0.05, 0.25) for errors in (0.001, 0.01)]


def aborted(settings: ComparisonSettings, runs: list[Ticks]) -> int:
    return sum(over(Comparison.start(settings), ticks).end.against is not None for ticks in runs)


def test_of_healthy_candidates_none_of_a_hundred_is_called_back() -> None:
    chance = np.random.default_rng(10)
    runs = [traffic.ticks(chance) for traffic in CELLS for _ in range(9)]
    assert aborted(ComparisonSettings(absolute=AbsoluteErrorsSettings(0.02)), runs) == 0


@pytest.mark.slow
@pytest.mark.parametrize("traffic", CELLS, ids=str)
def test_over_many_hours_fewer_healthy_candidates_are_called_back_than_the_plan_allows(traffic: Traffic) -> None:
    chance = np.random.default_rng(11)
    assert aborted(ComparisonSettings(), [traffic.ticks(chance) for _ in range(1000)]) <= 0.005 * 1000


def test_a_candidate_at_the_very_edge_of_the_tolerance_is_called_back_less_often_than_allowed() -> None:
    chance = np.random.default_rng(12)
    runs = [Traffic(rate=500, share=0.25).ticks(chance, times=1.1) for _ in range(100)]
    assert aborted(ComparisonSettings(false_alarm=0.05), runs) <= 5


def test_a_candidate_at_the_very_edge_of_twice_as_bad_is_certified_less_often_than_allowed() -> None:
    chance = np.random.default_rng(13)
    paths = [
        Certification.start(CertificationSettings()).over(Traffic(share=0.25).ticks(chance, times=2.0))[0]
        for _ in range(300)
    ]
    assert sum(path.max() >= CertificationSettings().limit for path in paths) <= 0.05 * 300 + 2 * 3.8


def test_a_dependency_that_fails_both_versions_blames_neither() -> None:
    chance = np.random.default_rng(14)
    healthy, outage = Traffic(looks=60).ticks(chance), Traffic(errors=0.6, looks=60).ticks(chance)
    assert aborted(ComparisonSettings(), [joined(healthy, outage)]) == 0


def test_only_the_absolute_test_sees_that_both_versions_fail() -> None:
    chance = np.random.default_rng(15)
    settings = ComparisonSettings(absolute=AbsoluteErrorsSettings(0.05))
    end = over(Comparison.start(settings), Traffic(errors=0.6, looks=60).ticks(chance)).end
    assert end.against is not None
    assert (end.against.concern, end.against.looks * LOOK <= 30) == ("absolute", True)


def test_a_share_that_steps_up_and_a_rate_that_goes_through_a_day_call_nobody_back() -> None:
    chance = np.random.default_rng(16)
    steps = [joined(Traffic(share=0.05).ticks(chance), Traffic(share=0.25).ticks(chance)) for _ in range(20)]
    day = [Traffic(errors=0.005 * (1.2 + np.sin(hour)), looks=120).ticks(chance) for hour in np.arange(0, 6.28, 0.5)]
    assert aborted(ComparisonSettings(), [*steps, joined(*day)]) == 0


@pytest.mark.slow
def test_healthy_latencies_call_nobody_back() -> None:
    chance, settings = np.random.default_rng(17), ComparisonSettings(latency=LATENCY)
    runs = []
    for _ in range(200):
        fast, slow = latencies(chance, (12, 238))
        idle = np.zeros(AN_HOUR)
        runs.append(Ticks.of(fast.sum(axis=1), idle, slow.sum(axis=1), idle, fast, slow))
    assert aborted(settings, runs) == 0


def test_total_failure_is_seen_within_two_looks() -> None:
    chance, settings = np.random.default_rng(18), ComparisonSettings(RelativeErrorsSettings())
    for _ in range(20):
        end = over(Comparison.start(settings), Traffic(looks=3).ticks(chance, times=100)).end
        assert end.against is not None and end.against.looks <= 2


def joined(*runs: Ticks) -> Ticks:
    columns = ("candidate_requests", "candidate_bad", "stable_requests", "stable_bad")
    return Ticks.of(*(np.concatenate([getattr(run, column) for run in runs]) for column in columns))
