"""What somebody is told who leaves a release, and what `flight status` says of it then."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightrules.cli.accompany import How
from flightrules.cli.driving import Went, until_held
from flightrules.cli.ending import words
from flightrules.records import Records
from flightrules.testing.fake_clock import FakeClock
from flightrules.views.following import Following
from flightrules.views.model import ReleaseView
from tests.written import Written

WHY = "web cannot go back to v1: v1 of web cannot serve: answered 503"
DO = "traffic stays as it is; bring v1 up, or `flight shutdown` to show the page"


@pytest.fixture
def stuck(written: Written) -> Written:
    """A way back whose stable version does not get healthy; nobody drives it."""
    written.started().shifted(5).holds(1, "canary", 5)
    written.event("goback.started", why="anna called the release back: too slow", procedure="code")
    written.event("step.started", step="back/web/ready")
    written.event("release.held", why=WHY, do=DO)
    written.records.lease.release()
    return written


def view_of(written: Written) -> ReleaseView:
    return Following(written.records, written.plan, written.release).view()


def test_whoever_leaves_a_way_back_that_is_stuck_knows_what_holds_it_up_and_how_to_come_back(stuck: Written) -> None:
    assert list(words(Went(How.LEFT, view_of(stuck)))) == [
        "Left in the middle of the way back. Traffic stays as it is: v2 5%, v1 95%.",
        f"    It is held up: {WHY}",
        f"    {DO}",
        "    Nobody goes on with it until you type `flight run`; `flight status` shows where it is.",
    ]


def test_a_way_back_that_only_takes_its_time_is_left_with_fewer_words(stuck: Written) -> None:
    stuck.event("step.started", step="back/web/shift")
    assert list(words(Went(How.LEFT, view_of(stuck)))) == [
        "Left in the middle of the way back. Traffic stays as it is: v2 5%, v1 95%.",
        "    Nobody goes on with it until you type `flight run`; `flight status` shows where it is.",
    ]


def test_status_says_the_same_and_what_can_be_done(stuck: Written) -> None:
    view = view_of(stuck)
    assert (view.now, view.held and view.held.do) == (WHY, DO)
    assert view.then == "nothing happens until `flight run` goes on with it: no process drives it"
    assert view.can == ("flight run", "flight shutdown")


def test_a_shutdown_that_is_left_can_only_go_on(stuck: Written) -> None:
    stuck.event("goback.started", why="anna shut the services down: both are bad", procedure="shutdown")
    assert view_of(stuck).can == ("flight run",)


def test_a_release_that_is_left_can_be_taken_back(written: Written) -> None:
    written.started().shifted(5).holds(1, "canary", 5)
    written.records.lease.release()
    view = view_of(written)
    assert view.can == ("flight run", "flight abort")
    assert list(words(Went(How.LEFT, view))) == [
        "Left. Traffic stays as it is: v2 5%, v1 95%.",
        "    Nobody watches the rules until `flight run` goes on; `flight abort` takes the release back.",
    ]


def leaves(written: Written) -> bool:
    return until_held(view_of(written)) is How.HELD


NOT_CERTIFIED = "stage canary is not certified yet and goes on holding"
COMPARED = Written.TEXT + "compare: {underpowered: WHAT}\n"


@pytest.mark.parametrize("what", ["insufficient", "silent"])
def test_a_hold_that_is_over_and_waits_for_data_is_left_to_a_person(written: Written, what: str) -> None:
    written.started().holds(1, "canary", 5)
    assert not leaves(written)
    written.event("people.told", f"stages/1-canary/{what}", text="stage canary cannot be judged yet")
    assert leaves(written)


def test_a_candidate_that_is_not_certified_is_left_to_a_person_where_the_plan_asks_one(
    records: Records, clock: FakeClock, tmp_path: Path
) -> None:
    written = Written(records, clock, tmp_path, text=COMPARED.replace("WHAT", "ask"))
    records.lease.acquire()
    written.started().holds(1, "canary", 5).event("people.told", "stages/1-canary/underpowered", text=NOT_CERTIFIED)
    assert leaves(written)
    assert list(words(Went(How.HELD, view_of(written)))) == [
        "The release holds, and waits for you: canary, 5%: the hold is over, and more traffic is needed to certify it",
        "    Traffic stays as it is: v2 5%, v1 95%. Nobody watches the rules until `flight run` goes on.",
        "    Then, while that runs, one of: flight pause, flight promote, flight abort",
    ]


def test_a_hold_that_the_plan_extends_goes_on_by_itself(records: Records, clock: FakeClock, tmp_path: Path) -> None:
    written = Written(records, clock, tmp_path, text=COMPARED.replace("WHAT", "extend up to 1h"))
    written.started().holds(1, "canary", 5).event("people.told", "stages/1-canary/underpowered", text=NOT_CERTIFIED)
    assert not leaves(written)


def test_a_question_is_left_to_whoever_can_answer_it(written: Written) -> None:
    written.started().event("question.asked", "database/main/asked", says="the migration drops a column", role="dba")
    assert leaves(written)
    assert list(words(Went(How.HELD, view_of(written))))[-1] == (
        "    Then, while that runs, one of: flight approve --as dba, flight reject --as dba, flight abort"
    )
    written.event("question.answered", "database/main/answered")
    assert not leaves(written)


def test_a_pause_is_left_to_a_person_where_a_rule_wanted_it_and_not_where_a_person_did(written: Written) -> None:
    written.started().holds(1, "canary", 5).event("release.paused", "signals/1/done", "anna")
    assert not leaves(written)
    written.event("release.resumed", "signals/2/done", "anna")
    written.event("release.paused", "rules/memory/1/paused", why="memory is 400 MB")
    assert view_of(written).to_decide == "memory is 400 MB"
    assert leaves(written)


def test_a_way_back_that_is_held_up_is_not_left_for_it_tries_again_by_itself(stuck: Written) -> None:
    assert not leaves(stuck)
