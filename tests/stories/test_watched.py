"""A release in its watch: it can go back, it makes room for another one, and then it is over."""

import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.plans import stage

pytestmark = pytest.mark.slow

FULL = [stage("full", 100, hold="1s")]
LONG = {"for": "4 weeks", "look": ["every 500ms for 1h", "every 4h"], "report": "hourly for 1 day"}


def test_a_release_in_its_watch_goes_back_when_somebody_says_so(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=FULL, watch=LONG).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("watch.started")
    when.somebody_says("abort", "--reason", "users complain")
    then.status(0)
    when.it_ends()
    then.outcome("rolled back").in_service(web="v1")


def test_a_release_in_its_watch_makes_room_for_another_one(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=FULL, watch=LONG | {"for": "2s", "pass": "error_rate > 50%", "report": "every 1s"})
    given.with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("question.asked")
    when.somebody_says("run", "no-such-version")
    then.status(2).says("There are: v1, v2, v3")
    when.somebody_says("run", "v3-slow", "--exit-when-held")
    then.status(3).says("is in its watch, which ends here: v3-slow is released.")
    when.somebody_says("abort", "--reason", "enough")
    then.status(0).in_service(web="v2")
