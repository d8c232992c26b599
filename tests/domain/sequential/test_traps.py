"""Five ways to judge wrongly that look right, each beside ours on the same traffic of a healthy candidate."""

from __future__ import annotations

import math

import numpy as np
import pytest

from flightrules.domain.sequential.bernoulli import clipped, projected
from flightrules.domain.sequential.comparison import Comparison, ComparisonSettings, over
from flightrules.domain.sequential.latency import Latency
from flightrules.domain.sequential.overdispersion import between_looks
from flightrules.domain.sequential.relative_errors import RelativeErrors, RelativeErrorsSettings
from flightrules.domain.sequential.slowdowns import slowed
from flightrules.domain.sequential.ticks import Ticks
from flightrules.domain.sequential.wealth import Floats, Onset
from tests.domain.sequential.traffic import AN_HOUR, BOUNDS, LATENCY, LOOK, SHARES, Traffic, latencies

LIMIT = math.log(100)
RUNS = 40


def called_back(phi: float, late_mass: float, ticks: Ticks) -> bool:
    settings = ComparisonSettings(RelativeErrorsSettings(overdispersion=phi, onset=Onset(late_mass)))
    return over(Comparison.start(settings), ticks).end.against is not None


def test_a_share_that_was_configured_in_place_of_the_real_one_calls_back_healthy_releases() -> None:
    chance, traffic = np.random.default_rng(1), Traffic(rate=500, share=0.03, errors=0.001)
    naive = ours = 0
    for _ in range(RUNS):
        ticks = traffic.ticks(chance)
        naive += with_share(0.05, ticks).max() >= LIMIT
        ours += RelativeErrors.start(RelativeErrorsSettings()).over(ticks)[0].max() >= LIMIT
    assert naive > RUNS / 3
    assert ours == 0


def with_share(share: float, ticks: Ticks) -> Floats:
    """Test A as it is, but with a share that somebody configured."""
    settings = RelativeErrorsSettings()
    bad, requests = ticks.stable_bad[:, None], ticks.stable_requests[:, None]
    past = clipped((0.5 + np.cumsum(bad, axis=0) - bad) / (50 + np.cumsum(requests, axis=0) - requests))
    candidate = settings.factors * past / (1 - past + settings.factors * past)
    null = projected(np.asarray(share), candidate, past, settings.ratio)
    failed, asked, limit = ticks.candidate_bad[:, None], ticks.candidate_requests[:, None], settings.ratio * null
    ratios = failed * np.log(candidate / limit) + (asked - failed) * np.log((1 - candidate) / (1 - limit))
    ratios += bad * np.log(past / null) + (requests - bad) * np.log((1 - past) / (1 - null))
    return settings.mixture.path(settings.mixture.start(), ratios)[0]


def test_with_the_share_that_was_real_the_naive_computation_is_ours() -> None:
    ticks = Ticks.of([10] * 50, [0, 1] * 25, [190] * 50, [2, 0] * 25)
    ours, _ = RelativeErrors.start(RelativeErrorsSettings()).over(ticks)
    np.testing.assert_allclose(with_share(0.05, ticks), ours, atol=1e-9)


def test_a_null_of_being_slower_by_exactly_the_tolerance_calls_back_healthy_releases() -> None:
    chance = np.random.default_rng(2)
    naive = ours = 0
    gains = against_a_shift(share=0.25)
    for _ in range(RUNS):
        fast, slow = latencies(chance, (60, 180))
        ratios = fast @ gains[0] + slow @ gains[1] - 240 * gains[2]
        naive += LATENCY.mixture.path(LATENCY.mixture.start(), ratios)[0].max() >= LIMIT
        ours += Latency.start(LATENCY).over(Ticks.of(candidate_latency=fast, stable_latency=slow))[0].max() >= LIMIT
    assert naive > 0.9 * RUNS
    assert ours == 0


def against_a_shift(share: float) -> tuple[Floats, Floats, Floats]:
    """What a request is worth where the null is one point for each stable histogram: it, with 3 % one bucket higher."""
    baseline, slower = np.array(SHARES)[:, None], np.maximum(np.array(LATENCY.alternatives).T, 1e-12)
    stable, moved = np.repeat(baseline, slower.shape[1], axis=1), np.full((len(SHARES), 1), LATENCY.tolerance)
    moved[-1] = 0.0
    for _ in range(300):
        candidate = shifted(stable, moved)
        ratio = slower / candidate
        origin = stable * (1 - moved) * ratio
        origin[:-1] += (stable * moved)[:-1] * ratio[1:]
        stable = (1 - share) * baseline + share * origin
    ratio, other = slower / shifted(stable, moved), baseline / stable
    expected = ratio * (1 - moved)
    expected[:-1] += moved[:-1] * ratio[1:]
    return np.log(ratio), np.log(other), np.log(((1 - share) * other + share * expected).max(axis=0))


def shifted(stable: Floats, moved: Floats) -> Floats:
    candidate = stable * (1 - moved)
    candidate[1:] += (stable * moved)[:-1]
    return candidate


def test_errors_in_clusters_taken_for_independent_ones_call_back_healthy_releases() -> None:
    chance, traffic = np.random.default_rng(3), Traffic(cluster=3.0)
    naive = ours = 0
    for _ in range(RUNS):
        ticks = traffic.ticks(chance)
        naive += called_back(1.0, 0.25, ticks)
        ours += called_back(measured(traffic, chance), 0.25, ticks)
    assert naive > 0.9 * RUNS
    assert ours == 0


def test_the_size_of_a_cluster_is_enough_to_divide_by_only_where_no_late_start_is_bet_on() -> None:
    chance, traffic = np.random.default_rng(4), Traffic(cluster=2.0)
    runs = 2 * RUNS
    from_the_start = with_late_starts = ours = 0
    for _ in range(runs):
        ticks = traffic.ticks(chance)
        from_the_start += called_back(2.0, 0.0, ticks)
        with_late_starts += called_back(2.0, 0.25, ticks)
        ours += called_back(measured(traffic, chance), 0.25, ticks)
    assert from_the_start <= 0.05 * runs < with_late_starts
    assert ours == 0


def measured(traffic: Traffic, chance: np.random.Generator) -> float:
    """What stable says about clusters in the hour before the release."""
    requests = chance.poisson(traffic.rate * LOOK, AN_HOUR)
    return between_looks(requests.tolist(), traffic.bad(chance, requests, traffic.errors).tolist()).phi


@pytest.mark.parametrize(
    "cold_start, called_back", [pytest.param(0.0, True, id="judged"), pytest.param(30.0, False, id="skipped")]
)
def test_a_candidate_that_starts_cold_is_called_back_where_its_first_latencies_are_judged(
    cold_start: float, called_back: bool
) -> None:
    chance, settings = np.random.default_rng(5), ComparisonSettings(latency=LATENCY, cold_start=cold_start)
    cold = latencies(chance, (12, 238), slowed(BOUNDS, SHARES, 3.0, 1.0), looks=6)
    warm = latencies(chance, (12, 238), looks=AN_HOUR - 6)
    fast, slow = (np.vstack(both) for both in zip(cold, warm, strict=True))
    age = LOOK * np.arange(AN_HOUR)
    ticks = Ticks.of(fast.sum(axis=1), 0 * age, slow.sum(axis=1), 0 * age, fast, slow, age)
    assert (over(Comparison.start(settings), ticks).end.against is not None) is called_back
