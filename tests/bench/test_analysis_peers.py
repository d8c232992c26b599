"""The peers do what their documentation says, on cases small enough to count by hand."""

import numpy as np
import pytest

from bench.analysis.latency import BOUNDS
from bench.analysis.peers.argo import ArgoLike, in_a_row
from bench.analysis.peers.flagger import FlaggerLike
from bench.analysis.peers.kayenta import Classification, KayentaLike, hodges_lehmann, score
from bench.analysis.peers.windows import error_rates, minutes, percentiles
from bench.analysis.traffic import Arm, Trace

NEVER = float("inf")
NAN = float("nan")


def arm(requests: list[int], bad: list[int], latency: list[list[int]] | None = None) -> Arm:
    """One run, a minute for each number."""
    counts = (np.repeat(each, 12) for each in (requests, bad))
    histogram = np.zeros((len(requests), 0), dtype=int) if latency is None else np.array(latency)
    one, other = (count[None] for count in counts)
    return Arm(one, other, np.repeat(histogram, 12, axis=0)[None])


def trace(candidate: Arm, stable: Arm) -> Trace:
    return Trace(candidate, stable, stable, BOUNDS if candidate.latency.shape[2] else ())


def test_a_minute_is_twelve_looks_added_up() -> None:
    seen = minutes(trace(arm([10, 20], [1, 0]), arm([100, 100], [0, 0])))
    assert seen.candidate.requests.tolist() == [[120, 240]]
    assert seen.candidate.bad.tolist() == [[12, 0]]


def test_without_requests_there_is_no_error_rate() -> None:
    assert error_rates(arm([10, 0], [1, 0]))[0, [0, 12]].tolist() == pytest.approx([0.1, NAN], nan_ok=True)


def test_a_percentile_lies_linearly_inside_its_bucket_and_never_above_the_last_finite_bound() -> None:
    counted = Arm(np.array([[4, 4, 0]]), np.zeros((1, 3), dtype=int), np.array([[[2, 2, 0], [0, 0, 4], [0, 0, 0]]]))
    half, top, none = percentiles(counted, 0.75, (1.0, 2.0, NEVER))[0]
    assert (half, top) == (1.5, 2.0)
    assert np.isnan(none)


class TestArgo:
    def test_the_run_is_aborted_by_the_failure_after_those_that_are_allowed_however_far_apart(self) -> None:
        measured = np.array([[0.02, 0, 0.02, 0, 0, 0.02, 0, 0.02], [0.02, 0.02, 0.02, 0, 0, 0, 0, 0]])
        assert ArgoLike(failure_limit=3).assess(measured).aborted.tolist() == [8 * 60, NEVER]

    def test_the_limit_itself_is_still_successful(self) -> None:
        assert ArgoLike(failure_limit=0).assess(np.array([[0.01]])).aborted.tolist() == [NEVER]

    def test_what_is_neither_successful_nor_failed_pauses_the_rollout(self) -> None:
        decided = ArgoLike(success=0.01, failure=0.05).assess(np.array([[0.005, 0.03, 0.001]]))
        assert (decided.aborted.tolist(), decided.paused.tolist()) == ([NEVER], [120])

    def test_inconclusive_measurements_up_to_their_limit_change_nothing(self) -> None:
        judge = ArgoLike(success=0.01, failure=0.05, inconclusive_limit=1, failure_limit=0)
        decided = judge.assess(np.array([[0.03, 0.001, 0.06]]))
        assert (decided.aborted.tolist(), decided.paused.tolist()) == ([180], [NEVER])

    def test_four_measurements_in_a_row_may_be_impossible_and_a_fifth_not(self) -> None:
        measured = np.array([[NAN] * 4 + [0.0] + [NAN] * 4, [NAN] * 5 + [0.0] * 4])
        assert ArgoLike().assess(measured).aborted.tolist() == [NEVER, 300]

    def test_a_measurement_that_could_not_be_made_is_no_failure(self) -> None:
        assert ArgoLike(failure_limit=0).assess(np.array([[NAN, NAN]])).aborted.tolist() == [NEVER]

    def test_a_row_ends_with_what_is_not_of_it(self) -> None:
        happens = np.array([[True, True, False, True, False, False]])
        assert in_a_row(happens).tolist() == [[1, 2, 0, 1, 0, 0]]

    def test_only_the_candidate_is_looked_at(self) -> None:
        bad = trace(arm([10] * 4, [1] * 4), arm([100] * 4, [10] * 4))
        assert ArgoLike().decide(bad).tolist() == [240]


