"""A router that is gone in the middle of a release comes back, whatever took it: no person is needed for that."""

from flightrules.domain.outcome import Outcome
from flightrules.state.observations import Observations
from tests.release.plans import plan


async def test_a_router_that_is_gone_during_a_hold_is_started_again_and_people_are_told_once(scenario):
    world = scenario()
    seen = []
    world.later(72.0, lambda: setattr(world.traffic["web"], "running", False))
    world.later(80.0, lambda: seen.append(world.traffic["web"].running))
    assert await world.release() is Outcome.RELEASED
    assert seen == [True]
    told = [event["text"] for event in world.events("people.told")]
    assert told == ["the router of web does not answer: it is started again where it does not run"]


async def test_a_router_that_cannot_be_started_is_tried_again_until_it_can(scenario):
    world = scenario()
    traffic = world.traffic["web"]

    def gone() -> None:
        traffic.running, traffic.unreachable = False, "no room"

    world.later(72.0, gone)
    world.later(100.0, lambda: setattr(traffic, "unreachable", ""))
    assert await world.release() is Outcome.RELEASED
    assert traffic.running
    assert len(world.events("people.told")) == 1


async def test_of_two_services_only_the_router_that_is_silent_is_started(scenario):
    world = scenario(plan("api", "web"))
    world.later(72.0, lambda: setattr(world.traffic["api"], "running", False))
    assert await world.release() is Outcome.RELEASED
    assert [event["text"].split(" ")[3] for event in world.events("people.told")] == ["api"]


async def test_a_router_that_misses_one_look_wakes_nobody_and_is_left_alone(scenario):
    world = scenario()
    traffic = world.traffic["web"]
    world.later(72.0, lambda: setattr(traffic, "unreachable", "it took too long"))
    world.later(75.2, lambda: setattr(traffic, "unreachable", ""))
    assert await world.release() is Outcome.RELEASED
    assert "it took too long" in str([look.record for look in Observations(world.state).of(world.id)])
    assert world.events("people.told") == []
