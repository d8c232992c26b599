"""After a way back: what serves again is asked what was agreed, and watched for a while; nothing of it decides."""

import asyncio
from dataclasses import replace

import pytest

from flightrules.domain.outcome import Outcome
from flightrules.domain.plan import Action, Do, Rule
from flightrules.domain.signals import Ask
from flightrules.testing.fake_durable import Crash
from tests.release.plans import STAGES, above, command_check, plan
from tests.release.watched import Moments

SMOKE = command_check("The shop takes orders", "./smoke", 60.0)
RULE = Rule(above("error_rate", 10.0, "error_rate > 10% for 1m", 60.0), Action(Do.ROLL_BACK))


def asked_after(*checks, monitored: float = 0.0):
    return plan(stages=STAGES[2:], verify_back=checks, monitored=monitored)


async def called_back(world, fate: Moments | None = None) -> Outcome:
    """Release v2, which fails from its first request on."""
    world.users.failing["v2"] = 0.5
    return await world.release(*([fate] if fate else []))


def told(world) -> list[tuple[str, bool]]:
    return [(each["text"], each["urgent"]) for each in world.events("people.told") if "after the way" in each["text"]]


async def test_what_serves_again_is_asked_once_the_way_back_is_over(watched):
    world = watched(asked_after(SMOKE))
    assert await called_back(world) is Outcome.ROLLED_BACK
    assert world.commands.ran == ["./smoke"]
    assert told(world) == [("after the way back all is as agreed, by 1 check", False)]
    order = [kind for kind in world.kinds() if kind in ("goback.ended", "check.ended", "recovery.verified")]
    assert order == ["goback.ended", "check.ended", "recovery.verified"]


async def test_what_is_not_as_agreed_after_a_way_back_wakes_people_and_decides_nothing(watched):
    world = watched(asked_after(SMOKE))
    world.commands.failing["./smoke"] = 3
    assert await called_back(world) is Outcome.ROLLED_BACK
    says = "after the way back not everything is as agreed: The shop takes orders: exit status 3"
    assert told(world) == [(says, True)]
    assert world.shares() == {"v1": 100}
    [verified] = world.events("recovery.verified")
    assert verified["wrong"] == ["The shop takes orders"]


async def test_what_is_not_mandatory_and_not_so_is_named_and_wakes_nobody(watched):
    extra = replace(command_check("The page is pretty", "./pretty", 60.0), mandatory=False)
    skipped = replace(command_check("The fax answers", "./fax", 60.0), not_applicable="there is none")
    world = watched(asked_after(SMOKE, extra, skipped))
    world.commands.failing["./pretty"] = 1
    assert await called_back(world) is Outcome.ROLLED_BACK
    says = "after the way back all that is mandatory is as agreed, by 1 check; these are not so: The page is pretty"
    assert told(world) == [(says, False)]


async def test_a_release_that_goes_well_asks_nothing_of_that(watched):
    world = watched(asked_after(SMOKE, monitored=900.0))
    assert await world.release() is Outcome.RELEASED
    assert world.commands.ran == [] and not {"recovery.verified", "recovery.started"} & set(world.kinds())


async def test_where_nothing_served_before_nothing_is_asked_or_watched(watched):
    world = watched(asked_after(SMOKE, monitored=900.0), first=True)
    assert await called_back(world) is Outcome.ROLLED_BACK
    assert world.commands.ran == [] and not {"recovery.verified", "recovery.started"} & set(world.kinds())


async def test_what_serves_again_is_watched_for_as_long_as_was_agreed_and_people_hear_how_it_did(watched):
    world = watched(asked_after(monitored=900.0))
    assert await called_back(world) is Outcome.ROLLED_BACK
    [began] = world.events("recovery.started")
    assert began["says"] == "after the way back v1 is watched for 15m; `flight resume` ends it"
    [ended] = world.events("recovery.ended")
    assert ended["seconds"] == 900.0 and ended["rules"] == []
    [(says, urgent)] = told(world)
    assert says.startswith("watched for 15m after the way back: v1 ") and says.endswith("; no rule came true")
    assert not urgent
    [service] = ended["services"]
    assert (service["version"], service["bad"], service["requests"] > 80_000) == ("v1", 0, True)
    [back] = world.events("goback.ended")
    assert back["total"] < 900.0


async def test_a_rule_that_comes_true_after_a_way_back_wakes_people_once(watched):
    world = watched(replace(asked_after(monitored=900.0), rules=(RULE, *plan().rules)))
    fate = Moments()
    fate.when["after recovery.started"] = lambda: world.users.failing.update(v1=0.3)
    assert await called_back(world, fate) is Outcome.ROLLED_BACK
    doubts = world.events("recovery.doubted")
    assert sorted(each["rule"] for each in doubts) == [
        "error_rate > 10% for 1m: roll back",
        "error_rate > 10%: roll back",
    ]
    assert all(urgent for _, urgent in told(world))
    assert told(world)[0][0].startswith("after the way back error_rate of v1 ")
    assert told(world)[0][0].endswith("; there is no further way back")
    assert len(told(world)) == 3
    assert world.shares() == {"v1": 100}


async def test_flight_resume_ends_the_watch_after_a_way_back_and_shutdown_is_taken(watched):
    world = watched(asked_after(monitored=900.0))
    running = asyncio.ensure_future(called_back(world))
    await world.until(lambda: world.events("recovery.started"))
    world.ask(Ask.RESUME)
    assert await running is Outcome.ROLLED_BACK
    assert world.answer() == "the watch after the way back ends here"
    assert world.events("recovery.ended")[0]["seconds"] < 60.0
    world = watched(asked_after(monitored=900.0))
    running = asyncio.ensure_future(called_back(world))
    await world.until(lambda: world.events("recovery.started"))
    world.ask(Ask.SHUTDOWN, reason="a test")
    assert await running is Outcome.CLOSED


async def test_nobody_hears_that_the_way_back_takes_long_while_what_serves_again_is_watched(watched):
    world = watched(replace(asked_after(monitored=3600.0), rollback_within=60.0))
    assert await called_back(world) is Outcome.ROLLED_BACK
    assert not [each for each in world.events("people.told") if "takes longer" in each["text"]]


@pytest.mark.parametrize("moment", ["after recovery.started", "after recovery.verified", "after recovery.ended"])
async def test_a_crash_asks_nothing_again_and_the_watch_ends_when_it_was_to_end(watched, moment: str):
    world = watched(asked_after(SMOKE, monitored=900.0))

    def die() -> None:
        raise Crash

    fate = Moments()
    fate.when[moment] = die
    with pytest.raises(Crash):
        await called_back(world, fate)
    assert await world.release() is Outcome.ROLLED_BACK
    assert world.commands.ran == ["./smoke"]
    [ended] = world.events("recovery.ended")
    assert ended["seconds"] == pytest.approx(900.0, abs=16)
    assert len(told(world)) == 2
    assert ended["services"][0]["requests"] > 80_000
