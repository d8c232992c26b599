"""Steady requests from many users at once, and what became of each."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from tests.routers.envoy_world import EnvoyWorld


@dataclass
class Load:
    """When each request ended (monotonic seconds), and how: a version's key, or what went wrong."""

    ended: list[tuple[float, str]] = field(default_factory=list)

    def failed(self, good: set[str]) -> list[tuple[float, str]]:
        return [(at, how) for at, how in self.ended if how not in good]


@asynccontextmanager
async def load(world: EnvoyWorld, per_second: float) -> AsyncIterator[Load]:
    """Send `per_second` requests until the block ends, whether or not earlier ones were answered; await them all."""
    seen, under_way = Load(), set[asyncio.Task[None]]()
    async with world.user(connector=aiohttp.TCPConnector(limit=0)) as user:

        async def one() -> None:
            try:
                async with user.get(world.url) as answer:
                    how = await answer.text() if answer.status == 200 else f"status {answer.status}"
            except (aiohttp.ClientError, OSError) as error:
                how = repr(error)
            seen.ended.append((time.monotonic(), how))

        async def all_of_them() -> None:
            due = time.monotonic()
            while True:
                task = asyncio.create_task(one())
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                due += 1 / per_second
                await asyncio.sleep(max(0.0, due - time.monotonic()))

        sender = asyncio.create_task(all_of_them())
        try:
            yield seen
        finally:
            sender.cancel()
            await asyncio.gather(*under_way)
