"""What candidate and stable were asked between two looks."""

from dataclasses import replace

from flightrules.domain.comparing.counting import Between, Counting, compared_in
from flightrules.domain.counts import ZERO
from flightrules.domain.verdict import CANDIDATE, STABLE
from tests.domain.comparing.looks import counted, look


def seen(*looks) -> list[Between | None]:
    counting = Counting("web")
    return [counting.after(each) for each in looks]


def test_the_first_look_opens_the_counting_and_says_nothing() -> None:
    assert seen(look(0, counted(10_000, 50), counted(0))) == [None]


def test_an_increment_is_what_was_counted_since_the_look_before() -> None:
    _, between = seen(look(0, counted(100, 1), counted(10)), look(5, counted(190, 3), counted(20, 2)))
    assert between == Between(counted(10, 2), counted(90, 2), 5.0)


def test_a_missed_look_merges_into_the_next_increment() -> None:
    *_, missed, between = seen(
        look(0, counted(100), counted(10)), look(5, None, None), look(10, counted(300), counted(30, 1))
    )
    assert (missed, between) == (None, Between(counted(20, 1), counted(200), 10.0))


def test_a_version_that_appears_late_is_counted_from_zero() -> None:
    _, between = seen(look(0, counted(100), None), look(5, counted(200), counted(7, 1)))
    assert between == Between(counted(7, 1), counted(100), 5.0)


def test_a_counter_that_decreased_was_reset_and_counts_from_zero() -> None:
    _, between = seen(look(0, counted(100, 5), counted(50)), look(5, counted(30, 1), counted(4)))
    assert between == Between(counted(4), counted(30, 1), 5.0)


def test_a_histogram_with_other_buckets_than_before_counts_from_zero() -> None:
    coarser = replace(counted(130), latency=replace(counted(130).latency, bounds=(0.2, 2.0, float("inf"))))
    _, between = seen(look(0, counted(100), counted(0)), look(5, coarser, counted(3)))
    assert between is not None
    assert (between.stable, between.candidate) == (coarser, counted(3))


def test_a_failure_that_was_counted_before_its_request_belongs_to_the_next_increment() -> None:
    first = replace(counted(10), bad=0)
    early, late = replace(counted(12), bad=3), replace(counted(20), bad=3)
    _, one, other = seen(look(0, counted(5), first), look(5, counted(9), early), look(10, counted(9), late))
    assert one is not None and other is not None
    assert (one.candidate.requests, one.candidate.bad) == (2, 2)
    assert (other.candidate.requests, other.candidate.bad) == (8, 1)


def test_a_clock_that_was_set_back_makes_no_negative_time() -> None:
    _, between = seen(look(10, counted(1), counted(1)), look(4, counted(2), counted(2)))
    assert between is not None
    assert between.seconds == 0.0


def test_what_was_not_asked_adds_nothing() -> None:
    _, between = seen(look(0, counted(100), counted(10)), look(5, counted(100), counted(10)))
    assert between is not None
    assert (between.stable.requests, between.candidate.requests) == (0, 0)
    assert ZERO.requests == 0


def test_a_look_that_knows_of_no_candidate_yet_has_none_of_its_requests() -> None:
    alone = {"web": {STABLE: "v1"}}
    tester = replace(look(5, counted(200), counted(3)), roles=alone)
    _, before, between = seen(
        replace(look(0, counted(100), None), roles=alone), tester, look(10, counted(300), counted(5))
    )
    assert before == Between(ZERO, counted(100), 5.0)
    assert between == Between(counted(2), counted(100), 5.0)


def test_only_a_service_with_two_different_versions_is_compared() -> None:
    both = look(0, counted(1), counted(1))
    roles = {"web": {CANDIDATE: "v2", STABLE: "v1"}, "new": {CANDIDATE: "v2"}, "same": {CANDIDATE: "v1", STABLE: "v1"}}
    assert compared_in(replace(both, roles=roles)) == ("web",)
