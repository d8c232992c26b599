"""A version that fails under traffic is called back by what the plan says, and stable has everything again."""

import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.plans import STAGES, UNTIL_ASKED, stage

pytestmark = pytest.mark.slow


def test_a_rule_calls_a_failing_version_back_in_the_middle_of_a_hold(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=[stage("canary", 20, hold="60s"), stage("full", 100)]).with_stable("v1").with_users()
    when.releasing("v3-all-errors").it_ends()
    then.outcome("rolled back").says("v3-all-errors was called back, v1 has all the traffic again", "error_rate")
    then.splits("v1 100", "v1 80 v3-all-errors 20", "v1 100").in_service(web="v1").runs("v1")
    then.failed_requests(at_candidate="v3-all-errors").happened("rule.fired", rule="error_rate > 50%: roll back")
    then.report_says("error_rate > 50%", "| detect |", "| shift |")


def test_a_stage_that_does_not_pass_at_the_end_of_its_hold_goes_back(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=[stage("canary", 50), stage("full", 100)]).with_stable("v1").with_users(60)
    when.releasing("v3-errors-5").it_ends()
    then.outcome("rolled back").says("v3-errors-5 was called back", "stage canary failed", "error_rate")
    then.happened("stage.ended", stage="canary", verdict="fail").happened("rule.fired", times=0)
    then.in_service(web="v1").runs("v1").failed_requests(at_candidate="v3-errors-5")


def test_a_check_that_fails_after_the_last_stage_goes_back(given: Given, when: When, then: Then) -> None:
    verify = [{"check": "The news can be read", "http": "GET /api/news"}]
    given.a_shop(verify=verify).with_stable("v1").with_users()
    when.releasing("v2").it_ends()
    then.outcome("rolled back").says("The news can be read: GET /api/news answered 404 in ")
    then.splits("v1 100", "v1 80 v2 20", "v2 100", "v1 100").in_service(web="v1").failed_requests()


def test_what_was_called_back_can_be_released_again_later(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=UNTIL_ASKED).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started").somebody_says("abort", "--reason", "not today")
    when.it_ends()
    then.outcome("rolled back")
    given.agreeing_on(stages=STAGES)
    when.releasing("v2").it_ends()
    then.outcome("released").in_service(web="v2").failed_requests()
