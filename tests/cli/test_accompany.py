"""Staying with a release: what is shown when, what Ctrl-C does, and how it ends. On a clock that tests turn."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from flightrules.cli.accompany import Company, How, stay
from flightrules.cli.driving import until_held
from flightrules.cli.interrupts import Choice
from flightrules.domain.errors import Fenced
from flightrules.state.changes import Changes
from flightrules.testing.fake_clock import FakeClock
from flightrules.views.following import Following
from flightrules.views.model import EventView, ReleaseView
from tests.written import Written


class Pictures:
    """A screen that keeps what it was shown."""

    def __init__(self) -> None:
        self.shown: list[ReleaseView] = []
        self.lines: list[str] = []
        self.resting = 0

    def show(self, view: ReleaseView, new: tuple[EventView, ...]) -> None:
        self.shown.append(view)
        self.lines += [event.text for event in new]

    def rest(self) -> None:
        self.resting += 1


class Person:
    """Presses Ctrl-C at given moments (seconds), and answers as was agreed, or never."""

    def __init__(self, clock: FakeClock, presses: tuple[float, ...] = (), answers: tuple[Choice | None, ...] = ()):
        self._clock, self._presses, self._answers = clock, list(presses), list(answers)
        self.questions: list[str] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        yield

    def came(self) -> bool:
        return bool(self._presses) and self._clock.monotonic() >= self._presses[0]

    async def choice(self, question: str) -> Choice:
        self.questions.append(question)
        self._presses.pop(0)
        answer = self._answers.pop(0)
        return answer if answer is not None else await asyncio.Future()


@pytest.fixture
def pictures() -> Pictures:
    return Pictures()


class Stay:
    """One stay with the release that was written."""

    def __init__(self, written: Written, clock: FakeClock, pictures: Pictures) -> None:
        self.written, self.clock, self.pictures = written, clock, pictures
        self.ending: Future[str] | None = Future()
        self.person = Person(clock)
        self.aborted: list[float] = []
        self.until = lambda view: None
        self.goes_on_after = 0.0

    async def at(self, seconds: float, happens: object) -> None:
        await self.clock.sleep(seconds)
        happens()  # type: ignore[operator]

    async def go(self, *happening: tuple[float, object]) -> How:
        following = Following(self.written.records, self.written.plan, self.written.release)
        company = Company(
            following, self.pictures, Changes(self.written.records.state), self.clock, self.person,  # type: ignore[arg-type]
            lambda: self.aborted.append(self.clock.monotonic()), lambda view: f"what now, {view.state}?",
            self.ending, self.until, lambda: self.clock.monotonic() >= self.goes_on_after,
        )  # fmt: skip
        others = [asyncio.ensure_future(self.at(*each)) for each in happening]
        try:
            return await stay(company)
        finally:
            for other in others:
                other.cancel()
            company.changes.close()

    def end(self) -> None:
        self.written.ended("released")
        if self.ending is not None:
            self.ending.set_result("released")


@pytest.fixture
def staying(written: Written, clock: FakeClock, pictures: Pictures) -> Stay:
    return Stay(written, clock, pictures)


async def test_it_stays_until_the_release_has_ended_and_shows_the_end(staying: Stay, pictures: Pictures) -> None:
    assert await staying.go((3.0, staying.end)) is How.ENDED
    assert pictures.shown[-1].outcome == "released"
    assert pictures.resting == 1


async def test_it_draws_once_a_second_while_nothing_changes(staying: Stay, pictures: Pictures) -> None:
    await staying.go((10.05, staying.end))
    assert 10 <= len(pictures.shown) <= 14


@pytest.mark.parametrize("goes_on_after, first", [(0.0, 0.0), (1.2, 1.2), (60.0, 3.0)])
async def test_the_first_picture_waits_until_a_long_release_goes_on_but_not_for_ever(
    staying: Stay, pictures: Pictures, goes_on_after: float, first: float
) -> None:
    now = staying.clock.monotonic()
    staying.goes_on_after = now + goes_on_after
    began: list[float] = []
    shown = pictures.show
    pictures.show = lambda view, new: (began.append(staying.clock.monotonic()), shown(view, new))[1]  # type: ignore[method-assign]
    await staying.go((10.0, staying.end))
    assert began[0] - now == pytest.approx(first, abs=0.06)


async def test_a_release_that_ends_before_the_first_picture_keeps_nobody_waiting(staying: Stay) -> None:
    staying.ending, now = Future(), staying.clock.monotonic()
    staying.goes_on_after = now + 60.0
    await staying.go((0.5, staying.end))
    assert staying.clock.monotonic() - now < 2.5


async def test_a_long_hold_is_drawn_less_often(staying: Stay, pictures: Pictures) -> None:
    text = Written.TEXT.replace("hold: 12s", "hold: 12h")
    clock, records = staying.clock, staying.written.records
    records.releases.finish(staying.written.release.id, "released")
    staying.written = Written(records, clock, staying.written.file.parent, text=text, name="long").holds(1, "canary", 5)
    await staying.go((60.05, staying.end))
    assert 12 <= len(pictures.shown) <= 15


async def test_it_draws_soon_after_something_changed(staying: Stay, pictures: Pictures) -> None:
    began = staying.clock.monotonic()
    moved: list[float] = []

    def moves() -> None:
        staying.written.records.ledger.append(_event(staying.written))
        moved.append(staying.clock.monotonic() - began)

    def show(view: ReleaseView, new: tuple[EventView, ...]) -> None:
        if new and moved and len(moved) == 1:
            moved.append(staying.clock.monotonic() - began)

    staying.pictures.show = show  # type: ignore[method-assign]
    await staying.go((2.0, moves), (5.0, staying.end))
    assert moved[1] - moved[0] <= 0.5


def _event(written: Written) -> object:
    from flightrules.domain.events import Event

    return Event("release.paused", written.release.id)


async def test_every_event_is_shown_once(staying: Stay, pictures: Pictures) -> None:
    await staying.go((1.5, lambda: staying.written.step("start/web/build")), (3.0, staying.end))
    assert pictures.lines == ["release of v2 begins beside v1", "building v2", "ended: released, after 42.5s"]


async def test_without_an_engine_of_its_own_it_ends_when_the_record_says_so(staying: Stay) -> None:
    staying.ending = None
    assert await staying.go((2.0, staying.end)) is How.ENDED


async def test_what_ended_the_engines_part_is_not_swallowed(staying: Stay, pictures: Pictures) -> None:
    ending = staying.ending
    assert ending is not None
    with pytest.raises(Fenced):
        await staying.go((1.0, lambda: ending.set_exception(Fenced("another took over"))))
    assert pictures.resting == 1


async def test_ctrl_c_and_leave_leaves_at_once_and_asks_for_nothing(staying: Stay, clock: FakeClock) -> None:
    staying.person = Person(clock, (1.0,), (Choice.LEAVE,))
    assert await staying.go() is How.LEFT
    assert staying.aborted == []


async def test_the_person_is_asked_about_the_release_as_it_is_then(staying: Stay, clock: FakeClock) -> None:
    staying.person = Person(clock, (1.0, 3.0), (Choice.CONTINUE, Choice.LEAVE))
    await staying.go((2.0, lambda: staying.written.event("goback.started", why="x", procedure="code")))
    assert staying.person.questions == ["what now, starting?", "what now, going back?"]


async def test_ctrl_c_and_continue_changes_nothing(staying: Stay, clock: FakeClock, pictures: Pictures) -> None:
    staying.person = Person(clock, (1.0,), (Choice.CONTINUE,))
    assert await staying.go((3.0, staying.end)) is How.ENDED
    assert staying.aborted == []
    assert pictures.resting == 2


async def test_ctrl_c_and_abort_asks_for_it_and_stays_to_the_end(staying: Stay, clock: FakeClock) -> None:
    staying.person = Person(clock, (1.0,), (Choice.ABORT,))
    assert await staying.go((3.0, staying.end)) is How.ENDED
    assert len(staying.aborted) == 1


async def test_a_release_that_ends_while_the_person_thinks_needs_no_answer(staying: Stay, clock: FakeClock) -> None:
    staying.person = Person(clock, (1.0,), (None,))
    assert await staying.go((3.0, staying.end)) is How.ENDED


async def test_it_leaves_a_release_that_is_held_where_it_was_told_to(staying: Stay) -> None:
    staying.until = until_held
    hold = {"why": "the disk is full", "do": "make room", "details": {}}
    assert await staying.go((1.0, lambda: staying.written.event("release.held", "x/held", **hold))) is How.HELD
