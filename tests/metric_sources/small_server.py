"""A small web server that answers what a test tells it, also badly, and remembers what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]


@dataclass
class SmallServer:
    url: str = ""
    status: int = 200
    body: Callable[[Asked], bytes] = field(default=lambda asked: b"")
    extra: dict[str, str] = field(default_factory=dict)
    down: bool = False
    slow: bool = False
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def says(self, body: bytes | str) -> None:
        encoded = body.encode() if isinstance(body, str) else body
        self.body = lambda asked: encoded

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.connections -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.down:
            return
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        parts = urlsplit(first.split(" ")[1])
        asked = Asked(parts.path, parse_qs(parts.query), headers)
        self.asked.append(asked)
        if self.slow:
            await self._drip(reader, writer)
            return
        body = self.body(asked)
        head = {"content-length": str(len(body)), "connection": "close", **self.extra}
        lines = [f"HTTP/1.1 {self.status} Whatever", *(f"{name}: {value}" for name, value in head.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()

    async def _drip(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Never silent for long: a limit on the silence alone would wait for ever.
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
        gone = asyncio.ensure_future(reader.read())
        while not gone.done():
            writer.write(b" ")
            await asyncio.wait({gone}, timeout=0.05)


@asynccontextmanager
async def small_server() -> AsyncIterator[SmallServer]:
    small = SmallServer()
    server = await asyncio.start_server(small.serve, "127.0.0.1", 0)
    small.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield small
        small.down = True
