import asyncio

import pytest

from flightrules.domain.outcome import Outcome
from flightrules.domain.plan import Action, Do, Rule
from flightrules.domain.signals import Ask
from flightrules.domain.traffic import Page, Routes
from tests.release.plans import STAGES, TOO_BAD, UNCOMPARED, above, command_check, plan, stage


async def test_a_healthy_version_goes_through_every_stage_and_is_then_in_service(scenario):
    world = scenario()
    assert await world.release() is Outcome.RELEASED
    splits = [event["split"] for event in world.events("traffic.shifted")]
    candidate = [round(split.get(next(k for k in split if k.startswith("v2")), 0), 2) for split in splits[1:]]
    assert candidate == [0, 5, 25, 100, 100]
    assert world.shares() == {"v2": 100}
    assert world.serves().name == "v2"
    assert world.running() == {"v1", "v2"}, "the version before stays warm"


async def test_each_stage_holds_as_long_as_the_plan_says(scenario):
    world = scenario()
    await world.release()
    assert [event["seconds"] for event in world.events("stage.ended")] == [60, 60, 60]


async def test_a_version_that_fails_too_much_is_called_back_by_the_rule(scenario):
    world = scenario()
    world.users.failing["v2"] = 0.5
    assert await world.release() is Outcome.ROLLED_BACK
    assert world.shares() == {"v1": 100}
    assert world.running() == {"v1"}
    assert world.serves().name == "v1"
    [fired] = world.events("rule.fired")
    assert fired["says"] == "error_rate of v2 is 48% (12 of 25 requests), above the limit of 10%"


async def test_a_version_that_fails_a_little_is_called_back_at_the_end_of_the_hold(scenario):
    world = scenario(plan(compare=UNCOMPARED))
    world.users.failing["v2"] = 0.04
    assert await world.release() is Outcome.ROLLED_BACK
    [ended] = world.events("stage.ended")
    assert ended["verdict"] == "fail"
    assert "of 300 requests" in ended["says"]


async def test_the_way_back_is_taken_in_the_order_that_keeps_users_safe(scenario):
    world = scenario()
    world.users.failing["v2"] = 0.5
    await world.release()
    steps = [e["step"] for e in world.events("step.ended") if e["step"].startswith("back/")]
    assert steps == ["back/web/ready", "back/web/shift", "back/web/in-service", "back/web/drain", "back/web/stop"]


async def test_services_are_released_in_order_and_go_back_in_reverse(scenario):
    world = scenario(plan("api", "web"))
    world.users.failing["v2"] = 0.5
    assert await world.release() is Outcome.ROLLED_BACK
    shifted = [e["service"] for e in world.events("traffic.shifted") if any(k.startswith("v2") for k in e["split"])]
    assert shifted[:2] == ["api", "web"]
    back = [e["step"] for e in world.events("step.ended") if e["step"].startswith("back/") and "shift" in e["step"]]
    assert back == ["back/web/shift", "back/api/shift"]
    assert world.shares("api") == world.shares("web") == {"v1": 100}


async def test_a_candidate_that_does_not_build_changes_nothing(scenario):
    world = scenario()
    world.targets["web"].broken_builds.add("v2")
    assert await world.release() is Outcome.ROLLED_BACK
    assert world.shares() == {"v1": 100}
    assert not any("v2" in str(event["split"]) for event in world.events("traffic.shifted"))


async def test_a_candidate_that_never_gets_healthy_is_stopped_and_gets_no_traffic(scenario):
    world = scenario()
    world.targets["web"].never_healthy.add("v2")
    assert await world.release() is Outcome.ROLLED_BACK
    assert world.running() == {"v1"}


async def test_a_first_version_goes_to_all_the_traffic_at_once(scenario):
    world = scenario(first=True)
    assert await world.release() is Outcome.RELEASED
    assert [event["stage"] for event in world.events("stage.ended")] == ["full"]
    assert world.shares() == {"v2": 100}


async def test_a_first_version_that_fails_leaves_the_page_and_nothing_in_service(scenario):
    world = scenario(first=True)
    world.users.failing["v2"] = 0.5
    assert await world.release() is Outcome.ROLLED_BACK
    assert world.shares() == {}
    assert world.traffic["web"].in_force.closed is not None
    assert world.running() == set()
    assert world.serves() is None


@pytest.mark.parametrize("page_stands", [False, True])
async def test_a_first_version_that_never_had_traffic_records_whether_the_page_stands(scenario, page_stands):
    world = scenario(first=True)
    world.targets["web"].never_healthy.add("v2")
    if page_stands:  # as an earlier first release left it
        world.traffic["web"].running, world.traffic["web"].in_force = True, Routes(None, {}, closed=Page("Closed.", 5))
    assert await world.release() is Outcome.ROLLED_BACK
    (shift,) = (each for each in world.events("step.ended") if each["step"] == "back/web/shift")
    assert shift["result"] == {"page": page_stands}
    assert world.events("traffic.shifted") == []


async def test_a_stage_that_fails_steps_back_once_and_then_goes_back_for_good(scenario):
    steps = (stage("canary", 5), stage("quarter", 25, on_fail=Action(Do.STEP_BACK, "canary")), stage("full", 100))
    world = scenario(plan(stages=steps, rules=(), compare=UNCOMPARED))
    world.later(70, lambda: world.users.failing.update(v2=0.04))
    assert await world.release() is Outcome.ROLLED_BACK
    assert [event["stage"] for event in world.events("stage.started")] == ["canary", "quarter", "canary"]


