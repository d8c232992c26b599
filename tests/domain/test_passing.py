from dataclasses import replace

import pytest

from flightrules.domain.passing import Hold, judge, judge_hold
from flightrules.domain.plan import BaselineLimit, GrowthLimit, Metric, Unit
from flightrules.domain.verdict import ALL, CANDIDATE, STABLE, Reading, Verdict
from tests.domain.by_hand import condition, counted, gauge, look, plan, reading, traffic_look

MANY = condition("error_rate", "<", 0.5)
GAUGES = plan(metrics=[gauge("cpu", Unit.PERCENT), gauge("queue"), gauge("memory", Unit.BYTES)])


def counting(*pairs, every=60.0):
    return [traffic_look(n * every, stable, candidate) for n, (stable, candidate) in enumerate(pairs)]


def steady(*values, subject=CANDIDATE, metric="cpu"):
    return [look(n * 60.0, reading(metric, value, subject)) for n, value in enumerate(values)]


def test_counts_are_summed_over_the_whole_hold():
    looks = counting((counted(0), counted(100)), (counted(900), counted(600, 5)), (counted(1800), counted(1100, 5)))
    assert judge([condition("error_rate", "<=", 0.5)], looks, plan()) == (
        Verdict.PASS,
        "error_rate of v2 is 0.5% (5 of 1000 requests), at or below the limit of 0.5% over 2m",
    )
    assert judge([MANY], looks, plan())[0] is Verdict.FAIL


def test_what_was_counted_before_the_hold_does_not_count():
    looks = counting((counted(0), counted(100, 100)), (counted(900), counted(600, 100)))
    assert judge([MANY], looks, plan())[0] is Verdict.PASS


def test_histograms_are_merged_over_the_hold():
    looks = counting((counted(0), counted(0)), (counted(0), counted(100, 0, (90, 0, 10, 0))))
    verdict, says = judge([condition("p95", "<", 0.2)], looks, plan())
    assert verdict is Verdict.FAIL
    assert says == "p95 of v2 is 282.8ms (100 requests), not below the limit of 200ms over 1m"


def test_too_few_requests_neither_pass_nor_fail():
    looks = counting((counted(0), counted(0)), (counted(900), counted(19, 19)))
    assert judge([MANY], looks, plan()) == (
        Verdict.INSUFFICIENT,
        "error_rate of v2 is not known: 19 requests in 1m, 20 are needed",
    )


def test_a_router_that_is_down_at_the_end_of_the_hold_neither_passes_nor_fails():
    looks = counting((counted(0), counted(0)), (counted(900), counted(900)), (None, None))
    gap = Reading("error_rate", CANDIDATE, "web", None, Verdict.UNREACHABLE, "it is down")
    looks[-1] = replace(looks[-1], readings=(gap,))
    assert judge([MANY], looks, plan()) == (Verdict.UNREACHABLE, "error_rate of v2 is not known: it is down")


def test_a_router_that_was_down_for_most_of_the_hold_neither_passes_nor_fails():
    looks = counting(*[(None, None)] * 8, (counted(0), counted(0)), (counted(900), counted(900)))
    assert judge([MANY], looks, plan()) == (
        Verdict.INSUFFICIENT,
        "error_rate of v2 is not known: the router was watched for 1m only, half of the hold is needed",
    )


def test_gauges_are_averaged_over_the_looks():
    verdict, says = judge([condition("cpu", "<", 50)], steady(30.0, 60.0, 30.0), GAUGES)
    assert (verdict, says) == (Verdict.PASS, "cpu of v2 is 40%, below the limit of 50% over 2m")


def test_a_gauge_that_cannot_tell_versions_apart_is_averaged_too_also_with_looks_missing():
    looks = steady(30.0, 60.0, 30.0, subject=ALL)
    looks[1] = look(60.0, Reading("cpu", CANDIDATE, "web", None, Verdict.UNREACHABLE, "down"))
    assert judge([condition("cpu", "<", 50)], looks, GAUGES)[1] == "cpu is 30%, below the limit of 50% over 2m"


