"""The traffic that judges are compared on is what its situation says, and the same every time."""

import math

import numpy as np
import pytest

from bench.analysis import latency, situations
from bench.analysis.bound import Bernoulli, Oracle, wald_seconds, whole_looks
from bench.analysis.disturbances import lose_ticks, reset_counters
from bench.analysis.situations import CELLS, ORDINARY, Situation
from bench.analysis.traffic import TICKS, Cell, Trace

BUSY = Cell(500, 0.25, 0.01)


def counted(situation: Situation, runs: int = 20) -> Trace:
    return situation.trace(0, runs)


def test_twelve_services_of_every_size_are_judged() -> None:
    assert len(CELLS) == len(set(CELLS)) == 12


def test_a_situation_gives_the_same_traffic_every_time_and_others_give_other() -> None:
    once, again = (counted(situations.healthy(ORDINARY)) for _ in range(2))
    assert np.array_equal(once.candidate.latency, again.candidate.latency)
    assert not np.array_equal(once.stable.bad, counted(situations.traffic_step()).stable.bad)


def test_few_runs_are_the_first_of_many() -> None:
    (few,) = situations.regression(ORDINARY, 2).traces(3)
    many = list(situations.regression(ORDINARY, 2).traces(120))
    assert [each.runs for each in many] == [100, 20]
    assert np.array_equal(few.candidate.bad, many[0].candidate.bad[:3])
    assert not np.array_equal(many[0].candidate.bad[:20], many[1].candidate.bad)


def test_requests_come_at_the_rate_and_the_share_of_the_service() -> None:
    seen = counted(situations.healthy(BUSY))
    assert seen.candidate.requests.mean() / 5 == pytest.approx(125, rel=0.01)
    assert seen.stable.requests.mean() / 5 == pytest.approx(375, rel=0.01)
    assert seen.stable.bad.sum() / seen.stable.requests.sum() == pytest.approx(0.01, rel=0.02)
    assert np.array_equal(seen.candidate.latency.sum(axis=2), seen.candidate.requests)


def test_a_late_regression_is_none_before_its_onset() -> None:
    bad = counted(situations.regression(BUSY, 5, onset=1800)).candidate.bad
    assert bad[:, : TICKS // 2].mean() / 625 == pytest.approx(0.01, rel=0.05)
    assert bad[:, TICKS // 2 :].mean() / 625 == pytest.approx(0.05, rel=0.05)


def test_total_failure_is_every_request_of_the_candidate_and_none_more_of_stable() -> None:
    seen = counted(situations.total_failure(ORDINARY))
    assert np.array_equal(seen.candidate.bad, seen.candidate.requests)
    assert seen.stable.bad.sum() < 0.011 * seen.stable.requests.sum()


def test_clusters_leave_the_mean_and_raise_the_variance_to_what_geometric_sizes_give() -> None:
    bad = counted(situations.clustered_errors(BUSY)).stable.bad
    assert bad.mean() == pytest.approx(18.75, rel=0.02)
    # A compound Poisson number has variance λ·E[size²], here mean · (2 − 1/3) · 3: five times its mean.
    assert bad.var() / bad.mean() == pytest.approx(5, rel=0.05)


def test_doubling_the_slowest_two_percent_doubles_the_99th_percentile() -> None:
    assert latency.shares(latency.BOUNDS).sum() == pytest.approx(1)
    before, after = (
        np.cumsum(shares) for shares in (latency.shares(latency.BOUNDS), latency.shares(latency.BOUNDS, 2.0, 0.02))
    )
    # The 98th percentile is 274 ms, so nothing below 250 ms changes, and what was at 323 ms is at 646 ms.
    assert after[:3] == pytest.approx(before[:3])
    assert after[3] == pytest.approx(0.98)
    assert after[4] == pytest.approx(before[3], abs=1e-4)


def test_what_a_missed_look_did_not_see_is_seen_at_the_next() -> None:
    whole = counted(situations.healthy(ORDINARY))
    seen = lose_ticks(whole, np.random.default_rng(1))
    assert np.array_equal(seen.candidate.requests.sum(axis=1), whole.candidate.requests.sum(axis=1))
    assert np.array_equal(seen.stable.latency.sum(axis=1), whole.stable.latency.sum(axis=1))
    assert (seen.stable.requests == 0).mean() == pytest.approx(0.1, abs=0.01)


def test_what_was_counted_before_a_reset_in_its_tick_is_gone_and_nothing_else() -> None:
    whole = counted(situations.healthy(ORDINARY))
    seen = reset_counters(whole, np.random.default_rng(1))
    lost = whole.stable.requests - seen.stable.requests
    assert (lost >= 0).all()
    assert (lost > 0).mean() == pytest.approx(1 / 120, rel=0.3)
    assert np.array_equal(seen.stable.latency.sum(axis=2), seen.stable.requests)
    assert (seen.stable.bad <= seen.stable.requests).all()


def test_the_nearest_null_hypothesis_of_equal_rates_is_their_mean_by_traffic() -> None:
    known = Bernoulli(candidate=0.05, stable=0.01, share=0.25, allowed=1.0)
    assert known.nearest() == pytest.approx(0.25 * 0.05 + 0.75 * 0.01, rel=1e-6)


def test_the_bound_falls_with_the_rate_and_is_rounded_up_to_looks() -> None:
    slow, fast = (wald_seconds(Cell(rate, 0.05, 0.01), 5, 1.1) for rate in (5, 50))
    assert slow == pytest.approx(10 * fast)
    assert (whole_looks(0.01), whole_looks(5.0), whole_looks(5.1)) == (5, 5, 10)


def test_the_oracle_is_near_the_bound_and_is_never_earlier_than_the_onset() -> None:
    situation = situations.regression(Cell(50, 0.05, 0.01), 3, onset=600)
    oracle = Oracle(Bernoulli.of(situation.cell, 3, 1.1), onset=600)
    decided = oracle.decide(counted(situation, 100))
    assert decided.min() > 600
    assert np.mean(decided - 600) == pytest.approx(wald_seconds(situation.cell, 3, 1.1), rel=0.25)


def test_the_oracle_keeps_its_promise_on_healthy_traffic() -> None:
    judge = Oracle(Bernoulli.of(ORDINARY, 3, 1.0))
    assert np.isfinite(judge.decide(counted(situations.healthy(ORDINARY), 100))).mean() <= 0.03


def test_every_situation_has_a_name_of_its_own_for_its_seed() -> None:
    some = [situations.healthy(ORDINARY), situations.regression(ORDINARY, 2), situations.regression(ORDINARY, 2, 1800),
            situations.total_failure(ORDINARY), situations.dependency_outage(), situations.slow_tail(),
            situations.clustered_errors(), *(make() for make in situations.STRESS)]  # fmt: skip
    assert len({situation.name for situation in some}) == len(some)
    assert math.isclose(sum(latency.shares(latency.BOUNDS, 3.0)), 1)
