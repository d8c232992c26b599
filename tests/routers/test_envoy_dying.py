"""What users see when a version, or Envoy, dies."""

import asyncio
import os
import signal
import time

import pytest

from flightrules.domain.errors import NotHealthy, RouterUnreachable
from flightrules.routers._envoy.admin import opened
from tests.routers.envoy_world import CANDIDATE, STABLE, V1, V2, EnvoyWorld
from tests.routers.load import load
from tests.routers.upstream import Upstream

pytestmark = pytest.mark.slow


async def test_when_the_candidate_is_killed_its_users_go_to_stable_at_once(world: EnvoyWorld) -> None:
    await world.start_process(CANDIDATE)
    router = await world.running()
    await router.set_split(await world.routes(25))
    async with load(world, per_second=200) as seen:
        await asyncio.sleep(1)
        world.killable[V2].kill()
        killed = time.monotonic()
        await asyncio.sleep(2)
    failed = seen.failed({V1, V2})
    assert len(failed) <= 5
    assert [how for at, how in failed if at > killed + 1] == []
    assert V2 in {how for at, how in seen.ended if at < killed}
    assert {how for at, how in seen.ended if at > killed + 0.5} == {V1}


async def test_a_user_of_the_dead_candidate_keeps_getting_answers(world: EnvoyWorld) -> None:
    await world.start_process(CANDIDATE)
    router = await world.running()
    await router.set_split(await world.routes(100))
    async with world.returning_user() as user:
        assert await world.answer(user) == V2
        world.killable[V2].kill()
        await world.killable[V2].wait()
        assert [await world.answer(user) for _ in range(20)] == [V1] * 20


async def test_a_candidate_that_fails_its_health_looks_loses_its_users_to_stable(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    assert await world.ask(3) == [V2] * 3
    await world.fall_ill(CANDIDATE)
    await asyncio.sleep(2)
    assert await world.ask(10) == [V1] * 10


async def test_a_candidate_that_hangs_loses_its_users_to_stable(world: EnvoyWorld) -> None:
    await world.start_process(CANDIDATE)
    router = await world.running()
    await router.set_split(await world.routes(100))
    world.killable[V2].send_signal(signal.SIGSTOP)
    await asyncio.sleep(4)
    async with asyncio.timeout(2):
        assert await world.ask(10) == [V1] * 10


async def test_users_of_stable_never_go_to_the_candidate_when_stable_dies(world: EnvoyWorld) -> None:
    await world.start_process(STABLE)
    router = await world.running()
    await router.set_split(await world.routes(0))
    world.killable[V1].kill()
    await world.killable[V1].wait()
    assert await world.ask(5) == [None] * 5


async def test_an_instance_that_refuses_connections_is_left_out_before_its_next_health_look(world: EnvoyWorld) -> None:
    await world.start_process(CANDIDATE)
    router = await world.running()
    await router.set_split(await world.routes(100))
    world.killable[V2].kill()
    await world.killable[V2].wait()
    await world.ask(3)
    async with opened("web", world.socket) as admin:
        found = await admin.statistics(rf"^cluster\.{V2}\.outlier_detection\.ejections_active$")
    assert list(found.values()) == [1]


async def test_an_address_that_is_not_named_any_more_gets_no_request(world: EnvoyWorld) -> None:
    router = await world.running(sticky=False)
    routes = await world.routes(100)
    gone = Upstream("gone")
    runner, port = await gone.start()
    try:
        both = {**routes.endpoints, V2: (*routes.endpoints[V2], f"127.0.0.1:{port}")}
        await router.set_split(await world.routes(100, endpoints=both))
        await world.ask(40)
        seen = len(gone.seen)
        assert seen > 0
        await router.set_split(routes)
        assert await world.ask(40) == [V2] * 40
        assert len(gone.seen) == seen
    finally:
        await runner.cleanup()


async def test_a_dead_version_gets_no_share_and_the_error_says_why(world: EnvoyWorld) -> None:
    await world.start_process(CANDIDATE)
    router = await world.running()
    before = await world.routes(0)
    await router.set_split(before)
    world.killable[V2].kill()
    await world.killable[V2].wait()
    address = before.endpoints[V2][0]
    with pytest.raises(NotHealthy) as refused:
        await router.set_split(await world.routes(5))
    assert refused.value.what == (
        f"version v2 ({V2}) is not healthy and gets no traffic: {address} cannot be reached (connection refused)"
    )
    assert await router.routes() == before


async def test_a_wrong_health_answer_names_the_path_and_where_to_change_it(world: EnvoyWorld) -> None:
    router = await world.running(health="/nothing?status=404")
    with pytest.raises(NotHealthy) as refused:
        await router.set_split(await world.routes(100))
    address = (await world.start(CANDIDATE))[0]
    assert refused.value.what == (
        f"version v2 ({V2}) is not healthy and gets no traffic: {address} answered 404 to GET /nothing?status=404"
    )
    assert refused.value.do == (
        "Traffic is as it was. See what the version wrote to its log; "
        "where health is asked for is services.web.traffic.health."
    )
    assert await router.routes() is None


async def test_without_a_path_a_connection_is_health_enough(world: EnvoyWorld) -> None:
    router = await world.running(health="")
    await world.start(CANDIDATE)
    await world.fall_ill(CANDIDATE)
    await router.set_split(await world.routes(100))
    assert await world.ask(3) == [V2] * 3


async def test_a_version_that_answers_5xx_to_users_stays_in_and_is_seen(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    async with world.user() as user:
        for _ in range(30):
            async with user.get(f"{world.url}/?status=500") as answer:
                assert answer.status == 500
    assert [len(world.upstreams[V2].seen), len(world.upstreams.get(V1, world.upstreams[V2]).seen)] == [30, 0]
    counters = await router.counters()
    assert (counters[V2].requests, counters[V2].bad) == (30, 30)


async def test_a_stable_version_that_fails_its_health_looks_is_still_tried(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    for upstream in world.upstreams.values():
        upstream.healthy = False
    await asyncio.sleep(2)
    assert set(await world.ask(10)) <= {V1, V2}


async def test_an_envoy_that_was_killed_comes_back_with_the_same_split(world: EnvoyWorld) -> None:
    router = await world.running()
    routes = await world.routes(100)
    await router.set_split(routes)
    [process] = await world.processes.listing()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    while (await world.processes.listing())[0].running:
        await asyncio.sleep(0.01)
    with pytest.raises(RouterUnreachable, match="the router of web does not answer"):
        await router.routes()
    await router.ensure_running()
    assert await router.routes() == routes
    assert await world.ask(3) == [V2] * 3


async def test_an_envoy_that_hangs_is_reported_and_traffic_stays(world: EnvoyWorld) -> None:
    router = await world.running(confirm=0.5)
    before = await world.routes(0)
    await router.set_split(before)
    [process] = await world.processes.listing()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        with pytest.raises(RouterUnreachable):
            await router.set_split(await world.routes(100))
    finally:
        os.kill(process.pid, signal.SIGCONT)
    assert await router.routes() == before
    assert set(await world.ask(10)) == {V1}
