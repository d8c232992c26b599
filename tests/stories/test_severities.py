"""Severities in a real release: a kill stops no time, people keep it, and one is declared by hand."""

import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.plans import UNTIL_ASKED

pytestmark = pytest.mark.slow

BAD = ({"if": "error_rate > 50%", "then": "P2"},)
ALONE = {"off": "the story is about what people decide"}
WITHIN = 12.0


def agreed_on(given: Given, p2: object, **more: object) -> None:
    severities = {"P1": "roll back", "P2": p2, "P4": "fix forward"}
    given.a_shop(stages=UNTIL_ASKED, rules=BAD, compare=ALONE, rollback={"severities": severities}, **more)
    given.with_stable("v1").with_users()


def test_a_question_that_nobody_answers_ends_in_time_through_a_kill(given: Given, when: When, then: Then) -> None:
    agreed_on(given, {"then": "ask", "within": f"{WITHIN:g}s"})
    when.releasing("v3-all-errors").it_comes_to("severity.declared", level="P2")
    asked = when.event("question.asked")
    when.somebody_says("status")
    then.says("P2 error_rate of v3-all-errors is ", "an answer is awaited until ", "flight approve")
    when.it_is_killed().seconds_pass(2).going_on()
    called_back = when.event("release.called_back")
    assert WITHIN <= called_back.at - asked.at < WITHIN + 5
    when.it_ends()
    then.outcome("rolled back").says("nobody answered within 12s").in_service(web="v1").runs("v1")
    then.happened("severity.declared", times=1).happened("question.asked", times=1)
    then.splits("v1 100", "v1 80 v3-all-errors 20", "v1 100").failed_requests(at_candidate="v3-all-errors")
    then.report_says("P2: somebody is asked, without an answer within 12s: roll back", "nobody answered within 12s")


def test_what_is_watched_and_no_better_goes_back_through_a_kill(given: Given, when: When, then: Then) -> None:
    agreed_on(given, {"watch": f"{WITHIN:g}s", "then": "roll back"})
    declared = when.releasing("v3-all-errors").event("severity.declared", level="P2")
    when.somebody_says("status")
    then.says("watched until ", "the candidate gets no more traffic before P2 is decided")
    when.it_is_killed().seconds_pass(2).going_on()
    called_back = when.event("release.called_back")
    assert WITHIN <= called_back.at - declared.at < WITHIN + 5
    when.it_ends()
    then.outcome("rolled back").says("no better after 12s").in_service(web="v1").runs("v1")


def test_a_person_declares_one_and_another_is_asked(given: Given, when: When, then: Then) -> None:
    agreed_on(given, "ask")
    when.releasing("v2").it_comes_to("stage.started").somebody_says("severity", "P3", "--reason", "mails of users")
    then.status(4).says("the plan does not say what P3 means; it does for: P1, P2, P4")
    when.somebody_says("severity", "P2", "--reason", "mails of users")
    then.status(0).says("P2 is declared: somebody is asked, without an answer within 15m: roll back")
    when.it_comes_to("question.asked").somebody_says("promote")
    then.status(4).says("P2 is not decided yet, and nothing is promoted before that")
    when.somebody_says("approve", "--reason", "a known bot")
    then.status(0).says("approved")
    when.it_comes_to("severity.ended", how="kept").somebody_says("severity", "P1", "--reason", "orders are lost")
    then.status(0).says("P1 is declared: roll back")
    when.it_ends()
    then.outcome("rolled back").says("orders are lost").in_service(web="v1").runs("v1").failed_requests()
