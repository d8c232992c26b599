"""A version that cannot even start never gets traffic, and the person who releases it sees why."""

import pytest

from tests.stories.fixture import Given, Then, When

pytestmark = pytest.mark.slow


def test_a_version_whose_build_fails_ends_with_the_last_lines_of_the_build(
    given: Given, when: When, then: Then
) -> None:
    given.a_shop().with_stable("v1").with_users()
    given.world.plan["services"]["web"]["target"]["build"] = "echo installing; echo no such package: lampz >&2; exit 3"
    given.world.agree_on(given.world.plan)
    when.releasing("v2").it_ends()
    then.outcome("rolled back").says("v2 was called back, v1 has all the traffic again", "no such package: lampz")
    then.splits("v1 100").in_service(web="v1").runs("v1").failed_requests()
    then.report_says("no such package: lampz")


def test_a_version_that_ends_at_once_is_called_back_with_its_last_words(given: Given, when: When, then: Then) -> None:
    given.a_shop().with_stable("v1").with_users()
    given.a_version("v4", 'raise SystemExit("the setting PAYMENT is missing")')
    when.releasing("v4").it_ends(within=20)
    then.outcome("rolled back").says("v4 of web cannot serve", "the setting PAYMENT is missing")
    then.in_service(web="v1").runs("v1").failed_requests()


def test_a_version_that_never_gets_healthy_is_called_back_with_its_last_words(
    given: Given, when: When, then: Then
) -> None:
    given.a_shop(target={"health": {"http": "/health", "within": "2s"}}).with_stable("v1").with_users()
    given.a_version("v4", 'import time\nprint("waiting for the database", flush=True)\ntime.sleep(600)\n')
    when.releasing("v4").it_ends(within=30)
    then.outcome("rolled back").says("not healthy within 2s", "waiting for the database")
    then.in_service(web="v1").runs("v1").failed_requests()


def test_the_first_version_that_cannot_start_leaves_nothing_running(given: Given, when: When, then: Then) -> None:
    given.a_shop().a_version("v0", 'raise SystemExit("the setting PAYMENT is missing")')
    when.releasing("v0").it_ends()
    then.outcome("rolled back").says("v0 was called back, no version serves yet", "the setting PAYMENT is missing")
    then.runs()
