"""What comes back is asked everything that is known and watched for a while, also through a kill -9."""

import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.plans import stage

pytestmark = pytest.mark.slow

AWAY = {"openai": {"http": "http://127.0.0.1:1/", "within": "1s"}}
BACK = {"verify": "comprehensive", "monitor": "8s"}


def test_what_comes_back_is_asked_and_watched_through_a_kill(given: Given, when: When, then: Then) -> None:
    stages = [stage("canary", 20, hold="60s"), stage("full", 100)]
    given.a_shop(stages=stages, verify="comprehensive", rollback=BACK, external=AWAY).with_stable("v1").with_users()
    when.releasing("v3-all-errors").it_comes_to("recovery.started")
    then.happened("recovery.verified", times=1, wrong=[])
    when.it_is_killed().going_on().it_ends()
    then.outcome("rolled back").says("v3-all-errors was called back, v1 has all the traffic again")
    then.happened("recovery.verified", times=1).happened("recovery.started", times=1)
    then.happened("recovery.ended", times=1, rules=[]).happened("external.down", times=1, name="openai")
    then.in_service(web="v1").runs("v1").failed_requests(at_candidate="v3-all-errors")
    then.report_says(
        "(openai has been down since ", "## External services that were down", "## After the way back",
        "After the way back all that is mandatory is as agreed, by ", "Watched for ", "no rule came true",
    )  # fmt: skip
