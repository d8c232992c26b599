"""One state, one driver: whoever comes second is told who drives and what to do."""

import getpass
import os
import subprocess

import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.flights import FLIGHT
from tests.stories.plans import stage

pytestmark = pytest.mark.slow

LONG = [stage("canary", 20, hold="10m"), stage("full", 100, hold="1s")]


def test_a_second_run_on_the_same_state_says_who_holds_it(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=LONG).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started")
    assert when.driver is not None
    for words in (("run", "v2"), ("run",), ("run", "v3-slow")):
        when.somebody_says(*words)
        then.status(4).says(f"flight is already running a release here: pid {when.driver.pid} ({getpass.getuser()})")
        then.says("See it with `flight watch`; stop it with `flight abort`.")
    when.somebody_says("promote")
    when.it_ends()
    then.outcome("released").in_service(web="v2").failed_requests()


def test_somebody_watches_a_release_that_another_terminal_drives(given: Given, when: When, then: Then) -> None:
    given.a_shop().with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started")
    when.somebody_says("watch")
    then.status(0).says("stage canary passed", "v2 is in service, after")
    when.it_ends()
    then.outcome("released")


def test_a_release_whose_driver_was_ended_goes_on_with_run(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=[stage("canary", 20, hold="8s"), stage("full", 100)]).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started")
    assert when.driver is not None
    when.driver.leave()
    when.it_ends()
    then.status(3).says("Left. Traffic stays as it is: v2 20%, v1 80%.", "`flight run` goes on")
    when.somebody_says("run", "v3-slow")
    then.status(4).says("has not ended, so v3-slow cannot begin")
    when.going_on().it_ends()
    then.outcome("released").in_service(web="v2").failed_requests()
    then.splits("v1 100", "v1 80 v2 20", "v2 100")


def test_a_release_goes_on_when_whoever_read_its_lines_has_gone(given: Given, then: Then) -> None:
    world = given.a_shop().with_stable("v1").with_users().world
    line = f"'{FLIGHT}' run v2 --plain | head -n 1; exit ${{PIPESTATUS[0]}}"
    at = {**os.environ, **world.environment}
    ended = subprocess.run(["bash", "-c", line], cwd=world.folder, env=at, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr, ended.stdout.count("\n")) == (0, "", 1), ended
    then.record_is_whole().in_service(web="v2").failed_requests()


def test_who_watches_is_told_that_the_driver_died_and_that_another_one_drives(
    given: Given, when: When, then: Then
) -> None:
    given.a_shop(stages=LONG).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started")
    watching = given.world.start("watch")
    when.it_is_killed()
    when.until(lambda: "no process drives this release since" in watching.said)
    assert "`flight run` goes on, `flight abort` takes it back" in watching.said
    when.going_on().until(lambda: "drives this release again" in watching.said)
    when.somebody_says("abort", "--reason", "enough")
    assert watching.ended().status == 1
    when.it_ends()
