"""A release that goes on after the machine was started anew first brings back what served, in every phase."""

import pytest

from flightrules.domain.outcome import Outcome
from flightrules.domain.signals import Ask
from flightrules.testing.fake_durable import Crash, Fate
from flightrules.testing.scenario import Scenario
from tests.release.plans import STAGES, command_check, plan

GATES = {"code": (command_check("tests pass", "make test", 60.0),)}
PLAN = plan(stages=STAGES[::2], gates=GATES, verify=(command_check("orders", "check orders", 60.0),))


@pytest.fixture
def world(tmp_path):
    made = Scenario(tmp_path, PLAN)
    yield made
    made.state.close()


async def dies(world: Scenario, at: str) -> None:
    """The process dies at the first moment called so, and the machine with it."""
    fate = Fate()

    def point(name: str) -> None:
        if name == at:
            raise Crash(name)

    fate.point = point
    with pytest.raises(Crash):
        await world.release(fate)
    for name in ("v1", "v2"):
        world.targets["web"].kill(name)
    world.traffic["web"].running = False
    world.targets["web"].calls.clear()


PHASES = ["before gates/code/1", "after step.started", "before start/web/build/1", "after stage.started",
          "before stages/2-full/shift/web/1", "before verify/1", "before in-service/web/1"]  # fmt: skip


@pytest.mark.parametrize("phase", PHASES)
async def test_it_serves_before_anything_else_goes_on(world, phase):
    await dies(world, phase)
    world.commands.endless = {"make test", "check orders"}  # neither gates nor the verification would ever do it
    world.later(2, lambda: world.commands.endless.clear())
    world.later(2, lambda: world.inbox.send(Ask.ABORT))
    await world.release()
    assert world.targets["web"].calls[0] == ("start", "v1")
    down, up = world.kinds().index("service.down"), world.kinds().index("service.up")
    assert "step.ended" not in world.kinds()[down:up]
    assert world.events("service.down")[0]["why"] == "no instance of it runs"


async def test_during_gates_users_are_served_while_the_gates_go_on(world):
    await dies(world, "after step.started")
    world.commands.endless.add("make test")
    seen = []
    world.later(5, lambda: seen.append((world.shares(), world.running(), world.traffic["web"].running)))
    world.later(6, lambda: world.inbox.send(Ask.ABORT))
    assert await world.release() is Outcome.NOT_STARTED
    assert seen == [({"v1": 100.0}, {"v1"}, True)]


async def test_what_serves_is_left_alone(world):
    fate = Fate(dies_at=60)
    with pytest.raises(Crash):
        await world.release(fate)
    assert await world.release() is Outcome.RELEASED
    assert world.kinds().count("service.down") == (0 if "traffic.shifted" in fate_kinds(fate) else 1)


def fate_kinds(fate: Fate) -> set[str]:
    return {name.partition(" ")[2] for name in fate.passed}


async def test_a_version_that_does_not_come_up_is_told_of_and_decides_nothing(world):
    await dies(world, "after step.started")
    world.targets["web"].never_healthy.add("v1")
    world.later(30, lambda: world.targets["web"].heal("v1"))
    world.later(30, lambda: world.inbox.send(Ask.ABORT))
    assert await world.release() is Outcome.ROLLED_BACK
    told = [notice.text for notice in world.notifier.told]
    assert any(text.startswith("v1 of web does not serve: v1 of web cannot serve") for text in told)
    assert "check.ended" in world.kinds(), "the gate was asked all the same"


async def test_an_abort_does_not_wait_for_it(world):
    await dies(world, "after step.started")
    world.targets["web"].endless_starts.add("v1")
    world.later(5, lambda: world.inbox.send(Ask.ABORT))
    assert await world.release() is Outcome.NOT_STARTED


async def test_after_a_shutdown_was_asked_for_nothing_is_started(world):
    await dies(world, "after step.started")
    world.inbox.send(Ask.SHUTDOWN)
    assert await world.release() is Outcome.CLOSED
    assert "service.down" not in world.kinds()
