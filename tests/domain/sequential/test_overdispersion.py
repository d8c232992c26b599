from __future__ import annotations

import numpy as np
import pytest

from flightrules.domain.sequential.overdispersion import CAUTIOUS, Overdispersion, between_instances, between_looks
from tests.domain.sequential.traffic import Traffic


def of_looks(traffic: Traffic, seed: int) -> Overdispersion:
    ticks = traffic.ticks(np.random.default_rng(seed))
    return between_looks(ticks.stable_requests.astype(int).tolist(), ticks.stable_bad.astype(int).tolist())


def test_independent_errors_are_not_taken_for_clusters() -> None:
    assert all(1.0 <= of_looks(Traffic(), seed).phi < 1.6 for seed in range(20))


@pytest.mark.parametrize("mean", [2.0, 3.0])
def test_clusters_of_geometric_size_are_found_with_the_variance_that_they_have(mean: float) -> None:
    found = [of_looks(Traffic(cluster=mean), seed).phi for seed in range(20)]
    assert 2 * mean - 1 <= np.mean(found) <= 1.25 * (2 * mean - 1)


def test_a_rate_that_moves_slowly_is_not_taken_for_clusters() -> None:
    chance, requests = np.random.default_rng(1), np.full(720, 250)
    rate = 0.01 * (1.5 + np.sin(np.arange(720) / 100))
    assert between_looks(requests.tolist(), chance.binomial(requests, rate).tolist()).phi < 1.6


def test_a_cluster_that_lasts_over_several_looks_is_found_too() -> None:
    chance = np.random.default_rng(2)
    angry = np.repeat(chance.poisson(0.3, 180), 4)
    assert between_looks([250] * 720, (angry + chance.binomial(250, 0.002, 720)).tolist()).phi > 2


@pytest.mark.parametrize(
    "requests, bad",
    [
        pytest.param([], [], id="nothing"),
        pytest.param([250] * 720, [0] * 720, id="no errors"),
        pytest.param([250] * 720, [1] * 29 + [0] * 691, id="too few errors"),
        pytest.param([250] * 20, [10] * 20, id="too few looks"),
        pytest.param([0] * 720, [0] * 720, id="no requests"),
    ],
)
def test_where_too_little_was_seen_caution_is_supposed(requests: list[int], bad: list[int]) -> None:
    found = between_looks(requests, bad)
    assert (found.phi, found.estimate) == (CAUTIOUS, None)


def test_errors_more_regular_than_chance_are_taken_for_independent_ones() -> None:
    found = between_looks([250] * 720, [2] * 720)
    assert (found.phi, found.estimate) == (1.0, 0.0)


def test_instances_of_one_version_are_compared_at_the_same_looks() -> None:
    chance = np.random.default_rng(3)
    requests, rate = np.full((400, 4), 100), chance.uniform(0.001, 0.1, (400, 1))
    together = between_instances(requests.tolist(), chance.binomial(requests, rate).tolist())
    assert together.phi < 1.4 and together.pairs == 800
    apart = np.array([0.01, 0.05, 0.01, 0.05])
    assert between_instances(requests.tolist(), chance.binomial(requests, apart).tolist()).phi > 3


def test_without_instances_caution_is_supposed() -> None:
    assert between_instances([], []).phi == CAUTIOUS
