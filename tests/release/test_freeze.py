"""Freezes: no release begins in one, one that waited into it holds, and no way back ever hears of it (rule 10)."""

import asyncio
from dataclasses import replace

import pytest

from flightrules.domain.freezes import Freeze, Freezes
from flightrules.domain.outcome import Outcome
from flightrules.domain.people import Approval, Person, Team
from flightrules.domain.signals import Ask
from flightrules.state.releases import DOWN, OPEN, ROLLBACK, SHUTDOWN
from flightrules.testing.fake_durable import Crash, Fate
from tests.release.plans import STAGES, plan

NOW = 1_790_000_000.0
HOUR = 3600.0
TEAM = Team(
    tuple(Person(each, each, each.title()) for each in ("anna", "otto")),
    {"release-manager": ("otto",), "lead": ("anna",)},
)


def frozen(since: float, until: float, override: str = "", **more):
    """A plan with a freeze, its times in hours from the beginning of the test."""
    freeze = Freeze(NOW + since * HOUR, NOW + until * HOUR, "Holiday season", override)
    return plan(freezes=Freezes((freeze,)), team=TEAM, stages=STAGES[::2], **more)


class Dying(Fate):
    """The process dies at the first moment that is called so."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def point(self, name: str) -> None:
        if name == self._name:
            raise Crash(name)


def waits_for(*roles: str) -> tuple[Approval, ...]:
    return (Approval(roles),)


async def answer(world, who: str, ask: Ask = Ask.APPROVE, **arguments: str) -> str:
    world.sent.append(world.inbox.send(ask, who, arguments))
    await world.settle()
    return world.answer()


async def test_no_release_begins_in_a_freeze(watched):
    world = watched(frozen(-1, 5))
    assert await world.release() is Outcome.NOT_STARTED
    assert world.journal == []
    [refused] = world.events("release.refused")
    assert refused["why"] == "no release begins before 2026-09-21 19:13 UTC: Holiday season"
    assert refused["do"] == "begin it then; the plan names nobody who may begin one all the same"


@pytest.mark.parametrize("since, until", [(-5, 0), (400, 500)])
async def test_a_freeze_that_is_over_or_yet_to_come_stops_nothing(watched, since, until):
    world = watched(frozen(since, until))
    assert await world.release() is Outcome.RELEASED


async def test_who_has_the_role_overrides_it_with_a_reason_and_that_is_on_record(watched):
    world = watched(frozen(-1, 5, "lead"))  # anna begins it
    world.override_freeze = "people cannot pay"
    assert await world.release() is Outcome.RELEASED
    [said] = world.events("freeze.overridden")
    assert (said["by"], said["role"], said["reason"]) == ("anna", "lead", "people cannot pay")
    assert said["freeze"] == "Holiday season"


async def test_who_has_not_the_role_overrides_nothing(watched):
    world = watched(frozen(-1, 5, "release-manager"))
    world.override_freeze = "people cannot pay"
    assert await world.release() is Outcome.NOT_STARTED
    assert world.events("release.refused")[0]["why"] == (
        "no release begins before 2026-09-21 19:13 UTC: Holiday season, and anna cannot override it: "
        "who can: release-manager: Otto"
    )


async def test_each_of_two_freezes_has_to_be_overridden(watched):
    both = (Freeze(NOW - 1, NOW + 9, "Audit", "lead"), Freeze(NOW - 1, NOW + 5, "Holiday season"))
    world = watched(replace(frozen(-1, 5), freezes=Freezes(both)))
    world.override_freeze = "people cannot pay"
    assert await world.release() is Outcome.NOT_STARTED
    assert "the plan names no role that may" in world.events("release.refused")[0]["why"]


async def test_a_release_that_waited_into_a_freeze_touches_nothing_before_it_is_over(watched):
    world = watched(frozen(1, 5, approvals=waits_for("release-manager")))
    world.later(2 * HOUR, lambda: world.inbox.send(Ask.APPROVE, "otto"))
    assert await world.release() is Outcome.RELEASED
    assert min(each.at for each in world.journal) == NOW + 5 * HOUR
    [waits] = world.events("freeze.waits")
    assert waits["says"] == ("the release waits for the end of the freeze at 2026-09-21 19:13 UTC: Holiday season")


async def test_who_has_the_role_lets_a_release_that_waits_go_on(watched):
    world = watched(frozen(1, 5, "lead", approvals=waits_for("release-manager")))
    world.later(2 * HOUR, lambda: world.inbox.send(Ask.APPROVE, "otto"))
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: world.events("freeze.waits"), 3 * HOUR)
    await world.settle()
    assert (await answer(world, "otto")).startswith("otto is not lead in team.yaml")
    assert await answer(world, "anna", reason="we agreed on it") == "approved"
    assert await running is Outcome.RELEASED
    assert world.journal[0].at < NOW + 3 * HOUR
    assert world.events("freeze.overridden")[0]["reason"] == "we agreed on it"


async def test_who_refuses_takes_it_back_with_nothing_touched(watched):
    world = watched(frozen(1, 5, "lead", approvals=waits_for("release-manager")))
    world.later(2 * HOUR, lambda: world.inbox.send(Ask.APPROVE, "otto"))
    world.later(3 * HOUR, lambda: world.inbox.send(Ask.REJECT, "anna", {"reason": "not now"}))
    assert await world.release() is Outcome.NOT_STARTED
    assert world.journal == []
    assert world.events("release.refused")[0]["why"] == "rejected in a freeze by anna (lead): not now"


async def test_nobody_answers_and_it_goes_on_when_the_freeze_is_over(watched):
    world = watched(frozen(1, 5, "lead", approvals=waits_for("release-manager")))
    world.later(2 * HOUR, lambda: world.inbox.send(Ask.APPROVE, "otto"))
    assert await world.release() is Outcome.RELEASED
    assert world.journal[0].at == NOW + 5 * HOUR


async def test_a_release_that_is_gone_on_with_in_a_freeze_moves_no_traffic_before_it_is_over(watched):
    """The process died between the start of the candidate and the first shift, and was started again two days later."""
    world = watched(frozen(1, 49))
    with pytest.raises(Crash):
        await world.release(Dying("before stages/1-canary/shift/web/1"))
    before = len(world.journal)
    world.clock.time = NOW + 48 * HOUR
    assert await world.release() is Outcome.RELEASED
    shifted = [each for each in world.journal[before:] if each.shares.get("v2")]
    assert shifted[0].at >= NOW + 49 * HOUR


async def test_once_traffic_moves_a_release_goes_on_through_a_freeze(watched):
    world = watched(frozen(0.01, 50))
    assert await world.release() is Outcome.RELEASED
    assert world.clock.now() < NOW + HOUR
    assert world.events("freeze.waits") == []


async def test_an_abort_is_taken_while_it_waits(watched):
    world = watched(frozen(1, 500, approvals=waits_for("release-manager")))
    world.later(2 * HOUR, lambda: world.inbox.send(Ask.APPROVE, "otto"))
    world.later(3 * HOUR, lambda: world.ask(Ask.ABORT, reason="not this year"))
    assert await world.release() is Outcome.NOT_STARTED
    assert world.clock.now() == NOW + 3 * HOUR
    assert world.answer() == "the release goes back"


@pytest.mark.parametrize("ask, outcome", [(Ask.ABORT, Outcome.ROLLED_BACK), (Ask.SHUTDOWN, Outcome.CLOSED)])
async def test_a_release_under_way_goes_back_in_a_freeze_at_once(watched, ask, outcome):
    world = watched(frozen(0.01, 500))
    world.later(40, lambda: world.ask(ask, reason="it is bad"))
    assert await world.release() is outcome
    assert world.clock.now() < NOW + 600
    assert world.candidate_share() == 0


async def test_a_rule_takes_a_release_back_in_a_freeze_at_once(watched):
    world = watched(frozen(0.01, 500))
    world.later(40, lambda: world.users.failing.update(v2=0.9))
    assert await world.release() is Outcome.ROLLED_BACK
    assert world.shares() == {"v1": 100.0}


@pytest.mark.parametrize(
    "story, outcome",
    [
        (ROLLBACK, Outcome.ROLLED_BACK),
        (SHUTDOWN, Outcome.CLOSED),
        (OPEN, Outcome.OPENED),
        (DOWN, Outcome.DOWN),
    ],
)
async def test_no_other_story_asks_about_a_freeze(watched, story, outcome):
    world = watched(frozen(-1, 500))
    assert await world.release(story=story) is outcome
    assert world.clock.now() < NOW + 600
    assert not [kind for kind in world.kinds() if kind.startswith("freeze.")]


@pytest.mark.parametrize("moment", range(1, 62, 4))
async def test_a_crash_at_any_moment_changes_nothing_of_a_freeze_that_is_waited_for(watched, moment):
    world = watched(frozen(1, 5, "lead", approvals=(Approval(("release-manager",)),)))
    world.later(2 * HOUR, lambda: world.inbox.send(Ask.APPROVE, "otto"))
    try:
        outcome = await world.release(Fate(dies_at=moment))
    except (Crash, BaseExceptionGroup):
        outcome = await world.release()
    assert outcome is Outcome.RELEASED
    assert len(world.events("freeze.waits")) == 1
    assert min(each.at for each in world.journal if each.version == "v2") == NOW + 5 * HOUR
