"""What the traffic hangs on is killed too: Envoy, supervisord, and `flight` with them. Each ends the same."""

import time
from pathlib import Path

import pytest

from flightrules.processes.birth import born
from tests.crash.test_kill import served
from tests.stories.fixture import Given, Then, When
from tests.stories.plans import stage
from tests.stories.world import World, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

STAGES = [stage("canary", 20, hold="6s"), stage("full", 100, hold="2s")]
BACK_WITHIN = 6.0
"""Seconds in which supervisord has a dead Envoy back, on a machine that is busy."""

GOING_ON_WITHIN = 20.0
"""The same where `flight run` is typed first, and has to start supervisord anew."""


def test_envoy_dies_in_the_middle_of_a_hold(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=STAGES).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started").seconds_pass(1)
    at = envoy_dies(given.world, when)
    when.it_ends()
    then.outcome("released").splits("v1 100", "v1 80 v2 20", "v2 100").in_service(web="v2").runs("v1", "v2")
    failed_only_between(given.world, at, at + BACK_WITHIN)


def test_envoy_dies_in_the_middle_of_the_way_back(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=STAGES).with_stable("v1").with_users()
    when.releasing("v3-all-errors").it_comes_to("goback.started")
    at = envoy_dies(given.world, when)
    when.it_ends()
    then.outcome("rolled back").in_service(web="v1").runs("v1")
    failed_only_between(given.world, at, at + BACK_WITHIN, at_candidate="v3-all-errors")


def test_supervisord_dies_in_the_middle_of_a_hold_and_no_user_notices(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=STAGES).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started").seconds_pass(1)
    when.killing(given.world.supervisord())
    when.it_ends()
    then.outcome("released").splits("v1 100", "v1 80 v2 20", "v2 100").in_service(web="v2").runs("v1", "v2")
    then.failed_requests()
    assert (served(given.world, "v1"), served(given.world, "v2")) == (1, 1), "nothing was started a second time"


def test_flight_supervisord_and_envoy_die_at_once(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=STAGES).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started").seconds_pass(1)
    when.it_is_killed().killing(given.world.supervisord())
    at = envoy_dies(given.world, when)
    when.going_on().it_ends()
    then.outcome("released").splits("v1 100", "v1 80 v2 20", "v2 100").in_service(web="v2").runs("v1", "v2")
    failed_only_between(given.world, at, at + GOING_ON_WITHIN)


def test_flight_and_supervisord_die_and_somebody_aborts(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=STAGES).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started").seconds_pass(1)
    when.it_is_killed().killing(given.world.supervisord())
    when.somebody_says("abort", "--reason", "everything dies")
    then.outcome("rolled back", status=0).in_service(web="v1").runs("v1").failed_requests()
    assert served(given.world, "v1") == 1


def envoy_dies(world: World, when: When) -> float:
    """kill -9 of the router; return when (seconds since 1970)."""
    at = time.time()
    when.killing(world.programs()["router-web"])
    return at


def failed_only_between(world: World, start: float, end: float, at_candidate: str = "nobody") -> None:
    """Users got no answer while there was no router, and at no other time."""
    users = world.users["web"]
    until(lambda: users.records()[-1].at > time.time() - 1, what="traffic")
    bad = [record for record in users.records() if record.failed and record.version != at_candidate]
    if bad:
        print(f"{len(bad)} requests failed, the last {bad[-1].at - start:.2f} s after Envoy died")  # pytest -rP
    outside = [record for record in bad if not start - 0.5 <= record.at <= end]
    assert not outside, f"{len(outside)} of {len(bad)}: {[(round(r.at - start, 2), r.status, r.failure) for r in bad]}"


def test_the_machine_is_started_anew_during_the_gates_and_users_do_not_wait_for_them(
    given: Given, when: When, then: Then
) -> None:
    gates = {"code": [{"check": "all is well", "run": "test -e opened || { touch begun; sleep 600; }"}]}
    given.a_shop(gates=gates)
    opened, begun = given.world.folder / "opened", given.world.folder / "begun"
    opened.touch()
    given.with_stable("v1").with_users()
    opened.unlink()
    when.releasing("v2").until(begun.exists)
    when.it_is_killed()
    for pid in [given.world.supervisord(), *given.world.programs().values()]:  # the first would start the others again
        when.killing(pid)
    begun.unlink()
    when.going_on().it_comes_to("service.up").until(begun.exists)
    until(lambda: not given.world.users["web"].records()[-1].failed, what="an answer while the gate is still closed")
    then.in_service(web="v1").runs("v1")
    when.somebody_says("abort", "--reason", "enough")
    when.it_ends()
    then.outcome("not started")


def test_a_metric_that_outlives_a_killed_flight_is_not_left_running(given: Given, when: When, then: Then) -> None:
    cost = {"from": "command", "run": "echo $$ >> asked; sleep 300; echo 1", "unit": "number", "within": "10m"}
    seldom = stage("full", 100, hold="10m", look="every 1m")  # a source never gets longer than to the next look
    given.a_shop(stages=[seldom], metrics={"cost": cost}).with_stable("v1")
    asked = given.world.folder / "asked"
    when.releasing("v2").it_comes_to("stage.started").until(lambda: alive(asked)).it_is_killed()
    assert alive(asked)
    when.somebody_says("abort", "--reason", "enough")
    then.outcome("rolled back", status=0)
    assert not alive(asked)


def alive(asked: Path) -> bool:
    """Whether a command runs that wrote its pid down."""
    return asked.exists() and any(born(int(pid)) for pid in asked.read_text().split())