async def test_a_rule_steps_back_to_the_stage_it_names(scenario):
    back = Rule(above("error_rate", 3.0, "error_rate > 3%"), Action(Do.STEP_BACK, "canary"))
    world = scenario(plan(rules=(back,)))
    world.later(65, lambda: world.users.failing.update(v2=0.05))

    running = asyncio.ensure_future(world.release())
    await world.clock.sleep(85)
    world.users.failing.clear()
    assert await running is Outcome.RELEASED
    assert [e["stage"] for e in world.events("stage.started")] == ["canary", "quarter", "canary", "quarter", "full"]


async def test_a_rule_that_pauses_stops_the_clock_of_the_hold_until_a_person_resumes(scenario):
    rule = Rule(above("error_rate", 3.0, "error_rate > 3%"), Action(Do.PAUSE))
    world = scenario(plan(rules=(rule, TOO_BAD), stages=STAGES[2:]))
    running = asyncio.ensure_future(world.release())
    await world.clock.sleep(20)
    world.users.failing["v2"] = 0.04
    await world.clock.sleep(10)
    world.users.failing.clear()
    await world.clock.sleep(600)
    assert not running.done()
    world.inbox.send(Ask.RESUME)
    assert await running is Outcome.RELEASED
    [ended] = world.events("stage.ended")
    assert ended["seconds"] <= 65, "paused time does not count as held"


async def test_a_warning_is_told_once_and_decides_nothing(scenario):
    rule = Rule(above("p95", 0.001, "p95 > 1ms"), Action(Do.WARN))
    world = scenario(plan(rules=(rule,)))
    assert await world.release() is Outcome.RELEASED
    told = [event for event in world.events("people.told") if not event["urgent"]]
    assert len(told) == 1


async def test_no_data_is_neither_good_nor_bad_news(scenario):
    world = scenario()
    world.users.per_second = 0
    running = asyncio.ensure_future(world.release())
    await world.clock.sleep(3600)
    assert not running.done()
    assert "cannot be judged yet" in world.events("people.told")[0]["text"]
    world.users.per_second = 100
    assert await running is Outcome.RELEASED


async def test_a_stage_that_fails_can_ask_people_who_promote_it(scenario):
    asking = stage("canary", 5, on_fail=Action(Do.PAUSE))
    world = scenario(plan(stages=(asking, stage("full", 100)), compare=UNCOMPARED))
    world.users.failing["v2"] = 0.04
    running = asyncio.ensure_future(world.release())
    await world.clock.sleep(300)
    assert not running.done()
    world.users.failing.clear()
    world.inbox.send(Ask.PROMOTE)
    assert await running is Outcome.RELEASED


async def test_a_gate_that_does_not_open_touches_nothing(scenario):

    gates = {"code": (command_check("Unit tests pass", "make test", 60.0), command_check("Lint", "make lint", 60.0))}
    world = scenario(plan(gates=gates))
    world.commands.failing["make test"] = 2
    assert await world.release() is Outcome.NOT_STARTED
    assert world.targets["web"].calls == []
    assert world.traffic["web"].history == []
    [refused] = world.events("release.refused")
    assert refused["why"] == "the gate code did not open: Unit tests pass: exit status 2"


async def test_a_release_stops_what_was_replaced_longer_ago_than_the_plan_keeps_it(scenario):
    world = scenario()
    await world.given_stable()
    target = world.targets["web"]
    for name, age in (("v0", 10), ("v0.5", 7200)):
        target.names.add(name)
        version = await target.identify(name)
        await target.build(version)
        await target.ensure_running(version)
        world.serving.set_stable("web", version, "r0")
        world.clock.advance(age)
    world.serving.set_stable("web", await target.identify("v1"), "r0")
    assert await world.release() is Outcome.RELEASED
    assert world.running() == {"v0.5", "v1", "v2"}


async def test_of_many_releases_in_a_short_time_only_the_last_versions_stay_warm(scenario):
    world = scenario()
    await world.given_stable()
    target = world.targets["web"]
    for name in ("a", "b", "c", "d", "b", "e"):
        target.names.add(name)
        version = await target.identify(name)
        await target.build(version)
        await target.ensure_running(version)
        world.serving.set_stable("web", version, "r0")
        world.clock.advance(60)
    world.serving.set_stable("web", await target.identify("v1"), "r0")
    assert await world.release() is Outcome.RELEASED
    assert world.running() == {"b", "d", "e", "v1", "v2"}


async def test_the_way_back_tells_how_long_it_took_to_see_and_to_go(scenario):
    world = scenario()
    world.users.failing["v2"] = 0.5
    await world.release()
    [ended] = world.events("goback.ended")
    assert ended["detect"] == 5.0, "the first failed requests were in the look before the one with enough of them"
    assert ended["total"] < 1
    assert ended["within"] == 900.0


async def test_people_are_told_once_that_the_disk_is_full(scenario):
    world = scenario()
    full: list[str] = []
    world.trouble = lambda: full[0] if full else None
    world.later(30, lambda: full.append("the disk that holds the state is full"))
    assert await world.release() is Outcome.RELEASED
    assert [event["text"] for event in world.events("people.told")] == ["the disk that holds the state is full"]


async def test_a_service_that_is_new_beside_others_does_not_hurry_them(scenario):
    world = scenario(plan("api", "web"))
    await world.given_stable()
    world.serving.clear("api")
    world.without_stable = {"api"}
    assert await world.release() is Outcome.RELEASED
    assert [event["stage"] for event in world.events("stage.ended")] == ["canary", "quarter", "full"]
    shifts = [(e["service"], sorted(e["split"].values())) for e in world.events("traffic.shifted")]
    assert next(split for service, split in shifts if service == "api") == [100]
    assert [5.0, 95.0] in [split for service, split in shifts if service == "web"]
