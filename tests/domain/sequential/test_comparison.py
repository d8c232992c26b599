from __future__ import annotations

import math
from dataclasses import replace

import pytest

from flightrules.domain.sequential.absolute_errors import AbsoluteErrorsSettings
from flightrules.domain.sequential.certification import CertificationSettings
from flightrules.domain.sequential.comparison import Comparison, ComparisonSettings, Concern
from flightrules.domain.sequential.latency import LatencySettings
from flightrules.domain.sequential.relative_errors import RelativeErrorsSettings
from flightrules.domain.sequential.slowdowns import slowed
from flightrules.domain.sequential.ticks import Arm, Tick
from flightrules.domain.sequential.wealth import BadSetting, Onset
from tests.domain.sequential.traffic import BOUNDS, LATENCY, SHARES

ABSOLUTE = AbsoluteErrorsSettings(0.02)
ALL = ComparisonSettings(absolute=ABSOLUTE, latency=LATENCY)
SLOW = slowed(BOUNDS, SHARES, 4.0, 1.0)
FAILING = Tick(Arm(100, 50), Arm(900, 1))


def histogram(requests: int, shares: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(round(requests * share) for share in shares)


def slow(requests: int = 100, age: float = math.inf) -> Tick:
    return Tick(
        Arm(requests, 0, histogram(requests, SLOW)), Arm(10 * requests, 0, histogram(10 * requests, SHARES)), age
    )


def test_before_the_first_look_e_is_one() -> None:
    assert Comparison.start(ALL).log_e == pytest.approx(0.0, abs=1e-12)


def test_e_is_the_mean_of_the_three_tests_weighted_by_their_stakes() -> None:
    seen = Comparison.start(ALL).after(replace(slow(), candidate=replace(slow().candidate, bad=3)))
    assert seen.absolute and seen.latency
    parts = 0.5 * math.exp(seen.errors.log_e), 0.1 * math.exp(seen.absolute.log_e), 0.4 * math.exp(seen.latency.log_e)
    assert math.exp(seen.log_e) == pytest.approx(sum(parts))


@pytest.mark.parametrize(
    "settings, stakes",
    [
        pytest.param(ALL, [0.5, 0.1, 0.4], id="all three"),
        pytest.param(ComparisonSettings(absolute=ABSOLUTE), [5 / 6, 1 / 6], id="without latencies"),
        pytest.param(ComparisonSettings(latency=LATENCY), [5 / 9, 4 / 9], id="without a limit"),
        pytest.param(ComparisonSettings(), [1.0], id="errors alone"),
    ],
)
def test_the_stake_of_a_test_that_there_is_nothing_for_goes_to_the_others(
    settings: ComparisonSettings, stakes: list[float]
) -> None:
    assert list(settings.stakes.values()) == pytest.approx(stakes)


def test_the_first_look_at_which_e_reaches_its_limit_is_kept_whatever_follows() -> None:
    seen = Comparison.start(ComparisonSettings()).after(Tick(Arm(10), Arm(90))).after(Tick(Arm(100, 10), Arm(900, 1)))
    assert seen.against and (seen.against.looks, seen.against.concern) == (2, Concern.ERRORS)
    assert seen.after(FAILING).against == seen.against
    later = seen.after(Tick(Arm(100_000, 100), Arm(900_000, 900)))
    assert later.log_e < later.settings.limit
    assert (later.against, later.peak) == (seen.against, seen.peak)


def test_fewer_than_three_errors_call_nobody_back() -> None:
    settings = ComparisonSettings(RelativeErrorsSettings(prior_rate=1e-6))
    seen = Comparison.start(settings).after(Tick(Arm(2, 2), Arm(100_000)))
    assert seen.log_e > settings.limit and seen.against is None
    assert seen.after(Tick(Arm(1, 1), Arm(100_000))).against is not None


def test_latency_calls_back_without_any_error() -> None:
    seen = Comparison.start(ALL)
    for _ in range(3):
        seen = seen.after(slow())
    assert seen.against and seen.against.concern is Concern.LATENCY


def test_a_fresh_candidate_is_not_judged_by_its_latency_for_thirty_seconds() -> None:
    seen = Comparison.start(ALL)
    for age in (0.0, 10.0, 29.0):
        seen = seen.after(slow(age=age))
    assert seen.latency == Comparison.start(ALL).latency
    assert seen.after(slow(age=30.0)).latency != seen.latency


def test_errors_of_a_fresh_candidate_count() -> None:
    assert Comparison.start(ALL).after(replace(FAILING, candidate_age=0.0)).against is not None


def test_overdispersion_divides_the_evidence() -> None:
    plain, divided = (
        Comparison.start(ComparisonSettings(RelativeErrorsSettings(overdispersion=phi, onset=Onset(0.0))))
        for phi in (1.0, 3.0)
    )
    assert 0 < divided.after(FAILING).log_e < plain.after(FAILING).log_e / 2


@pytest.mark.parametrize(
    "build, says",
    [
        (lambda: ComparisonSettings(false_alarm=0.0), "false_alarm is 0; it must be more than 0 and less than 1"),
        (lambda: RelativeErrorsSettings(tolerance=-0.1), "tolerance is -0.1; it must be at least 0"),
        (lambda: RelativeErrorsSettings(overdispersion=0.9), "overdispersion is 0.9; it must be at least 1"),
        (lambda: RelativeErrorsSettings(prior_requests=0),
         "a prior error rate of 0.01 from 0 requests is none; the rate must be from 0 to 1, the requests more than 0"),
        (lambda: AbsoluteErrorsSettings(1.0), "p_max is 1; it must be more than 0 and less than 1"),
        (lambda: Onset(late_mass=1.0), "late_mass is 1; it must be at least 0 and less than 1"),
        (lambda: Onset(horizon_ticks=0), "horizon_ticks is 0; it must be at least 1"),
        (lambda: LatencySettings((0.5, 0.5), ()), "there is no alternative histogram; give at least one"),
        (lambda: LatencySettings((0.5, 0.5), ((1.0,),)),
         "alternative 1 has 1 buckets; all histograms must have the same number, at least 2"),
        (lambda: LatencySettings((0.5, 0.6), ((0.5, 0.5),)),
         "baseline_shares is no histogram: its shares must be from 0 to 1 and sum to 1"),
        (lambda: replace(LATENCY, min_candidate_requests=0), "min_candidate_requests is 0; it must be at least 1"),
        (lambda: replace(LATENCY, tolerance=1.0), "tolerance is 1; it must be at least 0 and less than 1"),
        (lambda: CertificationSettings(factor=1.0), "factor is 1; it must be more than 1"),
        (lambda: CertificationSettings(error=1.0), "error is 1; it must be more than 0 and less than 1"),
    ],
)  # fmt: skip
def test_a_parameter_outside_its_range_is_refused(build: object, says: str) -> None:
    assert callable(build)
    with pytest.raises(BadSetting) as refused:
        build()
    assert refused.value.what == says
