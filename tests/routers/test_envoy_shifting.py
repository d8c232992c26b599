"""Shifting loses nothing: requests under load, streams and WebSockets that are open."""

import asyncio
import time

import pytest

from flightrules.domain.traffic import Routes, Split
from flightrules.ports.router import Router
from tests.routers.envoy_world import STABLE, V1, V2, EnvoyWorld
from tests.routers.load import load

pytestmark = pytest.mark.slow


async def test_forty_shifts_under_load_fail_no_request(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(50))
    took = []
    async with load(world, per_second=300) as seen:
        for number in range(40):
            began = time.monotonic()
            await router.set_split(await world.routes((0, 5, 25, 60, 100)[number % 5]))
            took.append(time.monotonic() - began)
            await asyncio.sleep(0.05)
    assert seen.failed({V1, V2}) == []
    assert sorted(took)[len(took) // 2] < 0.15


async def test_versions_come_and_go_under_load_without_a_failed_request(world: EnvoyWorld) -> None:
    router = await world.running()
    alone = Routes(Split.all_to(STABLE), {V1: await world.start(STABLE)})
    await router.set_split(alone)
    async with load(world, per_second=200) as seen:
        for _ in range(5):
            await router.set_split(await world.routes(50))
            await asyncio.sleep(0.1)
            await router.set_split(alone)
            await asyncio.sleep(0.1)
    assert seen.failed({V1, V2}) == []
    assert {how for _, how in seen.ended} == {V1, V2}


async def test_after_the_shift_back_no_new_request_reaches_the_candidate(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(50))
    async with load(world, per_second=300):
        for _ in range(5):
            await router.set_split(await world.routes(50))
            await asyncio.sleep(0.1)
            await router.set_split(await world.routes(0))
            before = len(world.upstreams[V2].seen)
            await asyncio.sleep(0.2)
            # Requests that were on their way when the shift was confirmed may still arrive.
            assert len(world.upstreams[V2].seen) - before <= 3


async def test_a_stream_goes_on_after_its_version_lost_its_share(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    async with world.user() as user, user.get(f"{world.url}/stream?lines=20") as answer:
        assert await answer.content.readline() == f"{V2} 0\n".encode()
        await router.set_split(await world.routes(0))
        assert await _in_flight(router, V2) == 1
        assert (await answer.text()).splitlines()[-1] == f"{V2} 19"
    assert await _in_flight(router, V2) == 0
    assert await world.ask(5) == [V1] * 5


async def test_a_websocket_goes_on_after_its_version_lost_its_share(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    async with world.user() as user, user.ws_connect(f"{world.url}/socket") as socket:
        await socket.send_str("hello")
        assert await socket.receive_str() == f"{V2} hello"
        await router.set_split(await world.routes(0))
        assert await _in_flight(router, V2) == 1
        await socket.send_str("still there?")
        assert await socket.receive_str() == f"{V2} still there?"
    await _until_nothing_in_flight(router, V2)


async def test_a_stream_outlives_even_the_removal_of_its_version(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    async with world.user() as user, user.get(f"{world.url}/stream?lines=20") as answer:
        await answer.content.readline()
        await router.set_split(Routes(Split.all_to(STABLE), {V1: await world.start(STABLE)}))
        assert (await answer.text()).splitlines()[-1] == f"{V2} 19"


async def test_http_two_without_tls_is_understood(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    settings = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings)
    # The kind of the first frame that comes back: settings.
    assert (await reader.readexactly(9))[3] == 4
    writer.close()


async def test_a_body_of_many_megabytes_passes_through(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    async with world.user() as user, user.post(world.url, data=b"x" * 8_000_000) as answer:
        assert await answer.text() == f"{V2}8000000"


async def test_the_service_sees_the_request_as_the_user_sent_it(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    async with world.user(headers={"Host": "shop.example", "X-Forwarded-For": "6.6.6.6"}) as user:
        await world.answer(user)
    seen = world.upstreams[V2].seen[-1]
    assert (seen["host"], seen["x-forwarded-proto"]) == ("shop.example", "http")
    # Who came is appended (a client on this machine comes from its own address): only the last is to be believed.
    claimed, came = seen["x-forwarded-for"].split(",")
    assert claimed == "6.6.6.6" != came


async def test_a_user_cannot_tell_the_router_how_to_treat_the_request(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    orders = {"x-envoy-upstream-rq-timeout-ms": "10", "x-envoy-retry-on": "5xx", "x-envoy-max-retries": "5"}
    async with world.user(headers=orders) as user:
        assert await world.answer(user, "/?wait=0.1") == V2
        async with user.get(f"{world.url}/?status=500") as answer:
            assert answer.status == 500
    assert len(world.upstreams[V2].seen) == 2


async def test_behind_a_trusted_proxy_the_service_knows_how_the_user_came(world: EnvoyWorld) -> None:
    router = await world.running(trusted_proxies=1)
    await router.set_split(await world.routes(100))
    async with world.user(headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}) as user:
        await world.answer(user)
    assert world.upstreams[V2].seen[-1]["x-forwarded-proto"] == "https"


async def _in_flight(router: Router, key: str) -> int:
    return (await router.counters())[key].in_flight


async def _until_nothing_in_flight(router: Router, key: str) -> None:
    for _ in range(100):
        if await _in_flight(router, key) == 0:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("something is still in flight")
