"""The surroundings of a real Envoy: small real servers behind it, and users in front."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from flightrules.clocks.system import SystemClock
from flightrules.domain.traffic import Routes, Share, Split, Version
from flightrules.ports.processes import Processes
from flightrules.ports.router import Router
from flightrules.routers import envoy
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.plain_processes import PlainProcesses
from tests.routers.upstream import Upstream

STABLE, CANDIDATE = Version("v1", "aaaa1111"), Version("v2", "bbbb2222")
V1, V2 = STABLE.key, CANDIDATE.key


class EnvoyWorld:
    """One Envoy, versions by key, and clients. Made by `world_in`."""

    def __init__(self, folder: Path, processes: Processes) -> None:
        self.folder = folder
        self.port = free_port()
        self.processes = processes
        self.upstreams: dict[str, Upstream] = {}
        self.killable: dict[str, asyncio.subprocess.Process] = {}
        self._addresses: dict[str, str] = {}
        self._runners: list[web.AppRunner] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket(self) -> Path:
        return self.folder / "router" / "admin.sock"

    def router(self, fence: FakeFence | None = None, **options: Any) -> Router:
        return envoy.create(
            envoy.Options(listen=f"127.0.0.1:{self.port}", **options),
            service="web",
            folder=self.folder / "router",
            processes=self.processes,
            fence=fence or FakeFence(),
            clock=SystemClock(),
        )

    async def running(self, **options: Any) -> Router:
        router = self.router(**options)
        await router.ensure_running()
        return router

    async def start(self, version: Version) -> tuple[str, ...]:
        if version.key not in self._addresses:
            upstream = self.upstreams[version.key] = Upstream(version.key)
            runner, port = await upstream.start()
            self._runners.append(runner)
            self._addresses[version.key] = f"127.0.0.1:{port}"
        return (self._addresses[version.key],)

    async def start_process(self, version: Version) -> None:
        """Start an instance that can be killed."""
        script = str(Path(__file__).with_name("upstream.py"))
        process = await asyncio.create_subprocess_exec(
            sys.executable, script, version.key, stdout=asyncio.subprocess.PIPE
        )
        self.killable[version.key] = process
        assert process.stdout is not None
        self._addresses[version.key] = f"127.0.0.1:{int(await process.stdout.readline())}"

    async def fall_ill(self, version: Version) -> None:
        self.upstreams[version.key].healthy = False

    async def routes(self, percent: float, **more: Any) -> Routes:
        routes: dict[str, Any] = {
            "split": Split.between(CANDIDATE, Share.percent(percent), STABLE),
            "endpoints": {version.key: await self.start(version) for version in (STABLE, CANDIDATE)},
            "candidate": V2,
            "salt": "release-1",
            "names": {V1: "v1", V2: "v2"},
        }
        return Routes(**{**routes, **more})

    async def ask(self, times: int) -> list[str | None]:
        async with self.user() as user:
            return [await self.answer(user) for _ in range(times)]

    async def answer(self, user: aiohttp.ClientSession, path: str = "/", **more: Any) -> str | None:
        async with user.get(self.url + path, **more) as answer:
            text = await answer.text()
            return text if text in (V1, V2) else None

    def user(self, **more: Any) -> aiohttp.ClientSession:
        """Return a client that keeps no cookies unless it is given a jar for them."""
        return aiohttp.ClientSession(**{"cookie_jar": aiohttp.DummyCookieJar(), **more})

    def returning_user(self) -> aiohttp.ClientSession:
        return self.user(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def close(self) -> None:
        for process in self.killable.values():
            if process.returncode is None:
                process.kill()
            await process.wait()
        await self.processes.close()
        for runner in self._runners:
            await runner.cleanup()


@asynccontextmanager
async def world_in(folder: Path, processes: Processes | None = None) -> AsyncIterator[EnvoyWorld]:
    world = EnvoyWorld(folder, processes or PlainProcesses(folder / "processes"))
    try:
        yield world
    finally:
        await world.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
