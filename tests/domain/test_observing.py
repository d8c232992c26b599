import pytest

from flightrules.domain.observing import When, build_observation, recent
from flightrules.domain.plan import Metric, Unit, Window
from flightrules.domain.verdict import ALL, CANDIDATE, STABLE, TRAFFIC, Answer, Gauge, Verdict
from tests.domain.by_hand import NAMES, ROLES, V1, V2, counted, gauge, plan

VERSIONS = {"web": {CANDIDATE: V2, STABLE: V1}}
DOWN = Answer(missing=Verdict.UNREACHABLE, why="no answer within 5s")


def seen_at(at, answers, previous=(), wanted=None):
    return build_observation(When(at, "canary", 1.0), VERSIONS, answers, previous, wanted or plan())


def traffic(stable, candidate):
    return {("web", TRAFFIC): Answer({V1.key: stable, V2.key: candidate})}


def looks(*pairs, every=5.0, wanted=None):
    """Return looks `every` seconds apart at the counters of stable and the candidate; None is a router that is down."""
    seen = []
    for number, pair in enumerate(pairs):
        answers = {("web", TRAFFIC): DOWN} if pair is None else traffic(*pair)
        seen.append(seen_at(number * every, answers, recent(seen, (wanted or plan()).window), wanted))
    return seen


def of(seen, metric, subject=CANDIDATE):
    (found,) = [r for r in seen.readings if (r.metric, r.subject, r.service) == (metric, subject, "web")]
    return found


def test_an_observation_names_who_is_candidate_and_what_people_call_the_versions():
    seen = seen_at(7.0, {})
    assert (seen.at, seen.stage, seen.interval, seen.roles, seen.names) == (7.0, "canary", 1.0, ROLES, NAMES)


def test_the_traffic_metrics_are_read_over_the_window_for_either_version():
    last = looks((counted(0), counted(0)), (counted(50), counted(20, 1)), (counted(100), counted(40, 6)))[-1]
    assert of(last, "error_rate").value == 15.0
    assert of(last, "availability").value == 85.0
    assert of(last, "request_rate").value == 4.0
    assert of(last, "error_rate").requests == 40
    assert of(last, "error_rate", STABLE).value == 0.0
    assert of(last, "p95").value == pytest.approx(0.095)


def test_what_is_older_than_the_window_does_not_count():
    old = [(counted(0), counted(0)), (counted(50), counted(50, 50))]
    last = looks(*old, (counted(50), counted(70, 50)), (counted(50), counted(90, 50)))[-1]
    assert (of(last, "error_rate").value, of(last, "error_rate").requests) == (0.0, 40)


def test_with_looks_further_apart_than_the_window_nothing_is_left_unseen():
    last = looks((counted(0), counted(0)), (counted(0), counted(900, 9)), every=900.0)[-1]
    assert (of(last, "error_rate").value, of(last, "error_rate").requests) == (1.0, 900)


def test_fewer_requests_than_the_plan_wants_are_insufficient():
    last = looks((counted(0), counted(0)), (counted(50), counted(19, 19)))[-1]
    gap = of(last, "error_rate")
    assert (gap.value, gap.missing, gap.requests) == (None, Verdict.INSUFFICIENT, 19)
    assert gap.why == "19 requests in 5s, 20 are needed"


def test_the_first_look_of_all_tells_no_rate_and_blames_nobody_for_what_was_before_it():
    (first,) = looks((counted(1000, 1000), counted(500, 500)))
    assert of(first, "error_rate").missing is Verdict.INSUFFICIENT
    assert of(first, "request_rate").why == "watched for 0s, 10s are needed"


def test_a_silent_candidate_has_a_request_rate_of_zero_and_no_error_rate():
    last = looks(*[(counted(n * 50), counted(7)) for n in range(3)])[-1]
    assert of(last, "request_rate").value == 0.0
    assert of(last, "error_rate").missing is Verdict.INSUFFICIENT


def test_a_version_that_the_router_did_not_know_at_the_last_look_counts_from_zero():
    first = seen_at(0.0, {("web", TRAFFIC): Answer({V1.key: counted(100)})})
    last = seen_at(5.0, traffic(counted(150), counted(30, 3)), [first])
    assert (of(last, "error_rate").value, of(last, "error_rate").requests) == (10.0, 30)


def test_a_router_that_does_not_answer_makes_every_traffic_metric_unreachable():
    last = looks((counted(0), counted(0)), None)[-1]
    assert last.counters == {}
    assert {(r.value, r.missing, r.why) for r in last.readings} == {(None, Verdict.UNREACHABLE, "no answer within 5s")}


