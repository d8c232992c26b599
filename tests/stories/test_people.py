"""People in a real release: it waits for them through a kill, and their word counts for one version."""

import json
from getpass import getuser

import pytest

from tests.stories.fixture import Given, Then, When

pytestmark = pytest.mark.slow

POLICY = "Privacy policy updated"
GATES = {"legal": [{"check": POLICY, "sign_off": "legal"}]}


def a_team(given: Given, **roles: str) -> None:
    people = {"me": {"login": getuser()}, "lea": {"name": "Lea Kurz"}}
    (given.world.folder / "team.yaml").write_text(json.dumps({"people": people, "roles": roles}))


def test_a_release_waits_for_people_through_a_kill(given: Given, when: When, then: Then) -> None:
    given.a_shop(gates=GATES, approvals=[{"role": "qa"}])
    a_team(given, legal="me", qa="me")
    given.with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("question.asked")
    when.somebody_says("status")
    then.says(f"{POLICY}: waits for the signature of legal (legal: me)", f"flight sign '{POLICY}' --as legal")
    when.it_is_killed().somebody_says("sign", POLICY)
    then.status(4).says("nobody is driving this release", f"in another terminal: flight sign '{POLICY}'")
    when.going_on().seconds_pass(1.5).somebody_says("sign", POLICY, "--comment", "version 12")
    then.status(0).says(f"signed: {POLICY}")
    when.it_comes_to("question.asked", role="qa").somebody_says("approve")
    then.status(0).says("approved")
    when.it_ends()
    then.outcome("released").in_service(web="v2").failed_requests()
    then.happened("question.asked", times=2).happened("signature.given", times=1, by=getuser(), role="legal")
    then.report_says(f"signed by {getuser()} (legal): version 12")


def test_whoever_has_not_the_role_is_not_heard_and_who_rejects_ends_it(given: Given, when: When, then: Then) -> None:
    given.a_shop(approvals=[{"role": "qa"}])
    a_team(given, qa="lea")
    given.with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("question.asked").somebody_says("approve")
    then.status(4).says(f"{getuser()} is not qa in team.yaml; who can answer: qa: lea")
    a_team(given, qa="me")  # somebody mends the team file, and goes on
    when.it_is_killed().going_on().seconds_pass(1.5).somebody_says("reject", "--reason", "not on a Friday")
    then.status(0).says("rejected")
    when.it_ends()
    then.outcome("not started").says("not on a Friday", "nothing was touched").splits().in_service(web="v1").runs("v1")


def test_nobody_approves_their_own_release(given: Given, when: When, then: Then) -> None:
    given.a_shop(approvals=[{"role": "qa", "not": "author"}])
    a_team(given, qa="me")
    given.with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("question.asked").somebody_says("approve")
    then.status(4).says("who wrote or began the release cannot approve it")
    when.somebody_says("abort", "--reason", "a test")
    when.it_ends()
    then.outcome("not started").in_service(web="v1").runs("v1")
