import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightrules.domain import counts
from flightrules.domain.verdict import Counters, Histogram
from tests.domain.by_hand import BOUNDS, counted

INF = float("inf")


def histogram(bounds: tuple[float, ...], values: list[float]) -> Histogram:
    tally = [0] * len(bounds)
    for value in values:
        tally[next(i for i, bound in enumerate(bounds) if value <= bound)] += 1
    return Histogram(bounds, tuple(tally))


def test_an_increment_is_the_difference_of_two_readings():
    grown = counts.increment(counted(100, 3), counted(150, 5))
    assert (grown.requests, grown.bad, grown.latency.counts) == (50, 2, (50, 0, 0, 0))


def test_the_first_reading_of_a_version_is_counted_from_zero():
    assert counts.increment(None, counted(7, 1)) == counted(7, 1)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(counted(99, 3), id="fewer requests"),
        pytest.param(counted(100, 2), id="fewer bad answers"),
        pytest.param(counted(100, 3, (99, 1, 0, 0)), id="fewer in one bucket"),
        pytest.param(Counters(100, 3, Histogram((1.0, INF), (100, 0))), id="other bounds"),
    ],
)
def test_a_counter_that_decreased_was_reset_and_everything_counts_from_zero(after):
    assert counts.increment(counted(100, 3), after) == after


def test_a_reset_inside_a_window_loses_only_what_nobody_read():
    total = counts.over([counted(100, 1), counted(160, 2), counted(30, 1), counted(50, 4)])
    assert (total.requests, total.bad) == (60 + 50, 1 + 4)


def test_two_resets_inside_a_window_are_both_seen():
    assert counts.over([counted(10), counted(4), counted(3), counted(5)]).requests == 4 + 5


def test_one_reading_spans_no_time_so_nothing_was_counted():
    assert counts.over([counted(100, 100)]) == counts.ZERO


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=1, max_size=20))
def test_what_is_counted_over_a_window_is_the_sum_of_the_increments_between_its_looks(steps):
    total, series = 0, [counted(5)]
    for grown, restarted in steps:
        total = grown if restarted else series[-1].requests + grown
        series.append(counted(total))
    parts = [counts.increment(a, b).requests for a, b in pairwise(series)]
    assert counts.over(series).requests == sum(parts)


def test_histograms_with_other_bounds_merge_on_the_bounds_that_both_have():
    fine = Histogram((0.1, 0.2, 0.4, INF), (1, 2, 3, 4))
    other = Histogram((0.2, 0.3, 0.4, INF), (10, 20, 30, 40))
    assert counts.merge_latency(fine, other) == Histogram((0.2, 0.4, INF), (13, 53, 44))


def test_an_empty_histogram_changes_nothing_whatever_its_bounds():
    full = Histogram((0.1, INF), (1, 2))
    assert counts.merge_latency(counts.NO_LATENCY, full) == full
    assert counts.merge_latency(full, counts.NO_LATENCY) == full


def test_error_rate_and_availability_are_percent_and_exact_where_the_plan_is():
    tenth = counted(1000, 1)
    assert counts.error_rate(tenth) == 0.1
    assert counts.availability(tenth) == 99.9


def test_a_failure_that_was_counted_before_its_request_never_makes_more_than_all():
    early = Counters(2, 3, Histogram(BOUNDS, (2, 0, 0, 0)))
    assert counts.error_rate(early) == 100
    assert counts.availability(early) == 0


def test_percentiles_interpolate_by_ratio_inside_the_bucket():
    latency = Histogram((0.1, 0.4, INF), (0, 100, 0))
    assert counts.percentile(latency, 0.5) == pytest.approx(0.2)


def test_percentiles_interpolate_by_distance_in_the_first_bucket():
    assert counts.percentile(Histogram((0.1, INF), (100, 0)), 0.5) == pytest.approx(0.05)


def test_a_percentile_beyond_the_last_bound_reads_as_that_bound():
    assert counts.percentile(Histogram((0.1, 60.0, INF), (10, 0, 90)), 0.95) == 60.0


def test_there_is_no_percentile_of_nothing_and_none_without_a_finite_bound():
    assert counts.percentile(Histogram((0.1, INF), (0, 0)), 0.5) is None
    assert counts.percentile(Histogram((INF,), (10,)), 0.5) is None


LOG_BOUNDS = (*(0.0005 * 1.3**step for step in range(45)), INF)


@given(
    st.lists(st.floats(0.0005, 60), min_size=1, max_size=300),
    st.sampled_from([0.5, 0.95, 0.99]),
)
def test_a_percentile_is_never_outside_the_bucket_that_holds_the_request_of_its_rank(values, fraction):
    value = counts.percentile(histogram(LOG_BOUNDS, values), fraction)
    exact = sorted(values)[max(0, math.ceil(fraction * len(values)) - 1)]
    bucket = next(i for i, bound in enumerate(LOG_BOUNDS) if exact <= bound)
    lower = LOG_BOUNDS[bucket - 1] if bucket else 0.0
    assert value is not None
    assert lower * (1 - 1e-12) <= value <= min(LOG_BOUNDS[bucket], LOG_BOUNDS[-2])


@given(st.lists(st.integers(0, 100), min_size=4, max_size=4))
def test_percentiles_never_fall_as_the_rank_rises(tally):
    latency = Histogram(BOUNDS, tuple(tally))
    values = [counts.percentile(latency, rank / 20) for rank in range(1, 21)]
    assert values == [None] * 20 or values == sorted(v for v in values if v is not None)