def test_missed_looks_merge_into_the_next_increment():
    last = looks((counted(0), counted(0)), None, None, (counted(90), counted(30, 3)))[-1]
    assert (of(last, "error_rate").value, of(last, "error_rate").requests) == (10.0, 30)


def test_a_restart_of_the_router_inside_the_window_is_counted_from_zero():
    last = looks((counted(500), counted(500, 9)), (counted(510), counted(520, 9)), (counted(9), counted(20, 4)))[-1]
    assert (of(last, "error_rate").value, of(last, "error_rate").requests) == (10.0, 40)


def test_the_window_of_the_plan_counts():
    wide = plan(window=Window(over=60, enough=5))
    last = looks(*[(counted(n), counted(n)) for n in range(9)], wanted=wide)[-1]
    assert of(last, "error_rate").requests == 8


def test_what_the_next_look_can_still_need_is_kept_and_nothing_more():
    kept = recent(looks(*[(counted(n), counted(n)) for n in range(100)]), Window(over=10))
    assert [seen.at for seen in kept] == [485.0, 490.0, 495.0]


def test_the_last_look_that_counted_is_kept_however_long_the_router_is_down():
    kept = recent(looks((counted(0), counted(0)), *[None] * 50), Window(over=10))
    assert [seen.at for seen in kept] == [0.0, 245.0, 250.0]


MEMORY = plan(metrics=[gauge("memory", Unit.BYTES)])


def test_a_source_that_tells_versions_apart_gives_a_reading_for_each():
    answers = {("web", "memory"): Answer({V1.key: Gauge(1.0), V2.key: Gauge(2.0)})}
    seen = seen_at(0, answers, wanted=MEMORY)
    assert (of(seen, "memory").value, of(seen, "memory", STABLE).value) == (2.0, 1.0)


def test_a_source_that_cannot_gives_one_for_all():
    seen = seen_at(0, {("web", "memory"): Answer({ALL: Gauge(3.0)})}, wanted=MEMORY)
    assert of(seen, "memory", ALL).value == 3.0


def test_a_version_without_a_measurement_is_insufficient():
    seen = seen_at(0, {("web", "memory"): Answer({V1.key: Gauge(1.0)})}, wanted=MEMORY)
    assert of(seen, "memory").missing is Verdict.INSUFFICIENT
    assert of(seen, "memory").why == "its source has no value for this version"


def test_a_source_that_does_not_answer_is_unreachable():
    seen = seen_at(0, {("web", "memory"): DOWN}, wanted=MEMORY)
    assert (of(seen, "memory").missing, of(seen, "memory").why) == (Verdict.UNREACHABLE, "no answer within 5s")


def test_a_traffic_metric_that_the_plan_reads_elsewhere_is_not_read_from_the_router():
    elsewhere = plan(metrics=[gauge("error_rate", Unit.PERCENT)])
    answers = {**traffic(counted(100), counted(100)), ("web", "error_rate"): Answer({V2.key: Gauge(7.0)})}
    seen = seen_at(0, answers, wanted=elsewhere)
    assert of(seen, "error_rate").value == 7.0


def test_a_traffic_metric_whose_source_is_the_router_needs_no_answer_of_its_own():
    named = plan(metrics=[Metric("error_rate", "router", Unit.PERCENT)])
    last = looks((counted(0), counted(0)), (counted(50), counted(20, 1)), wanted=named)[-1]
    assert of(last, "error_rate").value == 5.0


def test_what_people_say_is_the_candidates_said_once_and_of_nobody_without_one():
    joy = Metric("joy", "person", Unit.NUMBER)
    wanted = plan(metrics=[joy], services=("web", "api"))
    both, alone = {"web": VERSIONS["web"], "api": VERSIONS["web"]}, {"web": {STABLE: V1}}
    answers = {("web", "joy"): Answer({ALL: Gauge(4.5)}), ("api", "joy"): Answer({ALL: Gauge(4.5)})}
    when = When(0.0, "canary", 1.0)

    def read(versions, answers):
        seen = build_observation(when, versions, answers, (), wanted)
        return [(r.service, r.subject, r.value, r.why) for r in seen.readings if r.metric == "joy"]

    assert read(both, answers) == [("web", CANDIDATE, 4.5, "")]
    assert read(alone, answers) == []
    assert read(both, {("web", "joy"): Answer(why="nobody has said it")}) == [
        ("web", CANDIDATE, None, "nobody has said it")
    ]
