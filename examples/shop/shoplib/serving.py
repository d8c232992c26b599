"""Owns the process of a shop: its port, its connections, and its end on SIGTERM.

At the end nothing new is accepted, every request that was begun is answered, and idle connections are closed.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import traceback
from http import HTTPStatus

from shoplib.shop import Shop
from shoplib.web import Answer, BadRequest, Request, json_answer, read_request, write_answer

PATIENCE = 8.0
"""Seconds that requests in flight get at the end."""


class Server:
    """Serves one shop on one port."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._ending = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()

    async def run(self, host: str, port: int) -> None:
        """Serve until SIGTERM or SIGINT."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ending.set)
        server = await asyncio.start_server(self._connected, host, port)
        where = server.sockets[0].getsockname()
        print(f"shop {self._shop.version} serves http://{where[0]}:{where[1]}", flush=True)
        await self._ending.wait()
        server.close()
        if self._connections:
            await asyncio.wait(self._connections, timeout=PATIENCE)
        print(f"shop {self._shop.version} ends after {self._shop.visits} visits", flush=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._one_request(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away; there is nobody left to tell
        finally:
            self._connections.discard(task)
            writer.close()

    async def _one_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection stays open."""
        try:
            request = await self._next_request(reader)
        except BadRequest as problem:
            await write_answer(writer, json_answer({"error": str(problem)}, problem.status))
            return False
        if request is None:
            return False
        answer = await self._answer(request)
        stays = request.keeps_connection and not self._ending.is_set()
        headers = {**answer.headers, "x-shop-version": self._shop.version}
        headers["connection"] = "keep-alive" if stays else "close"
        await write_answer(writer, Answer(answer.status, answer.kind, answer.body, headers, answer.parts))
        return stays

    async def _next_request(self, reader: asyncio.StreamReader) -> Request | None:
        """Wait for a request; None when there will be none: the client left, or the shop ends."""
        reading = asyncio.ensure_future(read_request(reader))
        ending = asyncio.ensure_future(self._ending.wait())
        await asyncio.wait({reading, ending}, return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        if reading.done():
            return reading.result()
        reading.cancel()
        return None

    async def _answer(self, request: Request) -> Answer:
        # The edge of the server: whatever a version gets wrong is a 500 and a trace in the log, as in any shop.
        try:
            return await self._shop.answer(request)
        except Exception as problem:  # noqa: BLE001
            traceback.print_exc(limit=3)
            return json_answer({"error": f"{type(problem).__name__}: {problem}"}, HTTPStatus.INTERNAL_SERVER_ERROR)


def main(shop: Shop) -> None:
    """Run `shop` as a program: `app.py --port 8000`."""
    parser = argparse.ArgumentParser(description=f"The example shop, version {shop.version}")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 takes any free port")
    arguments = parser.parse_args()
    asyncio.run(Server(shop).run(arguments.host, arguments.port))
