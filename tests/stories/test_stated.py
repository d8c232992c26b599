"""A stage that waits for what only people know: who may say it, a kill right after it, and what is on record."""

import json
from collections.abc import Iterator
from getpass import getuser

import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.plans import stage
from tests.stories.test_drills import Shop

pytestmark = pytest.mark.slow

SATISFACTION = {"satisfaction": {"from": "person", "role": "product", "scale": 5}}
STAGES = [stage("canary", 20, hold="2s"), stage("full", 100, hold="2s", **{"pass": "satisfaction >= 4.0"})]
MEASURE = "flight measure satisfaction NUMBER"


def a_team(given: Given, **roles: str) -> None:
    people = {"me": {"login": getuser()}, "lea": {"name": "Lea Kurz"}}
    (given.world.folder / "team.yaml").write_text(json.dumps({"people": people, "roles": roles}))


def test_a_stage_waits_for_people_and_what_they_said_outlives_a_kill(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=STAGES, metrics=SATISFACTION)
    a_team(given, product="me")
    given.with_stable("v1").with_users()
    when.somebody_says("check")
    then.status(0).says(f"satisfaction from 0 to 5 (role product: {getuser()})")
    when.releasing("v2").it_comes_to("stage.started", stage="canary")
    when.it_comes_to("stage.started", stage="full").it_comes_to("people.told")
    when.somebody_says("status")
    then.says(f"satisfaction: nobody has said it yet: {MEASURE} (role product: {getuser()})", MEASURE)
    when.somebody_says("measure", "satisfaction", "7")
    then.status(4).says(f"satisfaction goes from 0 to 5, and 7 does not: {MEASURE}")
    when.somebody_says("measure", "satisfaction", "quite")
    then.status(2).says("'quite' is no number")
    when.somebody_says("pause")
    when.somebody_says("measure", "satisfaction", "4.5", "--comment", "12 users asked")
    then.status(0).says("satisfaction is 4.5 of 5; it counts from the next look")
    when.it_is_killed().somebody_says("measure", "satisfaction", "1")
    then.status(4).says("nobody is driving this release")
    when.going_on().seconds_pass(1.5).somebody_says("resume")
    when.it_ends()
    then.outcome("released").in_service(web="v2").failed_requests()
    then.happened("metric.stated", times=1, value=4.5, by=getuser(), role="product", comment="12 users asked")
    then.report_says("What people said", "4.5 of 5", f"{getuser()} (product)", "12 users asked")


def test_whoever_has_not_the_role_is_not_heard(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=STAGES, metrics=SATISFACTION)
    a_team(given, product="lea")
    given.with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started").somebody_says("measure", "satisfaction", "5")
    then.status(4).says(f"{getuser()} is not product in team.yaml; who can state satisfaction: product: lea")
    when.somebody_says("abort", "--reason", "a test")
    when.it_ends()
    then.outcome("rolled back").in_service(web="v1").happened("metric.stated", times=0)


@pytest.fixture
def staging() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.end()


def test_who_rehearses_says_the_best_of_it(staging: Shop) -> None:
    stages = [stage("full", 100, hold="1h", **{"pass": "satisfaction >= 4.0"})]
    (staging.folder / "team.yaml").write_text(json.dumps({"people": {"lea": {}}, "roles": {"product": "lea"}}))
    staging.agree_on(staging.plan | {"stages": stages, "metrics": staging.plan["metrics"] | SATISFACTION})
    ended = staging.flight("rehearse", "v2", "--speed", "1800x", "--yes", "--plain", within=120)
    assert ended.status == 0, ended
    assert f"satisfaction is 5 of 5, says {getuser()} (product): stated by who rehearses" in ended.out
