"""Envoy as users run it: under supervisord, which outlives `flight` and starts Envoy again."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flightrules.clocks.system import SystemClock
from flightrules.domain.errors import RouterUnreachable
from flightrules.domain.traffic import Routes
from flightrules.ports.router import Router
from flightrules.processes.supervisord import Supervisord
from flightrules.routers._envoy import process
from flightrules.testing.fake_fence import FakeFence
from tests.routers.envoy_world import V2, EnvoyWorld, world_in

pytestmark = pytest.mark.slow


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[EnvoyWorld]:
    async with world_in(tmp_path, Supervisord(tmp_path / "processes", SystemClock())) as world:
        yield world


async def test_a_killed_envoy_is_started_again_by_itself_with_the_same_split(world: EnvoyWorld) -> None:
    router = await world.running()
    routes = await world.routes(100)
    await router.set_split(routes)
    killed = await _pid(world)
    os.kill(killed, signal.SIGKILL)
    assert await _routes_again(router) == routes
    assert await _pid(world) != killed
    assert await world.ask(5) == [V2] * 5


async def test_another_flight_adopts_the_running_envoy(world: EnvoyWorld, tmp_path: Path) -> None:
    routes = await world.routes(100)
    await (await world.running()).set_split(routes)
    pid = await _pid(world)
    world.processes = Supervisord(tmp_path / "processes", SystemClock())
    router = world.router(FakeFence(2))
    await router.ensure_running()
    assert await router.routes() == routes
    assert await _pid(world) == pid


async def test_an_envoy_that_hangs_is_started_anew_with_the_same_split(world: EnvoyWorld, monkeypatch) -> None:
    monkeypatch.setattr(process, "STARTS_WITHIN", 3.0)
    router = await world.running()
    routes = await world.routes(100)
    await router.set_split(routes)
    hanging = await _pid(world)
    os.kill(hanging, signal.SIGSTOP)
    await router.ensure_running()
    assert await router.routes() == routes
    assert await _pid(world) != hanging
    assert await world.ask(5) == [V2] * 5


async def test_after_stopping_nothing_listens(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.stop()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", world.port)
    assert await world.processes.listing() == ()


async def _pid(world: EnvoyWorld) -> int:
    [process] = await world.processes.listing()
    assert process.pid is not None
    return process.pid


async def _routes_again(router: Router) -> Routes | None:
    """Wait until Envoy answers again."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await router.routes()
            except RouterUnreachable:
                await asyncio.sleep(0.05)
