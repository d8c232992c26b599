"""What a hold will be able to see."""

import pytest

from flightrules.domain.comparing.foresight import Foresight, Usual, foresee
from flightrules.domain.counts import NO_LATENCY
from flightrules.domain.terms import USUAL, Terms
from flightrules.domain.verdict import Histogram
from tests.plan_file.plans import SERVICES, read

STAGES = """\
stages:
  - {stage: short, traffic: 5%, hold: 60s, look: every 5s, pass: p95 < 1s, fail: roll back}
  - {stage: long, traffic: 25%, hold: 24h, look: every 15s, pass: p95 < 1s, fail: roll back}
  - {stage: full, traffic: 100%, hold: 1h, look: every 15s, pass: p95 < 1s}
"""
LATENCY = Histogram((0.01, 0.02, 0.04, 0.08, 0.16, 0.32, float("inf")), (100, 500, 300, 80, 15, 5, 0))


def foreseen(requests_per_second: float, terms: Terms = USUAL, latency: Histogram = NO_LATENCY):
    usual = Usual(requests_per_second, 0.001, latency)
    return {each.stage: each for each in foresee(read(SERVICES + STAGES), terms, usual)}


def test_a_hold_with_a_handful_of_requests_sees_nothing() -> None:
    assert foreseen(0.5)["short"] == Foresight("short", 1, True, False, None, None, None)


def test_the_more_requests_the_smaller_the_regression_that_is_seen() -> None:
    few, many = foreseen(5)["long"], foreseen(500)["long"]
    assert few.error_rate is not None and many.error_rate is not None
    assert 0.0011 < many.error_rate < few.error_rate < 0.01


def test_with_all_the_traffic_only_a_limit_sees_anything() -> None:
    assert foreseen(50)["full"].error_rate is None
    limited = foreseen(50, Terms(limit=0.02))["full"]
    assert (limited.compared, limited.limited) == (False, True)
    assert limited.error_rate == pytest.approx(0.02, rel=0.2)


def test_slowness_is_foreseen_where_it_is_known_how_fast_a_service_answers() -> None:
    assert foreseen(50)["long"].tail is None
    known = foreseen(50, latency=LATENCY)["long"]
    assert known.tail is not None and known.whole is not None
    assert 1 < known.whole < known.tail < 3
