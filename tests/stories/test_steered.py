"""A person steers a release that is under way: pause, resume, promote, step back."""

from getpass import getuser

import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.plans import UNTIL_ASKED, stage

pytestmark = pytest.mark.slow


def test_a_paused_release_stands_until_somebody_resumes(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=[stage("canary", 20, hold="6s"), stage("full", 100, hold="1s")])
    given.with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started", stage="canary").somebody_says("pause")
    then.status(0).says("paused: traffic stays as it is, the rules go on")
    when.seconds_pass(7)
    then.happened("stage.ended", times=0)
    when.somebody_says("resume")
    then.status(0).says("the release goes on")
    when.it_ends()
    then.outcome("released").in_service(web="v2").failed_requests()
    then.happened("release.paused", times=1).happened("release.resumed", times=1)


def test_a_rule_calls_back_a_release_that_is_paused(given: Given, when: When, then: Then) -> None:
    rule = {"if": "error_rate > 50% for 3s", "then": "roll back"}
    compare = {"off": "it would call the release back before anybody could pause it"}
    given.a_shop(rules=[rule], stages=UNTIL_ASKED, compare=compare).with_stable("v1").with_users()
    when.releasing("v3-all-errors").it_comes_to("stage.started").somebody_says("pause")
    when.it_ends()
    then.outcome("rolled back").in_service(web="v1").happened("rule.fired").happened("release.paused")


def test_a_stage_is_promoted_before_its_hold_is_over(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=[stage("canary", 20, hold="1h"), stage("full", 100)]).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started", stage="canary").somebody_says("promote", "--json")
    then.status(0).says('"taken": true', "stage canary is passed by decision of")
    when.it_ends()
    then.outcome("released").in_service(web="v2").failed_requests()
    then.happened("stage.ended", stage="canary", verdict="pass", says=f"promoted by {getuser()}")


def test_a_release_steps_back_and_holds_the_earlier_stage_again(given: Given, when: When, then: Then) -> None:
    stages = [stage("canary", 10, hold="1h"), stage("half", 50, hold="1h"), stage("full", 100, hold="1s")]
    given.a_shop(stages=stages).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started", stage="canary").somebody_says("step-back")
    then.status(4).says("canary is the first stage")
    when.somebody_says("promote")
    when.it_comes_to("stage.started", stage="half").somebody_says("step-back", "--to", "full")
    then.status(4).says("full is not a stage before half; there are: canary")
    when.somebody_says("step-back", "--reason", "looks odd")
    then.status(0).says("the release steps back to canary")
    when.it_comes_to("stage.started", stage="canary").somebody_says("promote")
    when.it_comes_to("stage.started", stage="half").somebody_says("promote")
    when.it_ends()
    then.outcome("released").in_service(web="v2").failed_requests()
    then.splits("v1 100", "v1 90 v2 10", "v1 50 v2 50", "v1 90 v2 10", "v1 50 v2 50", "v2 100")


def test_a_stage_that_failed_waits_for_a_person_where_the_plan_says_pause(given: Given, when: When, then: Then) -> None:
    stages = [stage("canary", 50, fail="pause"), stage("full", 100, hold="1s", **{"pass": "error_rate < 50%"})]
    given.a_shop(stages=stages).with_stable("v1").with_users(60)
    when.releasing("v3-errors-5").it_comes_to("release.held").somebody_says("status")
    then.status(0).says("stage canary failed", "promote it, resume to hold it once more, step back, or abort")
    when.somebody_says("promote")
    then.status(0)
    when.it_ends()
    then.outcome("released").in_service(web="v3-errors-5").failed_requests(at_candidate="v3-errors-5")


def test_a_release_that_is_held_can_be_left_with_a_status_of_its_own(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=[stage("canary", 50, fail="pause"), stage("full", 100)]).with_stable("v1").with_users(60)
    when.releasing("v3-errors-5", "--exit-when-held").it_ends()
    then.status(3).says("The release holds, and waits for you", "Traffic stays as it is: v3-errors-5 50%, v1 50%")
    when.somebody_says("promote")
    then.status(4).says("nobody is driving this release", "go on with it: flight run")
    when.somebody_says("abort", "--reason", "it was held")
    then.outcome("rolled back", status=0).in_service(web="v1").failed_requests(at_candidate="v3-errors-5")
