from __future__ import annotations

import math
from dataclasses import replace

import pytest

from flightrules.domain.sequential import words
from flightrules.domain.sequential.absolute_errors import AbsoluteErrorsSettings
from flightrules.domain.sequential.comparison import Comparison, ComparisonSettings, Concern, Crossing, Total
from flightrules.domain.verdict import Histogram

BOUNDS = (0.1, 0.2, 0.4, 0.8, float("inf"))
SEEN = replace(
    Comparison.start(ComparisonSettings(absolute=AbsoluteErrorsSettings(0.01))),
    candidate=Total(762, 16),
    stable=Total(14478, 14),
    peak=math.log(30_000),
)


def against(concern: Concern) -> Comparison:
    return replace(SEEN, against=Crossing(12, 10.3, concern))


def test_a_verdict_on_errors_says_both_rates_the_counts_and_what_chance_would_do() -> None:
    assert words.verdict(against(Concern.ERRORS)) == (
        "candidate fails 2.1% of requests, stable 0.097% (16 of 762 against 14 of 14,478); "
        "a healthy release would look this bad with probability below 0.0001"
    )


def test_a_verdict_on_the_limit_says_what_the_plan_allows() -> None:
    assert words.verdict(against(Concern.ABSOLUTE)) == (
        "candidate fails 2.1% of requests (16 of 762), more than the 1% that the plan allows; "
        "a healthy release would look this bad with probability below 0.0001"
    )


def test_a_verdict_on_latency_names_the_percentile_that_is_furthest_off() -> None:
    candidate, stable = Histogram(BOUNDS, (300, 160, 0, 40, 0)), Histogram(BOUNDS, (6000, 3900, 99, 1, 0))
    assert words.verdict(against(Concern.LATENCY), candidate, stable) == (
        "candidate's p99 is 734ms, stable's 200ms (500 requests against 10,000); "
        "a healthy release would look this bad with probability below 0.0001"
    )


def test_a_verdict_on_latency_without_histograms_says_no_more_than_is_known() -> None:
    assert words.latency(None, None) == "candidate's latencies differ from those of stable"
    assert words.latency(Histogram(BOUNDS, (0,) * 5), Histogram(BOUNDS, (5,) * 5)) == words.latency(None, None)


def test_a_rate_below_the_limit_is_not_called_more() -> None:
    assert words.errors_against(Total(1000, 2), 0.01) == (
        "candidate fails 0.2% of requests (2 of 1,000), where the plan allows 1%"
    )


def test_who_has_had_no_requests_is_named() -> None:
    assert words.errors(Total(), Total(5, 0)) == "candidate has had no requests, so there is nothing to compare"
    assert words.errors(Total(5, 0), Total()) == "stable has had no requests, so there is nothing to compare"
    assert words.errors_against(Total(), 0.1) == "candidate has had no requests, so there is nothing to compare"


@pytest.mark.parametrize(
    "e, says",
    [
        (1, "a healthy release may well look like this"),
        (9.9, "a healthy release may well look like this"),
        (10, "a healthy release would look this bad with probability below 0.1"),
        (99, "a healthy release would look this bad with probability below 0.1"),
        (100, "a healthy release would look this bad with probability below 0.01"),
        (1e30, "a healthy release would look this bad with probability below 0.000001"),
    ],
)
def test_chance_is_rounded_up_to_a_power_of_ten(e: float, says: str) -> None:
    assert words.chance(math.log(e)) == says
