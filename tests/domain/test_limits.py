import pytest

from flightrules.domain.limits import Memory, compare
from flightrules.domain.plan import BaselineLimit, GrowthLimit, Unit
from flightrules.domain.verdict import ALL, STABLE, Reading, Verdict
from tests.domain.by_hand import NAMES, V2, condition, look, reading

MIB = 1 << 20


def compared(wanted, *readings, unit=Unit.PERCENT, memory=None, **when):
    return compare(wanted, unit, look(0, *readings, **when), "web", memory or Memory())


def after(wanted, *looks, memory=None):
    memory = memory or Memory()
    for seen in looks:
        memory = memory.after(wanted, seen, "web")
    return memory


@pytest.mark.parametrize(
    ("comparison", "below", "at", "above"),
    [
        (">", False, False, True),
        (">=", False, True, True),
        ("<", True, False, False),
        ("<=", True, True, False),
        ("=", False, True, False),
    ],
)
def test_a_value_at_the_limit_is_neither_above_nor_below_it(comparison, below, at, above):
    wanted = condition("error_rate", comparison, 10)
    answers = [compared(wanted, reading("error_rate", value)).true for value in (9.99, 10.0, 10.01)]
    assert answers == [below, at, above]


def test_a_true_condition_says_whose_value_it_is_and_out_of_how_many():
    seen = compared(condition("error_rate", ">", 10), reading("error_rate", 34.0, requests=50))
    assert seen.says == "error_rate of v2 is 34% (17 of 50 requests), above the limit of 10%"


def test_a_false_condition_says_so():
    seen = compared(condition("p95", ">", 0.5), reading("p95", 0.25, requests=50), unit=Unit.SECONDS)
    assert (seen.true, seen.says) == (False, "p95 of v2 is 250ms (50 requests), not above the limit of 500ms")


def test_where_there_are_several_services_the_words_name_the_one():
    wanted, seen = condition("error_rate", ">", 10), look(0, reading("error_rate", 34.0))
    both = type(seen)(seen.at, seen.stage, seen.readings, {}, {**seen.roles, "api": {}}, NAMES)
    assert compare(wanted, Unit.PERCENT, both, "web", Memory()).says == (
        "error_rate of web v2 is 34%, above the limit of 10%"
    )


def test_a_metric_that_cannot_tell_versions_apart_is_held_against_the_limit_as_it_is():
    seen = compared(condition("cache_hit_rate", "<", 80), reading("cache_hit_rate", 71.0, ALL))
    assert (seen.true, seen.says) == (True, "cache_hit_rate is 71%, below the limit of 80%")


@pytest.mark.parametrize("verdict", [Verdict.INSUFFICIENT, Verdict.UNREACHABLE])
def test_a_missing_reading_is_neither_true_nor_false(verdict):
    gap = Reading("error_rate", "candidate", "web", None, verdict, "nothing came")
    seen = compared(condition("error_rate", "<", 10), gap)
    assert (seen.true, seen.missing) == (None, verdict)
    assert seen.says == "error_rate of v2 is not known: nothing came"


def test_without_a_candidate_nothing_is_known():
    seen = compared(condition("error_rate", ">", 10), reading("error_rate", 50.0, STABLE))
    assert (seen.true, seen.missing) == (None, Verdict.INSUFFICIENT)
    assert seen.says == "error_rate is not known: no version of it is being released"


FIVE_TIMES = condition("p95", ">", BaselineLimit(5))


def test_the_baseline_is_what_stable_reads_in_the_same_window():
    seen = look(0, reading("p95", 0.812, requests=50), reading("p95", 0.1, STABLE))
    answer = compare(FIVE_TIMES, Unit.SECONDS, seen, "web", after(FIVE_TIMES, seen))
    assert answer.true
    assert answer.says == ("p95 of v2 is 812ms (50 requests), above the limit of 500ms (5x the baseline of 100ms)")


def test_where_stable_has_too_few_requests_the_last_baseline_that_was_read_counts():
    earlier = look(0, reading("p95", 0.3), reading("p95", 0.1, STABLE))
    now = look(15, reading("p95", 0.6), reading("p95", None, STABLE))
    assert compare(FIVE_TIMES, Unit.SECONDS, now, "web", after(FIVE_TIMES, earlier, now)).true


