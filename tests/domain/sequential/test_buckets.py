from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightrules.domain.sequential.buckets import bounds_for, coarsened
from flightrules.domain.sequential.slowdowns import FACTORS, SLOWEST, baseline, slowdowns, slowed
from flightrules.domain.sequential.ticks import BadCounts
from flightrules.domain.sequential.wealth import BadSetting
from flightrules.domain.verdict import Histogram
from tests.domain.sequential.traffic import BOUNDS, SHARES

FINE = (*(0.001 * 1.12**step for step in range(90)), math.inf)
NORMAL = Histogram(
    FINE, tuple(np.histogram(np.random.default_rng(1).lognormal(-2.5, 0.6, 20_000), (0, *FINE))[0].tolist())
)


def test_of_ninety_buckets_at_most_eleven_are_compared_and_all_of_them_are_its_own() -> None:
    bounds = bounds_for(NORMAL)
    assert 6 <= len(bounds) <= 11 and set(bounds) <= set(FINE)
    assert list(bounds) == sorted(bounds) and bounds[-1] == math.inf


def test_there_are_buckets_beyond_what_stable_has_shown() -> None:
    bounds = bounds_for(NORMAL)
    assert sum(count for bound, count in zip(FINE, NORMAL.counts, strict=True) if bound > bounds[-2]) == 0


@given(counts=st.lists(st.integers(0, 1000), min_size=3, max_size=3).filter(any))
def test_any_baseline_with_a_finite_bound_gives_buckets(counts: list[int]) -> None:
    bounds = bounds_for(Histogram((0.1, 0.2, math.inf), tuple(counts)))
    assert len(bounds) >= 2 and bounds[-1] == math.inf


@pytest.mark.parametrize("empty", [Histogram((math.inf,), (5,)), Histogram((0.1, math.inf), (0, 0))])
def test_without_a_baseline_there_are_no_buckets(empty: Histogram) -> None:
    for build in (bounds_for, baseline):
        with pytest.raises(BadSetting) as refused:
            build(empty)
        assert refused.value.what == "no latency was measured, so there is no baseline; compare without latencies"


def test_merging_buckets_loses_no_request() -> None:
    assert coarsened(Histogram((0.1, 0.2, 0.4, math.inf), (1, 2, 3, 4)), (0.2, math.inf)) == (3, 7)


def test_buckets_that_cannot_be_known_any_more_are_refused() -> None:
    with pytest.raises(BadCounts) as refused:
        coarsened(Histogram((0.1, 0.3, math.inf), (1, 2, 3)), (0.2, math.inf))
    assert (refused.value.what, refused.value.do) == (
        "latencies were compared with a bound of 0.2s, and are counted without it now",
        "compare without latencies from here on",
    )


def test_a_bucket_that_happened_to_be_empty_is_not_supposed_impossible() -> None:
    shares = baseline(Histogram((0.1, 0.2, math.inf), (9, 0, 0)))
    assert min(shares) > 0 and sum(shares) == pytest.approx(1)


def test_every_alternative_is_a_histogram_with_no_more_requests_below_any_bound_than_the_baseline() -> None:
    alternatives = np.array(slowdowns(BOUNDS, SHARES))
    assert alternatives.shape == (len(FACTORS) * len(SLOWEST), len(SHARES))
    np.testing.assert_allclose(alternatives.sum(axis=1), 1)
    assert (np.cumsum(alternatives, axis=1) <= np.cumsum(SHARES) + 1e-12).all()


def test_only_the_slowest_part_slows_down() -> None:
    slower = slowed(BOUNDS, SHARES, 4.0, 0.02)
    assert slower[:3] == pytest.approx(SHARES[:3])
    assert slower[3:] == pytest.approx((0.01, 0.0, 0.02), abs=1e-9)


def test_twice_as_slow_is_one_bucket_up_where_each_bound_is_twice_the_one_before() -> None:
    bounds, shares = (0.1, 0.2, 0.4, math.inf), (0.0, 0.5, 0.5, 0.0)
    assert slowed(bounds, shares, 2.0, 1.0) == pytest.approx((0.0, 0.0, 0.5, 0.5))
