"""Rule 2: whatever a release is doing, a person can call it back, and it takes effect at once."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from flightrules.clocks.system import SystemClock
from flightrules.domain.outcome import Outcome
from flightrules.domain.plan import Action, Do, Plan, Rule
from flightrules.domain.signals import Ask
from flightrules.processes.birth import born
from flightrules.processes.commands import ShellCommands
from flightrules.state.releases import OPEN, ROLLBACK, SHUTDOWN
from flightrules.testing.fake_router import Count
from tests.release.plans import STAGES, UNCOMPARED, above, command_check, plan, stage
from tests.release.watched import Moments, Watched

PLAN = plan(stages=(STAGES[0], STAGES[2]))
CALLS = {Ask.ABORT: Outcome.ROLLED_BACK, Ask.ROLLBACK: Outcome.ROLLED_BACK, Ask.SHUTDOWN: Outcome.CLOSED}


Given = Callable[[Watched, Moments], Callable[[], bool]]
"""Prepares a world so that its release comes into some state; returns whether it is there."""


def checking_a_gate(world: Watched, fate: Moments):
    world.commands.endless.add("make test")
    return lambda: world.commands.running == ["make test"]


def building(world: Watched, fate: Moments):
    world.targets["web"].endless_builds.add("v2")
    return lambda: ("build", "v2") in world.targets["web"].calls


def waiting_for_health(world: Watched, fate: Moments):
    world.targets["web"].endless_starts.add("v2")
    return lambda: ("start", "v2") in world.targets["web"].calls


def shifting(world: Watched, fate: Moments):
    fate.when["before stages/2-full/shift/web/1"] = lambda: world.be_slow_once("web")
    return lambda: world.shifting == ["web"]


def holding_the_first_stage(world: Watched, fate: Moments):
    return lambda: world.candidate_share() == 5


def holding_the_last_stage(world: Watched, fate: Moments):
    return lambda: world.candidate_share() == 100


def paused_by_a_person(world: Watched, fate: Moments):
    world.later(10, lambda: world.ask(Ask.PAUSE))
    return lambda: "release.paused" in world.kinds()


def paused_before_a_shift(world: Watched, fate: Moments):
    fate.when["after stages/1-canary/hold/1"] = lambda: world.ask(Ask.PAUSE)
    return lambda: world.clock.monotonic() > 100


def paused_by_a_rule(world: Watched, fate: Moments):
    world.users.failing["v2"] = 0.04
    return lambda: "release.paused" in world.kinds()


def held_because_the_router_is_away(world: Watched, fate: Moments):
    fate.when["before stages/1-canary/shift/web/1"] = lambda: world.lose_router("web")
    fate.when["after people.told"] = lambda: world.find_router("web")
    return lambda: "people.told" in world.kinds()


def held_because_the_candidate_fell_ill(world: Watched, fate: Moments):
    fate.when["after stages/1-canary/hold/1"] = lambda: world.targets["web"].sicken("v2")
    return lambda: "people.told" in world.kinds()


def held_and_nobody_can_be_told(world: Watched, fate: Moments):
    world.notifier.hangs()
    return held_because_the_candidate_fell_ill(world, fate)


def asked_after_a_stage_failed(world: Watched, fate: Moments):
    world.users.failing["v2"] = 0.04
    return lambda: any("failed" in notice.text for notice in world.notifier.told)


def without_enough_data(world: Watched, fate: Moments):
    world.users.per_second = 0
    return lambda: any("cannot be judged yet" in notice.text for notice in world.notifier.told)


def verifying(world: Watched, fate: Moments):
    world.commands.endless.add("check orders")
    return lambda: world.commands.running == ["check orders"]


def being_put_in_service(world: Watched, fate: Moments):
    fate.when["before in-service/web/1"] = lambda: world.be_slow_once("web")
    return lambda: world.shifting == ["web"]


ASKING = plan(compare=UNCOMPARED, stages=(stage("canary", 5, on_fail=Action(Do.PAUSE)), STAGES[2]), rules=())
VERIFYING = plan(stages=STAGES[:1], verify=(command_check("Orders can be listed", "check orders", 900.0),))
GATED = plan(gates={"code": (command_check("Unit tests pass", "make test", 900.0),)}, stages=STAGES[:1])
PAUSING = plan(rules=(Rule(above("error_rate", 3.0, "error_rate > 3%"), Action(Do.PAUSE)),))
STATES: dict[Given, Plan] = {
    checking_a_gate: GATED,
    building: PLAN,
    waiting_for_health: PLAN,
    shifting: PLAN,
    holding_the_first_stage: PLAN,
    holding_the_last_stage: PLAN,
    paused_by_a_person: PLAN,
    paused_before_a_shift: PLAN,
    paused_by_a_rule: PAUSING,
    held_because_the_router_is_away: PLAN,
    held_because_the_candidate_fell_ill: PLAN,
    held_and_nobody_can_be_told: PLAN,
    asked_after_a_stage_failed: ASKING,
    without_enough_data: PLAN,
    verifying: VERIFYING,
    being_put_in_service: PLAN,
}


@pytest.mark.parametrize("ask", CALLS, ids=str)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
async def test_a_release_is_called_back_at_once_from_every_state(watched, state, ask):
    world, fate = watched(STATES[state]), Moments()
    reached = state(world, fate)
    running = asyncio.ensure_future(world.release(fate))
    await world.until(reached)
    asked_at, before = world.clock.now(), len(world.journal)

    world.ask(ask, reason="a test")
    outcome = await running

    [taken] = [e for e in world.events("signal.taken") if e["kind_"] == ask]
    assert taken["waited"] == 0
    touched = state is not checking_a_gate
    assert outcome is (CALLS[ask] if touched or ask is Ask.SHUTDOWN else Outcome.NOT_STARTED)
    if touched:
        assert_it_went_back(world, outcome)
    done = world.journal[before:]
    assert all(effect.at == asked_at for effect in done), "nothing waited for a look, or for its turn"
    assert not any(effect.shares.get("v2") for effect in done if effect.what == "shift"), "the first shift goes back"
    assert world.commands.running == []


def assert_it_went_back(world: Watched, outcome: Outcome, services: tuple[str, ...] = ("web",)) -> None:
    for service in services:
        closed = outcome is Outcome.CLOSED
        assert world.shares(service) == ({} if closed else {"v1": 100.0})
        assert world.running(service) == (set() if closed else {"v1"})
        assert world.serves(service).name == "v1"
        if closed:
            assert world.traffic[service].in_force.closed is not None
    assert_the_way_back_kept_its_order(world)
    assert world.ledger.verify() == ()
    assert world.kinds()[-1] == "release.ended"


def assert_the_way_back_kept_its_order(world: Watched) -> None:
    """Rule 4: ready, shift, drain, stop; and no version was ever stopped while it had traffic."""
    order = {"ready": 0, "shift": 1, "page": 1, "in-service": 2, "drain": 3, "stop": 4}
    for service in world.targets:
        for way in ("back", "shutdown"):
            steps = [e["step"] for e in world.events("step.ended") if e["step"].startswith(f"{way}/{service}/")]
            places = [order[step.rsplit("/", 1)[1]] for step in steps]
            assert places == sorted(places), steps
    for effect in world.journal:
        assert not (effect.what == "stop" and effect.shares.get(effect.version)), effect


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_release_is_called_back_at_every_moment_of_it(tmp_path):
    """The signal arrives right before and right after each effect and each record; nothing forward follows it."""
    moments = await count_moments(tmp_path)
    assert moments > 60
    for moment in range(1, moments):
        world = Watched(tmp_path / str(moment), PLAN)
        world.users.per_second = 20
        sent: list[tuple[int, float]] = []

        def call(world=world, sent=sent) -> None:
            world.ask(Ask.ABORT, reason="a test")
            sent.append((len(world.journal), world.candidate_share()))

        fate = Moments(at={moment: call})
        outcome = await world.release(fate)
        at = f"moment {moment}, {fate.passed[moment - 1]}"
        if world.answer() == "it came too late: the release has ended already, released":
            assert not {"before the shift", "before traffic.shifted"} & set(fate.passed[moment:]), at
            continue
        assert outcome is Outcome.ROLLED_BACK, at
        assert world.answer() == "the release goes back", at
        [(effects, share)] = sent
        later = [effect for effect in world.journal[effects:] if effect.what == "shift"]
        under_way = fate.passed[moment - 1] == "before the shift"
        assert all(effect.shares.get("v2", 0) <= share for effect in later[under_way:]), at
        assert_it_went_back(world, outcome)
        world.state.close()


@pytest.mark.slow
async def test_the_command_of_a_gate_is_gone_before_the_release_ends(watched, tmp_path):
    gate = command_check("Unit tests pass", "sleep 600 & echo $! > child; echo $$ > shell; wait", 900.0)
    world = watched(plan(gates={"code": (gate,)}, folder=str(tmp_path)))
    world.commands = ShellCommands(tmp_path / "commands", SystemClock())
    running = asyncio.ensure_future(world.release())
    pids = [await written(tmp_path / name) for name in ("child", "shell")]
    world.ask(Ask.ABORT, reason="a test")
    assert await running is Outcome.NOT_STARTED
    assert [pid for pid in pids if born(pid)] == []
    assert world.journal == []
    [refused] = world.events("release.refused")
    assert refused["why"] == "otto called the release back: a test"


async def written(path: Path) -> int:
    while not path.exists() or not path.read_text().strip():
        await asyncio.sleep(0.02)
    return int(path.read_text())


async def in_flight(world: Watched) -> asyncio.Future[Outcome]:
    """Return a release that drains on its way back: one request does not end."""
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: world.candidate_share() == 5)
    [key] = [version for version in world.traffic["web"].in_force.names if version.startswith("v2")]
    world.traffic["web"].counts[key] = Count(in_flight=1)
    world.ask(Ask.ABORT, reason="a test")
    await world.until(lambda: world.candidate_share() == 0)
    return running


@pytest.mark.parametrize("ask", [Ask.ABORT, Ask.ROLLBACK], ids=str)
async def test_a_release_on_its_way_back_accepts_another_call_and_goes_on_as_it_was(watched, ask):
    world = watched()
    running = await in_flight(world)
    world.ask(ask, reason="once more")
    await world.settle()
    assert world.answer() == "the release is on its way back already"
    assert await running is Outcome.ROLLED_BACK
    assert world.kinds().count("release.called_back") == 1
    assert_it_went_back(world, Outcome.ROLLED_BACK)


async def test_a_shutdown_outranks_the_way_back(watched):
    world = watched()
    running = await in_flight(world)
    world.ask(Ask.SHUTDOWN, reason="worse")
    await world.settle()
    assert world.answer() == "the services are shut down"
    assert world.shares() == {}, "the page is shown before anything else"
    assert await running is Outcome.CLOSED
    assert_it_went_back(world, Outcome.CLOSED)


@pytest.mark.parametrize("ask", CALLS, ids=str)
async def test_a_shutdown_accepts_every_call_and_goes_on_as_it_was(watched, ask):
    world = watched()
    running = await in_flight(world)
    world.ask(Ask.SHUTDOWN, reason="worse")
    await world.settle()
    world.ask(ask, reason="once more")
    await world.settle()
    already = "the services are being shut down already"
    assert world.answer() == (already if ask is Ask.SHUTDOWN else "the release is on its way back already")
    assert await running is Outcome.CLOSED
    assert_it_went_back(world, Outcome.CLOSED)


async def test_a_way_back_that_cannot_go_on_tells_people_once_and_tries_until_it_can(watched):
    world = watched()
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: world.candidate_share() == 5)
    world.targets["web"].sicken("v1")
    world.ask(Ask.ABORT, reason="a test")
    await world.clock.sleep(600)
    assert world.candidate_share() == 5, "traffic stays as it is"
    urgent = [notice.text for notice in world.notifier.told if notice.urgent]
    assert urgent == [
        "going back: otto called the release back: a test",
        "the release holds: web cannot go back to v1: v1 of web cannot serve: answered 503",
    ]
    world.targets["web"].heal("v1")
    assert await running is Outcome.ROLLED_BACK
    assert_it_went_back(world, Outcome.ROLLED_BACK)


async def test_stable_that_dies_between_getting_ready_and_taking_over_is_started_again(watched):
    world, fate = watched(), Moments()
    world.later(17, lambda: world.ask(Ask.ABORT, reason="a test"))
    fate.when["after back/web/ready/1"] = lambda: world.targets["web"].kill("v1")
    assert await world.release(fate) is Outcome.ROLLED_BACK
    assert_it_went_back(world, Outcome.ROLLED_BACK)
    assert "release.held" not in world.kinds()


async def test_a_watch_that_breaks_does_not_stand_in_the_way_back(watched):
    world = watched()
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: world.candidate_share() == 5)
    world.break_the_watch()
    world.ask(Ask.ABORT, reason="a test")
    assert await running is Outcome.ROLLED_BACK
    assert_it_went_back(world, Outcome.ROLLED_BACK)


@pytest.mark.parametrize("ask", CALLS, ids=str)
async def test_a_shutdown_of_its_own_accepts_every_call(watched, ask):
    world, fate = watched(), Moments()
    fate.when["before shutdown/web/page/1"] = lambda: world.ask(ask, reason="a test")
    await world.serve()
    assert await world.release(fate, SHUTDOWN) is Outcome.CLOSED
    assert world.events("signal.refused") == []
    assert world.shares() == {}
    assert world.running() == set()


@pytest.mark.parametrize("ask", CALLS, ids=str)
async def test_a_return_to_an_earlier_version_accepts_every_call(watched, ask):
    """v2 serves, and is to give way to v1: that is on its way back from its first moment."""
    world, fate = watched(), Moments()
    await world.release()
    world.another("r2")
    fate.when["before back/web/shift/1"] = lambda: world.ask(ask, reason="a test")
    outcome = await world.release(fate, ROLLBACK)
    assert outcome is (Outcome.CLOSED if ask is Ask.SHUTDOWN else Outcome.ROLLED_BACK)
    assert world.events("signal.refused") == []
    assert_it_went_back(world, outcome)


@pytest.mark.parametrize("ask", CALLS, ids=str)
async def test_opening_again_accepts_every_call_and_then_stays_closed(watched, ask):
    world, fate = watched(), Moments()
    await world.serve()
    await world.release(story=SHUTDOWN)
    world.another("r2")
    fate.when["before back/web/shift/1"] = lambda: world.ask(ask, reason="a test")
    assert await world.release(fate, OPEN) is Outcome.CLOSED
    assert world.events("signal.refused") == []
    assert world.shares() == {}
    assert world.running() == set()


@pytest.mark.parametrize("ask", CALLS, ids=str)
async def test_a_first_release_that_is_called_back_leaves_the_page_and_nothing_in_service(watched, ask):
    world = watched(first=True)
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: world.candidate_share() == 100)
    world.ask(ask, reason="a test")
    assert await running is CALLS[ask]
    assert world.shares() == {}
    assert world.traffic["web"].in_force.closed is not None
    assert world.running() == set()
    assert world.serves() is None
    assert_the_way_back_kept_its_order(world)


@pytest.mark.parametrize("ask", CALLS, ids=str)
async def test_services_that_are_half_in_service_all_go_back(watched, ask):
    """Between two services going into service, one of them is recorded as new and the other one is not."""
    world, fate = watched(plan("api", "web", stages=STAGES[2:])), Moments()
    fate.when["after in-service/api/1"] = lambda: world.ask(ask, reason="a test")
    assert await world.release(fate) is CALLS[ask]
    assert_it_went_back(world, CALLS[ask], ("api", "web"))


async def count_moments(tmp_path) -> int:
    world, fate = Watched(tmp_path / "undisturbed", PLAN), Moments()
    world.users.per_second = 20
    await world.release(fate)
    world.state.close()
    return len(fate.passed)


async def test_a_first_release_whose_router_cannot_start_can_be_aborted(scenario):
    world = scenario(first=True)
    world.traffic["web"].unreachable = "127.0.0.1:8080 is already in use by nginx (process 4711)"
    running = asyncio.ensure_future(world.release())
    await world.clock.sleep(60)
    assert "release.held" in world.kinds()
    world.inbox.send(Ask.ABORT)
    assert await asyncio.wait_for(running, 20) is Outcome.ROLLED_BACK
    assert world.running() == set()
