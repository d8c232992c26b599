"""Counts that cannot be true are refused, and a count that is missing is not a count of zero errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from flightrules.domain.sequential.latency import Latency
from flightrules.domain.sequential.relative_errors import RelativeErrors, RelativeErrorsSettings
from flightrules.domain.sequential.ticks import MOST, Arm, BadCounts, Tick, Ticks
from tests.domain.sequential.traffic import LATENCY

WHOLE = "which is not a whole number of at least 0"
TOO_MANY = "is more than 1,000,000,000,000, which nobody counts in one look"


@pytest.mark.parametrize(
    "counts, says",
    [
        pytest.param({"requests": -1}, f"requests is -1, {WHOLE}", id="negative"),
        pytest.param({"requests": 2.5}, f"requests is 2.5, {WHOLE}", id="fractional"),
        pytest.param({"requests": math.nan}, f"requests is nan, {WHOLE}", id="not a number"),
        pytest.param({"requests": True}, f"requests is True, {WHOLE}", id="no number at all"),
        pytest.param({"requests": 3, "bad": 4}, "4 of 3 requests are bad, which cannot be", id="too many failures"),
        pytest.param({"requests": 10**400}, f"requests {TOO_MANY}", id="beyond what can be weighed"),
        pytest.param({"latency": (1, -2)}, f"latency is -2, {WHOLE}", id="a negative bucket"),
    ],
)
def test_an_arm_with_counts_that_cannot_be_true_is_refused(counts: dict[str, object], says: str) -> None:
    with pytest.raises(BadCounts) as refused:
        Arm(**counts)  # type: ignore[arg-type]
    assert refused.value.what == says


@pytest.mark.parametrize(
    "columns, says",
    [
        pytest.param({"candidate_requests": [1, -1]}, f"candidate_requests is -1 at look 2, {WHOLE}", id="negative"),
        pytest.param({"stable_bad": [0, 0.5]}, f"stable_bad is 0.5 at look 2, {WHOLE}", id="fractional"),
        pytest.param({"stable_requests": [math.inf]}, f"stable_requests is inf at look 1, {WHOLE}", id="infinite"),
        pytest.param({"stable_requests": [math.nan, 1e13]},
                     "stable_requests is more than 1,000,000,000,000 at look 2, which nobody counts in one look",
                     id="beyond what can be weighed"),
        pytest.param({"candidate_requests": [1], "candidate_bad": [2]},
                     "2 of 1 requests are bad at look 1, which cannot be", id="too many failures"),
        pytest.param({"candidate_requests": [1], "stable_requests": [1, 2]},
                     "candidate_requests has 1 looks where another column has 2", id="other lengths"),
        pytest.param({"candidate_latency": [[1, 2]], "stable_latency": [[1, 2, 3]]},
                     "candidate_latency is 1 looks of 2 buckets, not 1 of 3", id="other buckets"),
    ],
)  # fmt: skip
def test_columns_with_counts_that_cannot_be_true_are_refused(columns: dict[str, list[float]], says: str) -> None:
    with pytest.raises(BadCounts) as refused:
        Ticks.of(**columns)
    assert refused.value.what == says


def test_as_many_requests_as_are_taken_are_still_weighed_exactly() -> None:
    start = RelativeErrors.start(RelativeErrorsSettings())
    few, _ = start.over(Ticks.of([10**6], [0], [10], [0]))
    many, _ = start.over(Ticks.of([MOST], [0], [10], [0]))
    assert many == pytest.approx(few, abs=1e-3)


def test_an_arm_whose_counts_are_missing_is_silent_and_the_evidence_stands_still() -> None:
    start = RelativeErrors.start(RelativeErrorsSettings())
    known, _ = start.over(Ticks.of([10, 10], [1, 1], [90, 90], [0, 0]))
    logs, _ = start.over(Ticks.of([10, math.nan, 10], [1, 1, 1], [90, 90, 90], [0, 0, 0]))
    assert logs.tolist() == [known[0], known[0], known[1]]


def test_a_failure_whose_requests_are_missing_is_not_counted() -> None:
    ticks = Ticks.of([math.nan, 5], [3, math.nan], [1, 1], [0, 0])
    assert (ticks.candidate_requests.tolist(), ticks.candidate_bad.tolist()) == ([0, 0], [0, 0])


def test_what_is_handed_over_is_not_changed() -> None:
    mine = np.array([math.nan, 5.0])
    Ticks.of(mine, [0, 0], [1, 1], [0, 0])
    assert math.isnan(mine[0])


def test_an_arm_that_appears_late_is_judged_from_then_on() -> None:
    start = RelativeErrors.start(RelativeErrorsSettings())
    alone = start.after(Tick(Arm(), Arm(90, 40)))
    assert alone == start
    assert alone.after(Tick(Arm(10, 1), Arm(90, 0))) == start.after(Tick(Arm(10, 1), Arm(90, 0)))


def test_a_histogram_with_other_buckets_is_refused_and_says_what_to_do() -> None:
    start, says = Latency.start(LATENCY), "a latency histogram has 2 buckets where the comparison began with 6"
    with pytest.raises(BadCounts) as single:
        start.after(Tick(Arm(3, 0, (1, 2)), Arm()))
    with pytest.raises(BadCounts) as many:
        start.over(Ticks.of(candidate_latency=[[1, 2]], stable_latency=[[1, 2]]))
    for refused in (single, many):
        assert (refused.value.what, refused.value.do) == (
            says, "count in the buckets that it began with, or begin anew"
        )  # fmt: skip


def test_without_histograms_the_latency_test_stands_still() -> None:
    start = Latency.start(LATENCY)
    assert start.after(Tick(Arm(30, 1), Arm(90, 0))) == start
    logs, end = start.over(Ticks.of([30, 30], [0, 0], [90, 90], [0, 0]))
    assert (logs.tolist(), end) == ([start.log_e] * 2, start)
