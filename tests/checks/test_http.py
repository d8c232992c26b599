"""Asking a service or an address by HTTP: whatever it answers, and however slowly."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from flightrules.checks import http
from flightrules.clocks.system import SystemClock
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.testing.scenario import FakeCommands


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


async def asked(base: str, within: float = 5.0, **options: object) -> Found:
    chosen = http.Options(**{"http": "GET /api/orders?all", **options})
    tools = Tools("orders", within, Path(), Path("evidence"), base, "v2", FakeCommands(), SystemClock())
    return await http.create(chosen, tools).look()


async def test_status_and_time_of_an_answer_are_found() -> None:
    async with answering(b"HTTP/1.1 204 No Content\r\n\r\n") as base:
        found = await asked(base)
    assert found.says.startswith("GET /api/orders?all answered 204 in ") and found.verdict is None
    assert found.values["status"] == 204 and 0 < found.values["time"] < 5


async def test_no_redirect_is_followed() -> None:
    async with answering(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n") as base:
        assert (await asked(base)).values["status"] == 302


async def test_the_fields_of_a_json_answer_are_found_and_its_own_status_is_behind_json() -> None:
    body = b'{"status": {"indicator": "none"}, "queue": {"waiting": 3}}'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with answering(head + body) as base:
        values = (await asked(base)).values
    assert values["status"] == 200 and values["json"]["status"]["indicator"] == "none"
    assert values["queue"]["waiting"] == 3


async def test_json_of_a_server_that_does_not_say_that_it_is_some_is_read_all_the_same() -> None:
    body = b'{"status": {"indicator": "none"}}'
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)) as base:
        found = await asked(base)
    assert found.values["json"]["status"]["indicator"] == "none"


async def test_an_address_of_its_own_is_asked_as_it_is() -> None:
    async with answering(b"HTTP/1.1 200 OK\r\n\r\n") as base:
        found = await asked("http://127.0.0.1:1", http=f"{base}/status")
    assert found.says.startswith(f"GET {base}/status answered 200 in ")


async def test_an_answer_that_comes_byte_by_byte_gets_no_more_time_than_any_other() -> None:
    async with answering(b"HTTP/1.1 204 No Content\r\nX: " + b"x" * 1000, pause=0.02) as base, asyncio.timeout(2):
        found = await asked(base, within=0.2)
    assert (found.says, found.verdict) == ("GET /api/orders?all got no answer within 200ms", Verdict.FAIL)


async def test_what_is_no_http_is_no_answer() -> None:
    async with answering(b"220 mail.example.org ESMTP\r\n") as base:
        found = await asked(base)
    assert found.says.startswith("GET /api/orders?all got no answer: ") and found.verdict is Verdict.FAIL


async def test_a_service_of_ours_that_does_not_answer_failed_and_of_somebody_else_nobody_knows() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        base = "http://{}:{}".format(*taken.getsockname())
        assert (await asked(base)).verdict is Verdict.FAIL
        assert (await asked("", http=f"{base}/status")).verdict is Verdict.UNREACHABLE


@pytest.mark.parametrize("request_", ["POST /orders", "GET orders", "DELETE https://shop.example/", "ftp://x/"])
def test_a_request_that_changes_something_or_is_none_is_refused(request_: str) -> None:
    with pytest.raises(ValueError, match=r"a check must not change anything, and|is no request"):
        http.Options(http=request_)