class TestFlagger:
    def test_failed_checks_add_up_to_the_threshold(self) -> None:
        failed = np.array([[True, False, True, False, True], [True, True, False, False, False]])
        assert FlaggerLike(threshold=3).count(failed).tolist() == [300, NEVER]

    def test_no_traffic_is_a_failed_check(self) -> None:
        silent = trace(arm([0, 0, 10], [0, 0, 0]), arm([100] * 3, [0] * 3))
        assert FlaggerLike(threshold=2).decide(silent).tolist() == [120]

    def test_the_range_holds_at_its_end(self) -> None:
        at_limit = trace(arm([100], [1]), arm([100], [0]))
        assert not FlaggerLike().failed(minutes(at_limit)).any()

    def test_a_slow_tail_fails_a_check_without_any_bad_answer(self) -> None:
        slow = [[0, 0, 98, 0, 2, 0]]
        checked = FlaggerLike().failed(minutes(trace(arm([100], [0], slow), arm([100], [0], slow))))
        assert checked.tolist() == [[True]]


class TestKayenta:
    def test_five_points_that_all_lie_higher_are_enough(self) -> None:
        assert KayentaLike().high(np.array([[16.0, 17, 18, 19, 20]]), np.array([[1.0, 2, 3, 4, 5]])).tolist() == [True]

    def test_one_point_in_the_wrong_order_is_too_much_for_five(self) -> None:
        # Of 25 pairs 24 are in order: z = (24 − 12.5 − 0.5) / 4.787 = 2.298, below the 2.326 of 98 %.
        assert not KayentaLike(tolerance=0.0).high(np.array([[4.5, 7, 8, 9, 10]]), np.array([[1.0, 2, 3, 4, 5]])).any()

    def test_four_points_are_no_data(self) -> None:
        four = np.array([[16.0, 17, 18, 19, NAN]])
        assert not KayentaLike().high(four, np.array([[1.0, 2, 3, 4, 5]])).any()

    def test_points_without_data_are_left_out(self) -> None:
        six = np.array([[16.0, NAN, 17, 18, 19, 20]])
        assert KayentaLike().high(six, np.array([[1.0, 2, 3, 4, 5, NAN]])).tolist() == [True]

    def test_a_shift_that_is_not_sure_to_be_a_quarter_of_its_estimate_passes(self) -> None:
        # The estimate is 10, so 2.5 is allowed: taken off, the smallest point of the candidate falls among stable's.
        candidate, stable = np.array([[3.0, 11, 12, 13, 14]]), np.array([[0.0, 1, 2, 1.5, 0.5]])
        assert KayentaLike(tolerance=0.0).high(candidate, stable).tolist() == [True]
        assert KayentaLike(tolerance=0.25).high(candidate, stable).tolist() == [False]

    def test_a_candidate_that_is_better_passes(self) -> None:
        assert not KayentaLike().high(np.array([[1.0, 2, 3, 4, 5]]), np.array([[6.0, 7, 8, 9, 10]])).any()

    def test_points_that_are_all_the_same_pass(self) -> None:
        assert not KayentaLike().high(np.zeros((1, 5)), np.zeros((1, 5))).any()

    def test_the_estimate_is_the_median_of_all_differences(self) -> None:
        # 1−0, 1−5, 4−0, 4−5, 10−0, 10−5: −4, −1, 1, 4, 5, 10.
        assert hodges_lehmann(np.array([[1.0, 4, 10]]), np.array([[0.0, 5]])).tolist() == [2.5]

    def test_it_is_judged_every_five_minutes_over_all_that_was_seen(self) -> None:
        late = trace(arm([100] * 10, [1] + [40] * 9), arm([100] * 10, [1, 2, 0, 1, 2] * 2))
        assert KayentaLike().decide(late).tolist() == [600]

    def test_the_score_is_the_part_of_the_judged_weight_that_passes(self) -> None:
        weights = {"errors": 60.0, "latency": 20.0, "memory": 20.0}
        failed = {"errors": False, "latency": True, "memory": None}
        assert score(failed, weights, critical=set()) == 75
        assert KayentaLike().classify(failed, weights, set()) is Classification.MARGINAL
        assert KayentaLike().classify({**failed, "latency": False}, weights, set()) is Classification.PASS

    def test_a_critical_metric_that_fails_leaves_no_score(self) -> None:
        failed = {"errors": True, "latency": False}
        assert score(failed, {"errors": 1.0, "latency": 99.0}, {"errors"}) == 0
        assert KayentaLike().classify(failed, {"errors": 1.0, "latency": 99.0}, {"errors"}) is Classification.FAIL
