"""What becomes of a plan in a described scenario."""

from __future__ import annotations

import pytest

from flightrules.simulation.flight import Terms
from flightrules.simulation.flown import End
from flightrules.simulation.scenario import Usual
from tests.simulation.flights import HEAD, RULES, STAGES, flown, plan, steps

BAD = "error_rate of candidate 30% from stage graduated + 5m"


def test_where_nothing_happens_every_stage_is_held_and_passed() -> None:
    went = flown("healthy")
    assert (went.end, went.decided_at) == (End.RELEASED, 1800.0)
    assert [(visit.stage, visit.entered, visit.left, visit.verdict) for visit in went.visits] == [
        ("canary", 0.0, 600.0, "pass"),
        ("graduated", 600.0, 1200.0, "pass"),
        ("full", 1200.0, 1800.0, "pass"),
    ]


def test_a_candidate_that_fails_is_called_back_by_the_rule_that_says_so() -> None:
    went = flown(BAD)
    assert went.end is End.ROLLED_BACK
    assert went.decided_by == "error_rate > 10% for 1m: roll back"
    assert (went.stage, went.trouble_at, went.decided_at, went.detected) == ("graduated", 900.0, 975.0, 75.0)


def test_the_words_of_the_verdict_are_those_of_a_release() -> None:
    assert flown(BAD).says.endswith(" requests), above the limit of 10% for 1m")


def test_until_stable_has_the_traffic_back_the_candidate_still_fails() -> None:
    soon, late = flown(BAD, terms=Terms(way_back=0.0)), flown(BAD, terms=Terms(way_back=60.0))
    assert soon.back_at is not None and late.back_at is not None
    assert late.back_at - soon.back_at == 60.0
    extra = late.counted.requests["candidate"] - soon.counted.requests["candidate"]
    assert extra == pytest.approx(25 * 60, rel=0.1)


def test_requests_are_split_as_the_stage_says() -> None:
    went = flown("healthy", usual=Usual(per_second=1000))
    assert [round(visit.counted.requests["candidate"] / 600_000, 2) for visit in went.visits] == [0.05, 0.25, 1.0]


def test_a_dependency_that_is_gone_fails_both_versions() -> None:
    went = flown("dependency outage from + 1m for 30s", of=plan(HEAD + STAGES.replace("< 1%", "< 10%")))
    assert went.end is End.RELEASED
    assert went.counted.bad["stable"] == pytest.approx(0.6 * 95 * 30, rel=0.1)


def test_a_slow_leak_is_found_by_the_rule_about_growth() -> None:
    leaks = "rules:\n  - {if: memory grows > 2% per hour, then: roll back}\n"
    went = flown("slow leak 3% per hour", of=plan(HEAD + STAGES + leaks))
    assert (went.end, went.decided_at) == (End.ROLLED_BACK, 600.0)
    assert went.says == "memory of candidate grows 3% per hour (42 looks in 10m), above the limit of 2% per hour"
    assert flown("slow leak 1% per hour", of=plan(HEAD + STAGES + leaks)).end is End.RELEASED


def test_a_metric_that_nothing_is_said_of_is_not_made_up() -> None:
    held = HEAD + STAGES.replace("error_rate < 1%}", "memory < 1 GB}", 1)
    went = flown("healthy", of=plan(held), terms=Terms(patience=60.0))
    assert went.end is End.WAITS
    assert went.says == (
        "stage canary goes on holding:"
        " memory of candidate is not known: 0 of 45 looks have a value, half of them are needed"
    )


def test_latency_that_doubles_is_found_by_the_baseline() -> None:
    slow = "rules:\n  - {if: p95 > 1.5x baseline for 1m, then: roll back}\n"
    went = flown("latency of candidate 2x from stage graduated", of=plan(HEAD + STAGES + slow))
    assert (went.stage, went.end) == ("graduated", End.ROLLED_BACK)


def test_traffic_that_stops_leaves_the_hold_without_an_answer() -> None:
    went = flown("traffic drops to 0%", terms=Terms(patience=60.0))
    assert (went.end, went.stage) == (End.WAITS, "canary")
    assert went.says.endswith("error_rate of candidate is not known: 0 requests in 11m, 20 are needed")


def test_a_router_that_does_not_answer_decides_nothing_and_the_hold_goes_on() -> None:
    went = flown("source of traffic down from stage canary + 9m for 5m")
    assert went.end is End.RELEASED
    assert went.visits[0].left > 600.0 + 240.0
    assert steps(went)[0] == ("canary", "waits")


def test_a_stage_steps_back_once_and_is_then_given_up() -> None:
    back = STAGES.replace("p95 < 500ms]}", "p95 < 500ms], fail: step back to canary}")
    went = flown("error_rate of candidate 5% from stage graduated + 1m for 20m", of=plan(HEAD + back))
    assert [visit.stage for visit in went.visits] == ["canary", "graduated", "canary"]
    assert (went.end, went.decided_by) == (End.ROLLED_BACK, "stage canary")


def test_a_rule_that_steps_back_begins_the_hold_again_in_the_first_stage() -> None:
    rules = "rules:\n  - {if: error_rate > 10% for 1m, then: step back to canary}\n"
    went = flown("error_rate of candidate 30% from + 5m for 2m", of=plan(HEAD + STAGES + rules))
    assert steps(went)[0] == ("canary", "began again")
    assert went.visits[0].left > 900.0


def test_a_rule_that_pauses_waits_for_a_person_while_the_rules_go_on() -> None:
    rules = RULES.replace("1m", "5m") + "  - {if: error_rate > 10%, then: pause}\n"
    went = flown(BAD, of=plan(HEAD + STAGES + rules))
    assert (went.end, went.decided_by) == (End.ROLLED_BACK, "error_rate > 10% for 5m: roll back")
    assert ("graduated", "paused") in steps(went)


def test_nobody_comes_when_a_failed_stage_asks() -> None:
    asking = STAGES.replace("error_rate < 1%}", "error_rate < 1%, fail: pause}", 1)
    went = flown("error_rate of candidate 5%", of=plan(HEAD + asking), terms=Terms(patience=120.0))
    assert (went.end, went.decided_at) == (End.WAITS, 720.0)
    assert went.says.startswith("stage canary failed (error_rate of candidate is ")


def test_the_same_seed_is_the_same_flight_and_another_seed_is_another() -> None:
    assert flown(BAD, seed=7) == flown(BAD, seed=7)
    assert flown(BAD, seed=7).counted != flown(BAD, seed=8).counted


def test_several_faults_add_up() -> None:
    one, two = "error_rate of candidate 9%", "error_rate of both 9%"
    went = flown(one, two)
    assert went.decided_by == "error_rate > 10% for 1m: roll back"
