"""Asking a service through its router: whatever it answers, and however slowly."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from flightrules.clocks.system import SystemClock
from flightrules.domain.plan import HttpCheck
from flightrules.phases import http_check


@asynccontextmanager
async def answering(answer: bytes, pause: float = 0.0) -> AsyncIterator[str]:
    """Serve `answer` to whoever asks, in one piece or byte by byte."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in [answer] if not pause else [bytes([byte]) for byte in answer]:
            writer.write(piece)
            await asyncio.sleep(pause)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield "http://{}:{}".format(*server.sockets[0].getsockname())
    finally:
        server.close()


async def asked(base: str, within: float = 5.0) -> tuple[bool, str]:
    return await http_check.ask(HttpCheck("orders", "GET", "/api/orders?all", 204, within), base, SystemClock())


async def test_the_answer_that_was_expected_passes():
    async with answering(b"HTTP/1.1 204 No Content\r\n\r\n") as base:
        passed, says = await asked(base)
    assert passed and says.startswith("GET /api/orders?all answered 204 in ")


@pytest.mark.parametrize("status", [b"200 OK", b"302 Found\r\nLocation: /elsewhere"])
async def test_another_status_fails_and_no_redirect_is_followed(status):
    async with answering(b"HTTP/1.1 " + status + b"\r\n\r\n") as base:
        assert await asked(base) == (False, f"GET /api/orders?all answered {status[:3].decode()}, expected 204")


async def test_an_answer_that_comes_byte_by_byte_gets_no_more_time_than_any_other():
    async with answering(b"HTTP/1.1 204 No Content\r\nX: " + b"x" * 1000, pause=0.02) as base, asyncio.timeout(2):
        assert await asked(base, within=0.2) == (False, "GET /api/orders?all got no answer within 0.2 s")


async def test_what_is_no_http_is_no_answer():
    async with answering(b"220 mail.example.org ESMTP\r\n") as base:
        passed, says = await asked(base)
    assert not passed and says.startswith("GET /api/orders?all got no answer: ")


async def test_nobody_there_is_no_answer():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        passed, says = await asked("http://{}:{}".format(*taken.getsockname()))
    assert not passed and says.startswith("GET /api/orders?all got no answer: ")