@pytest.mark.parametrize(
    ("missing", "verdict"),
    [(Verdict.INSUFFICIENT, Verdict.INSUFFICIENT), (Verdict.UNREACHABLE, Verdict.UNREACHABLE)],
)
def test_a_gauge_that_is_missing_at_most_looks_neither_passes_nor_fails(missing, verdict):
    looks = steady(30.0, 30.0, 30.0)
    for number in (1, 2):
        looks[number] = look(number * 60.0, Reading("cpu", CANDIDATE, "web", None, missing, "gone"))
    assert judge([condition("cpu", "<", 50)], looks, GAUGES) == (
        verdict,
        "cpu of v2 is not known: 1 of 3 looks have a value, half of them are needed",
    )


def test_the_baseline_of_a_hold_is_stable_over_the_same_hold():
    same = [look(n * 60.0, reading("cpu", 30.0), reading("cpu", 20.0 + n, STABLE)) for n in range(3)]
    verdict, says = judge([condition("cpu", "<", BaselineLimit(1.2))], same, GAUGES)
    assert verdict is Verdict.FAIL
    assert says == "cpu of v2 is 30%, not below the limit of 25.2% (1.2x the baseline of 21%) over 2m"


def test_the_baseline_of_a_metric_for_all_comes_from_before_the_release():
    before = [look(-60.0, reading("queue", 10.0, ALL), stage="")]
    looks = steady(14.0, 16.0, subject=ALL, metric="queue")
    wanted = condition("queue", "<", BaselineLimit(2))
    assert judge([wanted], looks, GAUGES, before)[0] is Verdict.PASS
    assert judge([wanted], looks, GAUGES)[0] is Verdict.INSUFFICIENT


def test_growth_is_judged_over_the_hold():
    grown = [look(n * 60.0, reading("memory", 1e8 * (1 + 0.05 * n / 60))) for n in range(31)]
    verdict, says = judge([condition("memory", "<", GrowthLimit(2, 3600.0))], grown, GAUGES)
    assert verdict is Verdict.FAIL
    assert says == "memory of v2 grows 5% per hour (31 looks in 30m), not below the limit of 2% per hour over 30m"


def test_for_narrows_the_hold_to_its_last_part():
    looks = counting((counted(0), counted(0)), (counted(0), counted(100, 100)), (counted(0), counted(200, 100)))
    assert judge([condition("error_rate", "<", 1)], looks, plan())[0] is Verdict.FAIL
    assert judge([condition("error_rate", "<", 1, lasting=60)], looks, plan())[0] is Verdict.PASS


def test_every_condition_must_hold_and_the_words_name_those_that_do_not():
    looks = steady(60.0, 60.0)
    both = [condition("cpu", "<", 50), condition("cpu", ">", 10)]
    verdict, says = judge(both, looks, GAUGES)
    assert (verdict, says) == (Verdict.FAIL, "cpu of v2 is 60%, not below the limit of 50% over 1m")
    assert [finding.verdict for finding in judge_hold(both, Hold(looks, GAUGES))] == [Verdict.FAIL, Verdict.PASS]


def test_what_is_not_known_outranks_what_passed():
    looks = [look(n * 60.0, reading("cpu", 10.0), reading("queue", None)) for n in range(3)]
    both = [condition("cpu", "<", 50), condition("queue", "<", 10)]
    assert judge(both, looks, GAUGES)[0] is Verdict.INSUFFICIENT


def test_a_hold_without_a_look_neither_passes_nor_fails():
    assert judge([MANY], [], plan()) == (Verdict.INSUFFICIENT, "nobody looked during the hold")


def test_of_what_people_say_the_newest_counts_and_not_the_average():
    said = plan(metrics=[Metric("joy", "person", Unit.NUMBER)])
    wanted = [condition("joy", ">=", 4)]
    assert judge(wanted, steady(None, None, None, 1.0, 4.0, metric="joy"), said) == (
        Verdict.PASS,
        "joy of v2 is 4, at or above the limit of 4",
    )
    assert judge(wanted, steady(5.0, 5.0, None, metric="joy"), said)[0] is Verdict.INSUFFICIENT
