"""Stands in for instances on their own ports, for a drill: healthy to whoever checks, broken to whoever uses them.

A version that merely died would harm nobody: the router stops sending users there. What a plan has to notice is one
that looks healthy and fails.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

from aiohttp import web

from flightrules.ports.clock import Clock

TRY_AGAIN = 0.05
"""Seconds after which a port is tried again that its own program has taken back."""

LOOK_AGAIN = 0.5


async def stand_in(
    addresses: Sequence[str], health: str | None, kill: Callable[[], Awaitable[object]], clock: Clock
) -> None:
    """Answer on `addresses` (`host:port`) until cancelled: 200 on the path `health`, 500 on every other.

    `kill` ends the programs that listen there; they may be started again, and find their ports taken.
    """
    runner = web.AppRunner(_application(health), access_log=None, shutdown_timeout=0.1)
    async with AsyncExitStack() as stack:
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await asyncio.gather(*(_take(runner, address, kill, clock) for address in addresses))
        while True:
            await clock.sleep(LOOK_AGAIN)


async def _take(runner: web.AppRunner, address: str, kill: Callable[[], Awaitable[object]], clock: Clock) -> None:
    host, _, port = address.rpartition(":")
    while True:
        await kill()
        try:
            await web.TCPSite(runner, host, int(port), reuse_address=True).start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            await clock.sleep(TRY_AGAIN)
        else:
            return


def _application(health: str | None) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        if request.path == health:
            return web.Response(text="ok")
        return web.Response(status=500, text="broken on purpose, for a drill")

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    return application