def test_without_any_baseline_a_multiple_of_it_is_not_known():
    answer = compared(FIVE_TIMES, reading("p95", 0.6), unit=Unit.SECONDS)
    assert (answer.true, answer.missing) == (None, Verdict.INSUFFICIENT)
    assert answer.says == "p95 of v2 is 600ms, and there is no baseline yet to compare it with"


def test_the_baseline_of_a_metric_that_cannot_tell_versions_apart_is_its_last_value_before_the_release():
    wanted = condition("queue", ">", BaselineLimit(2))
    before = [look(at, reading("queue", value, ALL), stage="") for at, value in ((0, 10.0), (15, 12.0))]
    during = look(30, reading("queue", 23.0, ALL))
    memory = after(wanted, *before, during)
    assert memory.baseline == 12.0
    assert compare(wanted, Unit.NUMBER, during, "web", memory).true is False


GROWS = condition("memory", ">", GrowthLimit(2, 3600.0))


def growing(minutes, percent_per_hour, every=60.0, first=100 * MIB):
    count = int(minutes * 60 / every) + 1
    slope = first * percent_per_hour / 100 / 3600
    return [look(n * every, reading("memory", first + slope * n * every), interval=every) for n in range(count)]


def test_growth_is_the_slope_of_a_straight_line_relative_to_its_start():
    looks = growing(30, 3.0)
    answer = compare(GROWS, Unit.BYTES, looks[-1], "web", after(GROWS, *looks))
    assert answer.true
    assert answer.says == "memory of v2 grows 3% per hour (31 looks in 30m), above the limit of 2% per hour"


def test_growth_below_its_limit_is_false():
    looks = growing(30, 1.9)
    assert compare(GROWS, Unit.BYTES, looks[-1], "web", after(GROWS, *looks)).true is False


def test_growth_per_hour_is_not_known_before_ten_minutes():
    looks = growing(9, 50.0)
    answer = compare(GROWS, Unit.BYTES, looks[-1], "web", after(GROWS, *looks))
    assert (answer.true, answer.missing) == (None, Verdict.INSUFFICIENT)
    assert answer.says == "how fast memory of v2 grows is not known: 10 looks in 9m, 5 in 10m are needed"
    assert compare(GROWS, Unit.BYTES, looks[-1], "web", after(GROWS, *growing(10, 50.0))).true


def test_growth_is_not_known_from_fewer_than_five_looks():
    looks = growing(45, 50.0, every=900.0)
    assert compare(GROWS, Unit.BYTES, looks[-1], "web", after(GROWS, *looks)).missing is Verdict.INSUFFICIENT
    looks = growing(60, 50.0, every=900.0)
    assert compare(GROWS, Unit.BYTES, looks[-1], "web", after(GROWS, *looks)).true


def test_looks_further_apart_than_the_span_of_the_limit_still_make_a_line():
    looks = growing(5 * 240, 3.0, every=4 * 3600.0)
    assert compare(GROWS, Unit.BYTES, looks[-1], "web", after(GROWS, *looks)).true


def test_growth_from_zero_has_no_meaning():
    looks = [look(n * 60.0, reading("memory", 0.0)) for n in range(20)]
    answer = compare(GROWS, Unit.BYTES, looks[-1], "web", after(GROWS, *looks))
    assert answer.says == (
        "how fast memory of v2 grows is not known: it was not above zero, and growth in percent of nothing has "
        "no meaning"
    )


def test_growth_forgets_what_is_older_than_the_span_of_the_limit():
    flat = [look(n * 60.0 + 7200, reading("memory", 130.0 * MIB), interval=60.0) for n in range(90)]
    memory = after(GROWS, *growing(119, 30.0), *flat)
    assert memory.trend is not None
    growth = memory.trend.growth()
    assert growth is not None and abs(growth.percent) < 0.5


def test_the_memory_of_growth_is_bounded():
    memory = after(GROWS, *growing(600, 1.0, every=1.0))
    assert memory.trend is not None
    assert len(memory.trend.slices) <= 62


def test_growth_starts_anew_with_another_version():
    looks = growing(20, 3.0)
    other = type(looks[0])(1300, "canary", looks[-1].readings, {}, {"web": {"candidate": "v9-9"}}, {"v9-9": "v9"})
    memory = after(GROWS, *looks, other)
    assert memory.trend is not None
    assert memory.trend.looks == 1
    assert V2.key != memory.trend.of
