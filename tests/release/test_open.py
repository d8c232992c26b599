from flightrules.domain.outcome import Outcome
from flightrules.domain.traffic import Page, Routes
from flightrules.state.releases import OPEN, SHUTDOWN


async def in_service(scenario):
    world = scenario()
    await world.given_stable()
    world.only_stable = True
    return world


async def test_opening_brings_back_what_was_in_service_before_the_machine_was_started_anew(scenario):
    world = await in_service(scenario)
    world.targets["web"].kill("v1")
    world.traffic["web"].running = False
    assert await world.release(story=OPEN) is Outcome.OPENED
    assert world.shares() == {"v1": 100}
    assert [instance.healthy for instance in await world.targets["web"].instances()] == [True]


async def test_a_shutdown_shows_the_page_before_anything_stops_and_opening_undoes_it(scenario):
    world = await in_service(scenario)
    assert await world.release(story=SHUTDOWN) is Outcome.CLOSED
    page = world.traffic["web"].in_force
    assert page.closed == Page("We are down for maintenance and will be back soon.")
    assert world.running() == set()
    assert world.serves().name == "v1", "it is still what is in service once the services open again"
    world.id = "r2"
    assert await world.release(story=OPEN) is Outcome.OPENED
    assert world.shares() == {"v1": 100}
    assert isinstance(world.traffic["web"].in_force, Routes)
