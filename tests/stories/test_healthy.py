"""A version that is healthy gets all the traffic, and no user notices."""

import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.plans import stage

pytestmark = pytest.mark.slow


def test_a_healthy_version_gets_the_traffic_stage_by_stage(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=[stage("canary", 5), stage("quarter", 25), stage("full", 100)])
    given.with_stable("v1").with_users(60)
    when.releasing("v2").it_ends()
    then.outcome("released").says("v2 is in service, after", "flight rollback --to v1")
    then.splits("v1 100", "v1 95 v2 5", "v1 75 v2 25", "v2 100")
    then.in_service(web="v2").runs("v1", "v2").failed_requests()


def test_the_first_version_goes_into_service_at_once(given: Given, when: When, then: Then) -> None:
    quiet = stage("full", 100, **{"pass": "memory < 4 GB"})  # nobody uses it yet, so there is no error rate
    given.a_shop(stages=[stage("canary", 5), quiet], metrics={"memory": {"from": "target"}})
    when.releasing("v1").it_ends()
    then.outcome("released").splits("v1 100").in_service(web="v1")


def test_a_version_that_is_in_service_is_not_released_again(given: Given, when: When, then: Then) -> None:
    given.a_shop().with_stable("v1")
    when.somebody_says("run", "v1")
    then.status(4).says("v1 is in service already", "there is nothing to release")
    when.somebody_says("run", "v9")
    then.status(2).says("there is no directory", "versions/v9")
