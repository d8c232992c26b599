"""What somebody is told who leaves a release, and what `flight status` says of it then."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightrules.cli.accompany import How
from flightrules.cli.driving import Went, until_held
from flightrules.cli.ending import words
from flightrules.testing.fake_clock import FakeClock
from flightrules.views.following import Following
from flightrules.views.model import ReleaseView
from flightrules.wiring import Records
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
