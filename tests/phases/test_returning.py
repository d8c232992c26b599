"""A return to an earlier version that cannot be made ready: nothing is moved, and a person can call it off."""

from flightrules.domain.outcome import Outcome
from flightrules.domain.signals import Ask
from flightrules.state.releases import ROLLBACK


async def returning_to_what_does_not_start(scenario):
    """v2 plays the part of what serves; v1, to which it is to give way, does not become healthy."""
    world = scenario()
    await world.release()
    world.remembered.clear()
    world.id = "r2"
    world.targets["web"].sicken("v1")
    return world


async def test_it_can_be_called_off(scenario):
    world = await returning_to_what_does_not_start(scenario)
    world.later(30.0, lambda: world.inbox.send(Ask.ABORT, "otto", {"reason": "v1 is broken"}))
    assert await world.release(story=ROLLBACK) is Outcome.NOT_STARTED
    assert world.shares() == {"v2": 100}
    assert world.serves().name == "v2"
    assert "goback.started" not in world.kinds()


async def test_it_goes_on_when_a_person_resumes(scenario):
    world = await returning_to_what_does_not_start(scenario)

    def mend() -> None:
        world.targets["web"].heal("v1")
        world.inbox.send(Ask.RESUME, "otto")

    world.later(30.0, mend)
    assert await world.release(story=ROLLBACK) is Outcome.ROLLED_BACK
    assert world.shares() == {"v1": 100}
    assert world.serves().name == "v1"
