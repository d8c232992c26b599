"""Drills: the candidate is broken on purpose, and whether anything in the plan notices is seen."""

from dataclasses import replace

import pytest

from flightrules.checks import rehearsed as rehearsed_check
from flightrules.domain.checks import Check
from flightrules.domain.events import REHEARSAL_ENDED, Event
from flightrules.domain.outcome import Outcome
from flightrules.domain.people import Approval
from flightrules.domain.rehearsals import Drill, Rehearsing
from flightrules.phases import checks
from flightrules.testing.fake_durable import Crash, Fate
from tests.release.plans import STAGES, UNCOMPARED, plan
from tests.release.watched import Moments

DRILL = Rehearsing("staging.env", answers=True, drill=Drill.CODE)


def drilled(rehearsing: Rehearsing = DRILL, **more):
    return plan(rehearsing=rehearsing, compare=UNCOMPARED, stages=STAGES[::2], **more)


def fails_when_broken(world) -> Fate:
    """Let users see what the target breaks."""
    fate = Moments()
    fate.when["after drill.began"] = lambda: world.users.failing.update(v2=1.0)
    return fate


def dies(moment: str) -> Fate:
    fate = Moments()

    def die() -> None:
        raise Crash(moment)

    fate.when[moment] = die
    return fate


async def test_what_the_rules_notice_comes_back_and_stays_broken_until_then(watched) -> None:
    world = watched(drilled())
    assert await world.release(fails_when_broken(world)) is Outcome.ROLLED_BACK
    [began] = world.events("drill.began")
    assert (began["drill"], began["stage"]) == ("code", "canary")
    assert "error_rate" in world.events("goback.started")[0]["why"]
    assert not world.events("drill.unnoticed")
    assert world.targets["web"].broken == set()


async def test_nothing_is_broken_before_a_third_of_the_hold_is_over(watched) -> None:
    world = watched(drilled())
    await world.release(fails_when_broken(world))
    started = world.ledger.find("r1", "stages/1-canary/started")
    assert world.ledger.find("r1", "drill/began").at - started.at == pytest.approx(20.0, abs=0.1)


async def test_it_breaks_in_the_stage_that_is_named(watched) -> None:
    world = watched(drilled(replace(DRILL, at="full")))
    assert await world.release(fails_when_broken(world)) is Outcome.ROLLED_BACK
    assert world.events("drill.began")[0]["stage"] == "full"


async def test_what_nothing_notices_is_called_back_and_said(watched) -> None:
    world = watched(drilled())
    assert await world.release() is Outcome.ROLLED_BACK
    [said] = world.events("drill.unnoticed")
    assert said["says"] == "nothing in the plan noticed that the candidate failed every request in stage canary"


async def test_a_stage_that_waits_for_its_data_does_not_keep_a_drill_for_ever(watched) -> None:
    world = watched(drilled())
    world.users.silent.add("v2")
    assert await world.release() is Outcome.ROLLED_BACK
    assert world.events("drill.unnoticed")


async def test_the_shutdown_is_asked_for_by_who_drills(watched) -> None:
    world = watched(drilled(replace(DRILL, drill=Drill.SHUTDOWN)))
    assert await world.release() is Outcome.CLOSED
    assert world.events("goback.started")[0]["procedure"] == "shutdown"


@pytest.mark.parametrize("moment", ["before drill.began", "after drill.began"])
async def test_a_crash_in_the_middle_breaks_it_once_more_and_changes_nothing(watched, moment: str) -> None:
    world = watched(drilled())
    with pytest.raises(Crash):
        await world.release(dies(moment))
    assert await world.release(fails_when_broken(world)) is Outcome.ROLLED_BACK
    assert len(world.events("drill.began")) == 1


async def test_in_production_nothing_is_broken(watched) -> None:
    world = watched(plan(compare=UNCOMPARED))
    assert await world.release() is Outcome.RELEASED
    assert not world.events("drill.began")


async def test_who_rehearses_answers_and_the_record_says_so(watched) -> None:
    world = watched(drilled(replace(DRILL, drill=None), approvals=(Approval(("boss",)),)))
    assert await world.release() is Outcome.RELEASED
    [answered] = world.events("question.answered")
    assert (answered["by"], answered["role"], answered["reason"]) == ("anna", "boss", "answered by who rehearses")


def shown(world, ago: float, **data) -> None:
    """Put a drill on record that went well so many seconds ago, but for `data`."""
    version = {"name": "v2", "digest": "d2"}
    usual = {
        "release": "x", "rehearsing": {"drill": "code"}, "version": version, "plan": "shop", "held": True,
        "says": "back in 3s", "back": 3.0, "bound": 900.0, "entry": 1, "hash": "h",
    }  # fmt: skip
    world.ledger.append(Event(REHEARSAL_ENDED, "", {**usual, **data}))
    world.clock.advance(ago)


async def asked(world, **options):
    check = Check("Rolled back lately", "rehearsed", rehearsed_check.Options(**options), 60.0)
    return await checks.ask(await world.run_of(Fate()), "gates/g/checks/x", check)


async def test_a_gate_asks_for_a_way_back_that_was_rehearsed_lately(scenario) -> None:
    world = scenario()
    await world.given_stable()
    nothing = await asked(world)
    assert nothing.says == "no rehearsed way back is on record; `flight drill code VERSION` does it"
    shown(world, 3600.0)
    assert (await asked(world)).says == "drill code of v2 1h ago: back in 3s"
    assert (await asked(world, within=1800.0)).says.endswith("; agreed is at most 30m ago")
    assert (await asked(world, what="release")).says == "no rehearsal is on record; `flight rehearse VERSION` does it"
    assert "no drill `database` is on record" in (await asked(world, what="database")).says
    assert "no rehearsed way back of this version" in (await asked(world, this_version=True)).says


async def test_a_drill_that_did_not_go_well_does_not_count_an_older_one_does(scenario) -> None:
    world = scenario()
    await world.given_stable()
    shown(world, 60.0, held=False, says="nothing noticed")
    assert (await asked(world)).says == "drill code 1m ago did not go well: nothing noticed"
    shown(world, 0.0)
    shown(world, 60.0, held=False, says="nothing noticed")
    assert (await asked(world)).passed


async def test_a_drill_of_another_plan_does_not_count(scenario) -> None:
    world = scenario()
    await world.given_stable()
    shown(world, 60.0, plan="another")
    assert "is on record" in (await asked(world)).says


async def test_a_rehearsal_that_was_called_back_in_time_is_a_way_back_and_no_release(scenario) -> None:
    world = scenario()
    await world.given_stable()
    shown(world, 60.0, rehearsing={"drill": None}, held=False, says="it was called back, in 3s")
    assert (await asked(world)).passed
    assert "did not go well" in (await asked(world, what="release")).says
