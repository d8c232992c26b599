"""A plan is flown against what a real release saw: under the same plan the same is decided, and nothing is touched."""

import json

import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.plans import stage

pytestmark = pytest.mark.slow


def test_a_release_that_was_called_back_is_called_back_again_and_a_milder_plan_lets_it_through(
    given: Given, when: When, then: Then
) -> None:
    strict = [stage("canary", 30, hold="6s"), stage("full", 100, hold="2s")]
    given.a_shop(stages=strict, compare={"off": "this is about the rules"}).with_stable("v1").with_users(80)
    when.releasing("v3-all-errors").it_ends()
    then.outcome("rolled back").in_service(web="v1")
    entries = given.world.records.ledger.head()
    (called,) = given.world.entries("release.called_back")
    again = given.world.flight("simulate", "--json")
    said = json.loads(again.out)
    assert (again.status, said["end"], said["stage"]) == (1, "rolled back", "canary"), again
    assert said["decided_by"] == called.event.data["failure"]["details"]["rule"]
    given.agreeing_on(
        rules=[{"if": "error_rate > 50%", "then": "warn"}], stages=[stage("canary", 30, hold="10m"), stage("full", 100)]
    )
    milder = json.loads(given.world.flight("simulate", "--json").out)
    assert milder.get("end") == "undecided", milder
    assert given.world.records.ledger.head() == entries
