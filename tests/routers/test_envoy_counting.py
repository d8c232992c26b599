"""What is counted, for whom, and how exactly."""

import asyncio
import time
from itertools import pairwise

import aiohttp
import pytest

from flightrules.domain.traffic import Routes, Split
from flightrules.domain.verdict import Counters
from tests.routers.envoy_world import CANDIDATE, STABLE, V1, V2, EnvoyWorld

pytestmark = pytest.mark.slow


async def test_bad_answers_are_those_with_5xx_and_nothing_else(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    async with world.user() as user:
        for status in (200, 204, 302, 404, 429, 500, 502, 503):
            async with user.get(f"{world.url}/?status={status}", allow_redirects=False) as answer:
                assert answer.status == status
    counters = await router.counters()
    assert (counters[V2].requests, counters[V2].bad) == (8, 3)
    assert counters[V1].requests == 0


async def test_latencies_are_right_within_fifteen_percent(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    async with world.user() as user:
        await asyncio.gather(*(world.answer(user, "/?wait=0.1") for _ in range(19)), world.answer(user, "/?wait=0.4"))
    counters = (await router.counters())[V2]
    assert _percentile(counters, 0.5) == pytest.approx(0.1, rel=0.25)
    assert _percentile(counters, 1.0) == pytest.approx(0.4, rel=0.25)
    bounds = counters.latency.bounds
    assert len(bounds) >= 40
    assert max(high / low for low, high in pairwise(bounds[:-1])) < 1.25


async def test_a_request_that_failed_over_counts_once_and_for_the_version_that_answered(world: EnvoyWorld) -> None:
    await world.start_process(CANDIDATE)
    router = await world.running()
    await router.set_split(await world.routes(100))
    world.killable[V2].kill()
    await world.killable[V2].wait()
    assert await world.ask(20) == [V1] * 20
    counters = await router.counters()
    assert (counters[V1].requests, counters[V1].bad) == (20, 0)
    assert (counters[V2].requests, counters[V2].bad) == (0, 0)


async def test_a_request_in_flight_at_a_killed_version_counts_as_bad_for_it(world: EnvoyWorld) -> None:
    await world.start_process(CANDIDATE)
    router = await world.running()
    await router.set_split(await world.routes(100))
    async with world.user() as user:
        waiting = asyncio.create_task(world.answer(user, "/?wait=5"))
        while (await router.counters())[V2].in_flight == 0:
            await asyncio.sleep(0.01)
        world.killable[V2].kill()
        assert await waiting is None
    counters = (await router.counters())[V2]
    assert (counters.requests, counters.bad, counters.in_flight) == (1, 1, 0)


async def test_a_pinned_request_to_a_dead_version_counts_as_bad_for_it(world: EnvoyWorld) -> None:
    await world.start_process(CANDIDATE)
    router = await world.running()
    await router.set_split(await world.routes(0))
    world.killable[V2].kill()
    await world.killable[V2].wait()
    async with world.user(headers={"x-flight-version": "v2"}) as tester:
        assert await world.answer(tester) is None
    # An outage must not fill the log with what could not be measured.
    assert "non-number" not in "".join(world.processes.log("router-web"))
    counters = (await router.counters())[V2]
    assert (counters.requests, counters.bad) == (1, 1)


async def test_an_answer_that_breaks_off_is_bad_though_it_began_well(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    async with world.user() as user:
        with pytest.raises(aiohttp.ClientError):
            async with user.get(f"{world.url}/stream?lines=3&broken=1") as answer:
                await answer.read()
    counters = (await router.counters())[V2]
    assert (counters.requests, counters.bad) == (1, 1)


@pytest.mark.parametrize(("waits", "counted"), [(0.1, 0), (0.6, 1)])
async def test_a_client_that_leaves_counts_only_if_it_was_patient(
    world: EnvoyWorld, waits: float, counted: int
) -> None:
    router = await world.running(patience=0.4)
    await router.set_split(await world.routes(100))
    async with world.user(timeout=aiohttp.ClientTimeout(total=waits)) as user:
        with pytest.raises(TimeoutError):
            await world.answer(user, "/?wait=3")
    await asyncio.sleep(0.1)
    counters = (await router.counters())[V2]
    assert (counters.requests, counters.bad) == (counted, counted)


async def test_how_long_a_websocket_lives_is_no_latency(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    async with world.user() as user, user.ws_connect(f"{world.url}/socket") as socket:
        await socket.send_str("hello")
        await socket.receive_str()
    await asyncio.sleep(0.1)
    counters = (await router.counters())[V2]
    assert (counters.requests, counters.bad, sum(counters.latency.counts)) == (1, 0, 0)


async def test_the_routers_own_answers_count_for_no_version(world: EnvoyWorld) -> None:
    router = await world.running()
    await world.ask(3)
    assert await router.counters() == {}


async def test_what_was_counted_stays_when_the_version_is_gone(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    await world.ask(4)
    await router.set_split(Routes(Split.all_to(STABLE), {V1: await world.start(STABLE)}))
    assert (await router.counters())[V2].requests == 4


async def test_a_look_at_the_counters_is_cheap(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(50))
    await world.ask(20)
    took = []
    for _ in range(20):
        began = time.monotonic()
        await router.counters()
        took.append(time.monotonic() - began)
    assert sorted(took)[10] < 0.05


def _percentile(counters: Counters, part: float) -> float:
    """Return the upper end of the bucket in which the percentile lies."""
    left = part * sum(counters.latency.counts)
    for bound, count in zip(counters.latency.bounds, counters.latency.counts, strict=True):
        left -= count
        if left <= 0:
            return bound
    raise AssertionError("nothing was counted")
