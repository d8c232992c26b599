"""The deployment day: phases begin at their clock times, people hear when one takes too long, no way back waits."""

import asyncio

import pytest

from flightrules.domain.outcome import Outcome
from flightrules.domain.people import Person, Team
from flightrules.domain.schedule import PhaseTime
from flightrules.domain.signals import Ask
from flightrules.state.releases import RELEASE
from flightrules.testing.fake_durable import Crash, Fate
from flightrules.views import course_events
from flightrules.views.course import Course
from flightrules.views.outlook import commands, now_words, state_of
from tests.release.plans import STAGES, plan, stage

NOW = 1_790_000_000.0  # 2026-09-21 14:13:20 UTC
HOUR = 3600.0
TEAM = Team((Person("otto", "otto", "Otto"),), {"release-manager": ("otto",)})


def clock(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def day(*phases: PhaseTime, stages=STAGES[::2]):
    return plan(schedule={each.phase: each for each in phases}, team=TEAM, stages=stages)


def began(world, phase: str) -> list[float]:
    entries = world.ledger.entries(release="r1")
    return [e.at - NOW for e in entries if e.event.kind == "phase.started" and e.event.data["phase"] == phase]


def told(world, words: str) -> list[tuple[float, str]]:
    entries = [e for e in world.ledger.entries(release="r1") if e.event.kind == "people.told"]
    return [(e.at - NOW, e.event.data["text"]) for e in entries if words in e.event.data["text"]]


async def test_a_phase_waits_for_its_clock_time_and_says_until_when(watched):
    world = watched(day(PhaseTime("gates", at=clock("15:00")), PhaseTime("canary", at=clock("16:30"))))
    assert await world.release() is Outcome.RELEASED
    assert [each["says"] for each in world.events("phase.waits")] == [
        "gates begins at 2026-09-21 15:00 UTC; `flight resume` begins it now",
        "canary begins at 2026-09-21 16:30 UTC; `flight resume` begins it now",
    ]
    assert began(world, "gates") == [2800.0]
    first = next(each for each in world.shifts() if each.shares.get("v2"))
    assert first.at == NOW + 2800 + 1.5 * HOUR


async def test_a_clock_time_that_has_just_passed_is_not_waited_for_and_that_of_tomorrow_is(watched):
    world = watched(day(PhaseTime("gates", at=clock("09:30")), PhaseTime("build", at=clock("02:00"))))
    assert await world.release() is Outcome.RELEASED
    assert began(world, "gates") == [0.0]
    assert [each["phase"] for each in world.events("phase.waits")] == ["build"]
    assert world.events("phase.waits")[0]["says"].startswith("build begins at 2026-09-22 02:00 UTC")


async def test_a_person_begins_a_phase_before_its_time(watched):
    world = watched(day(PhaseTime("gates", at=clock("23:00"))))
    world.later(60, lambda: world.ask(Ask.RESUME))
    assert await world.release() is Outcome.RELEASED
    assert (world.answer(), began(world, "gates")) == ("it begins now", [60.0])


async def test_an_abort_is_taken_while_a_phase_waits_for_its_time(watched):
    world = watched(day(PhaseTime("canary", at=clock("23:00"))))
    world.later(600, lambda: world.ask(Ask.ABORT, reason="another day"))
    assert await world.release() is Outcome.ROLLED_BACK
    assert world.clock.now() < NOW + 700


async def test_a_stage_to_which_the_release_steps_back_does_not_wait_again(watched):
    two = (stage("canary", 5), stage("full", 100))
    world = watched(day(PhaseTime("canary", at=clock("15:00")), stages=two))
    world.later(2800 + 80, lambda: world.ask(Ask.STEP_BACK))
    assert await world.release() is Outcome.RELEASED
    assert len(began(world, "canary")) == 2
    assert len(world.events("phase.waits")) == 1
    assert world.clock.now() < NOW + 2 * HOUR


async def test_people_are_told_once_at_the_moment_when_a_phase_has_used_up_its_budget(watched):
    world = watched(day(PhaseTime("canary", budget=20.0), PhaseTime("full", budget=HOUR)))
    assert await world.release() is Outcome.RELEASED
    [start] = began(world, "canary")
    assert told(world, "takes longer") == [(start + 20, "canary takes longer than the 20s that were agreed")]
    assert [(each["phase"], each["seconds"] >= 60) for each in world.events("phase.ended")] == [
        ("canary", True), ("full", True),
    ]  # fmt: skip
    assert [each["phase"] for each in world.events("phase.overran")] == ["canary"]


async def test_who_is_asked_about_an_overrun_lets_it_go_on_and_the_next_phase_waits_for_that(watched):
    world = watched(day(PhaseTime("canary", budget=20.0, ask="release-manager")))
    world.later(600, lambda: world.inbox.send(Ask.APPROVE, "otto"))
    assert await world.release() is Outcome.RELEASED
    [asked] = world.events("question.asked")
    assert asked["says"] == "canary takes longer than the 20s that were agreed; does it go on?"
    assert asked["otherwise"] == "canary goes on, and the phase after it waits for the answer"
    full = next(each for each in world.shifts() if each.shares.get("v2") == 100)
    assert full.at == NOW + 600
    assert [each["stage"] for each in world.events("stage.ended")] == ["canary", "full"]


@pytest.mark.parametrize("after", [30, 600])
async def test_who_says_no_to_an_overrun_takes_the_release_back(watched, after):
    world = watched(day(PhaseTime("canary", budget=20.0, ask="release-manager")))
    world.later(after, lambda: world.inbox.send(Ask.REJECT, "otto", {"reason": "lunch"}))
    assert await world.release() is Outcome.ROLLED_BACK
    assert world.events("goback.started")[0]["why"] == (
        "canary took too long, rejected by otto (release-manager): lunch"
    )
    assert world.clock.now() < NOW + after + 60
    assert world.shares() == {"v1": 100.0}


async def test_no_budget_and_no_question_stands_on_the_way_back(watched):
    world = watched(day(PhaseTime("canary", budget=50.0, ask="release-manager")))
    world.later(45, lambda: world.be_slow_once("web"))
    world.later(46, lambda: world.ask(Ask.ABORT, reason="enough"))
    assert await world.release() is Outcome.ROLLED_BACK
    assert world.was_slow and world.clock.now() > NOW + 100
    assert world.events("phase.overran") == []
    assert world.events("question.asked") == []


@pytest.mark.parametrize("moment", range(3, 90, 6))
async def test_a_crash_at_any_moment_changes_no_clock_time_and_tells_nobody_twice(watched, moment):
    world = watched(day(PhaseTime("gates", at=clock("15:00")), PhaseTime("canary", budget=20.0)))
    try:
        outcome = await world.release(Fate(dies_at=moment))
    except (Crash, BaseExceptionGroup):
        outcome = await world.release()
    assert outcome is Outcome.RELEASED
    assert began(world, "gates") == [2800.0]
    [start] = began(world, "canary")
    assert told(world, "takes longer") == [(start + 20, "canary takes longer than the 20s that were agreed")]


async def test_a_budget_that_ran_out_while_no_process_lived_is_told_as_soon_as_one_does(watched):
    world = watched(day(PhaseTime("full", budget=30.0)))
    running = asyncio.ensure_future(world.release(fate := Fate()))
    await world.until(lambda: bool(began(world, "full")))
    await world.settle()
    fate.dies_at = len(fate.passed) + 1
    with pytest.raises(Crash):
        await running
    world.clock.advance(HOUR)
    assert await world.release() is Outcome.RELEASED
    [(at, text)] = told(world, "takes longer")
    assert at >= HOUR
    assert text == "full takes longer than the 30s that were agreed"


def seen(world) -> Course:
    course = Course(world.plan, RELEASE, "", NOW)
    for entry in world.ledger.entries(release="r1"):
        course_events.follow(course, entry)
    return course


async def test_whoever_looks_reads_until_when_it_waits_and_what_takes_too_long(watched):
    world = watched(day(PhaseTime("gates", at=clock("15:00")), PhaseTime("full", budget=30.0)))
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: bool(world.events("phase.waits")))
    course = seen(world)
    assert now_words(course, state_of(course)) == (
        "gates begins at 2026-09-21 15:00 UTC; `flight resume` begins it now"
    )
    assert commands(course, state_of(course), True)[0] == "flight resume"
    await world.until(lambda: bool(world.events("phase.overran")))
    course = seen(world)
    assert now_words(course, state_of(course)).endswith("full takes longer than the 30s that were agreed")
    assert await running is Outcome.RELEASED
    course = seen(world)
    assert "longer" not in now_words(course, state_of(course))
