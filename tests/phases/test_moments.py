"""Somebody sets the clock of the machine during a release: looks, holds and windows must not mind."""

import asyncio

from flightrules.domain.outcome import Outcome
from flightrules.phases.moments import Moments
from flightrules.testing.fake_clock import FakeClock
from flightrules.testing.scenario import UsedRouter
from tests.release.plans import plan
from tests.release.watched import Watched

HOUR = 3600.0


class SetClock(FakeClock):
    """A fake clock whose time of day somebody sets; the time that passes does not mind."""

    off = 0.0

    def now(self) -> float:
        return super().now() + self.off


class TimePassed(FakeClock):
    """What users live by: the time that passed, whatever the machine's clock says."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.now = clock.monotonic


class World(Watched):
    def router(self, name, fate):
        return UsedRouter(self.traffic[name], self.fence, self.users, TimePassed(self.clock), fate)


async def released_while_the_clock_is_set(folder, by: float, failing: float = 0.0) -> tuple[Outcome, float]:
    world = World(folder, plan())
    world.clock = clock = SetClock()

    def set_the_clock() -> None:
        clock.off = by
        world.users.failing["v2"] = failing

    world.later(32.0, set_the_clock)
    began = clock.monotonic()
    async with asyncio.timeout(30):
        outcome = await world.release()
    world.state.close()
    return outcome, clock.monotonic() - began


async def test_a_release_holds_as_long_as_agreed_when_the_clock_is_set_back(tmp_path):
    outcome, seconds = await released_while_the_clock_is_set(tmp_path / "state", -HOUR)
    assert outcome is Outcome.RELEASED
    assert 180 <= seconds < 200


async def test_a_release_holds_as_long_as_agreed_when_the_clock_is_set_forward(tmp_path):
    outcome, seconds = await released_while_the_clock_is_set(tmp_path / "state", HOUR)
    assert outcome is Outcome.RELEASED
    assert 180 <= seconds < 200


async def test_a_rule_fires_at_the_next_look_although_the_clock_was_set_back(tmp_path):
    outcome, seconds = await released_while_the_clock_is_set(tmp_path / "state", -HOUR, failing=1.0)
    assert outcome is Outcome.ROLLED_BACK
    assert seconds < 50


def test_a_clock_that_is_only_slewed_is_followed():
    clock = SetClock()
    moments = Moments(clock)
    first = moments.now()
    clock.time += 5.0
    clock.off = 0.2
    assert moments.now() == clock.now() > first


def test_after_a_crash_time_goes_on_from_the_last_look():
    clock = SetClock()
    before = clock.now()
    clock.off = -HOUR
    moments = Moments(clock)
    moments.not_before(before)
    clock.time += 5.0
    assert moments.now() == before + 5.0
