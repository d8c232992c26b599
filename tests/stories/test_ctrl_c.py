"""Somebody presses Ctrl-C in the terminal in which the release is shown: nothing ends without being told to."""

import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.plans import stage

pytestmark = pytest.mark.slow

CTRL_C = "\x03"
LONG = [stage("canary", 20, hold="5s"), stage("full", 100, hold="1s")]


def test_ctrl_c_asks_and_whoever_leaves_can_go_on_later(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=LONG).with_stable("v1").with_users()
    terminal = when.at_a_terminal("run", "v2")
    when.it_comes_to("stage.started")
    terminal.types(CTRL_C)
    terminal.shows("[l]eave: traffic stays as it is")
    terminal.shows("What now? [a/l/c] ")
    terminal.types("l\n")
    terminal.shows("Left. Traffic stays as it is: v2 20%, v1 80%.")
    terminal.ends(3)
    assert given.world.records.releases.unfinished() is not None
    then.splits("v1 100", "v1 80 v2 20").runs("v1", "v2").failed_requests()
    when.going_on().it_ends()
    then.outcome("released").in_service(web="v2").failed_requests()
    then.splits("v1 100", "v1 80 v2 20", "v2 100")


def test_a_second_ctrl_c_leaves_without_an_answer(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=LONG).with_stable("v1").with_users()
    terminal = when.at_a_terminal("run", "v2")
    when.it_comes_to("stage.started")
    terminal.types(CTRL_C)
    terminal.shows("What now? [a/l/c] ")
    terminal.types(CTRL_C)
    terminal.shows("Left. Traffic stays as it is: v2 20%, v1 80%.")
    terminal.ends(3)
    when.somebody_says("abort", "--reason", "nobody is here")
    then.outcome("rolled back", status=0).in_service(web="v1").failed_requests()


def test_ctrl_c_takes_the_release_back_when_the_person_says_so(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=LONG).with_stable("v1").with_users()
    terminal = when.at_a_terminal("run", "v2")
    when.it_comes_to("stage.started")
    terminal.types(CTRL_C)
    terminal.shows("What now? [a/l/c] ")
    terminal.types("a\n")
    terminal.shows("v2 was called back, v1 has all the traffic again")
    terminal.ends(1)
    assert given.world.release.outcome == "rolled back"
    then.in_service(web="v1").runs("v1").failed_requests().record_is_whole()


def test_ctrl_c_changes_nothing_when_the_person_goes_on(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=LONG).with_stable("v1").with_users()
    terminal = when.at_a_terminal("run", "v2")
    when.it_comes_to("stage.started")
    terminal.types(CTRL_C)
    terminal.shows("What now? [a/l/c] ")
    terminal.types("c\n")
    terminal.shows("v2 is in service, after")
    terminal.ends(0)
    then.in_service(web="v2").failed_requests().record_is_whole()


def test_a_terminal_that_is_closed_leaves_the_release_as_it_is(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=LONG).with_stable("v1").with_users()
    terminal = when.at_a_terminal("run", "v2")
    when.it_comes_to("stage.started")
    terminal.leave()
    then.splits("v1 100", "v1 80 v2 20").runs("v1", "v2").failed_requests()
    when.going_on().it_ends()
    then.outcome("released").in_service(web="v2").failed_requests()
