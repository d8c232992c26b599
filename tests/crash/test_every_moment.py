"""The process dies at every single moment of a release: before and after each effect, each record, each step.

Real processes are killed in test_kill.py; here the same is done on fakes, at every moment and in seconds.
"""

import pytest

from flightrules.domain.outcome import Outcome
from flightrules.domain.plan import Action, Do, Rule
from flightrules.domain.signals import Ask
from flightrules.testing.fake_durable import Crash, Fate
from flightrules.testing.scenario import Scenario
from tests.release.plans import STAGES, TOO_BAD, above, plan


def healthy(world: Scenario) -> None: ...


def failing(world: Scenario) -> None:
    world.users.failing["v2"] = 0.5


def aborted(world: Scenario) -> None:
    world.later(17, lambda: world.inbox.send(Ask.ABORT, arguments={"reason": "a test"}))


def shut_down(world: Scenario) -> None:
    world.later(17, lambda: world.inbox.send(Ask.SHUTDOWN, arguments={"reason": "a test"}))


def paused(world: Scenario) -> None:
    world.users.seconds["v2"] = 0.6
    world.later(22, lambda: world.users.seconds.clear())
    world.later(60, lambda: world.inbox.send(Ask.RESUME))


ENDS = {
    "released": (healthy, Outcome.RELEASED, {"v2": 100.0}, {"v1", "v2"}, "v2"),
    "rolled back by a rule": (failing, Outcome.ROLLED_BACK, {"v1": 100.0}, {"v1"}, "v1"),
    "aborted by a person": (aborted, Outcome.ROLLED_BACK, {"v1": 100.0}, {"v1"}, "v1"),
    "paused by a rule and resumed": (paused, Outcome.RELEASED, {"v2": 100.0}, {"v1", "v2"}, "v2"),
    "shut down by a person": (shut_down, Outcome.CLOSED, {}, set(), "v1"),
}
SLOW = Rule(above("p95", 0.5, "p95 > 500ms"), Action(Do.PAUSE))
PLAN = plan(stages=(STAGES[0], STAGES[2]), rules=(TOO_BAD, SLOW))


async def undisturbed(tmp_path, prepare) -> tuple[int, list[tuple[str, str]]]:
    """Return how many moments the release has, and its effects."""
    world, fate = Scenario(tmp_path / "undisturbed", PLAN), Fate()
    prepare(world)
    await world.release(fate)
    world.state.close()
    return len(fate.passed), world.targets["web"].calls


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("end", ENDS)
async def test_a_release_that_dies_at_any_moment_ends_the_same_way(tmp_path, end):
    prepare, outcome, shares, running, serves = ENDS[end]
    moments, effects = await undisturbed(tmp_path, prepare)
    assert moments > 60
    for moment in range(1, moments + 1):
        world, fate = Scenario(tmp_path / str(moment), PLAN), Fate(moment)
        prepare(world)
        try:
            assert await world.release(fate) is outcome
            at = f"{end}: it never came to moment {moment}"
        except Crash as crash:
            at = f"{end}: it died at moment {moment}, {crash}"
            assert await world.release() is outcome, at
        assert world.shares() == shares, at
        assert world.running() == running, at
        assert world.serves().name == serves, at
        assert world.targets["web"].calls == effects, f"{at}: each effect once"
        assert world.ledger.verify() == (), at
        assert world.kinds().count("release.ended") == 1, at
        assert world.kinds().count("release.paused") == (1 if prepare is paused else 0), at
        world.state.close()
