"""Owns HTTP/1.1 on a stream: reading one request, writing one answer. Refuses what the shop never needs.

Bodies need a `Content-Length`; chunked requests, pipelining tricks and anything larger than the limits below
are answered with an error and the connection is closed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

LARGEST_BODY = 64 * 1024
MOST_HEADERS = 100


class BadRequest(Exception):
    """The client sent something that is not a request that this server reads."""

    def __init__(self, status: HTTPStatus, says: str) -> None:
        super().__init__(says)
        self.status = status


@dataclass(frozen=True)
class Request:
    """One request. Header names are in lower case; `query` keeps the last of a repeated name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def keeps_connection(self) -> bool:
        """Whether the client wants to send another request on this connection."""
        return self.headers.get("connection", "").lower() != "close"


@dataclass(frozen=True)
class Answer:
    """One answer: with a `body`, or with `parts` that are sent as they come, chunk by chunk."""

    status: int = 200
    kind: str = "text/plain; charset=utf-8"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    parts: AsyncIterator[bytes] | None = None


def json_answer(value: Any, status: int = 200) -> Answer:
    """Return `value` as a JSON answer."""
    return Answer(status, "application/json", json.dumps(value).encode() + b"\n")


def html(page: str) -> Answer:
    """Return `page` as an HTML answer."""
    return Answer(200, "text/html; charset=utf-8", page.encode())


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Read one request; None when the client has closed the connection. Raises `BadRequest`."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError:
        raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too large") from None
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest(HTTPStatus.BAD_REQUEST, f"not a request line: {first[:80]}")
    headers = _headers(lines)
    target = urlsplit(words[1])
    body = await _body(reader, headers)
    return Request(words[0], target.path, dict(parse_qsl(target.query)), headers, body)


def _headers(lines: list[str]) -> Mapping[str, str]:
    if len(lines) > MOST_HEADERS:
        raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"more than {MOST_HEADERS} headers")
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if "transfer-encoding" in headers:
        raise BadRequest(HTTPStatus.LENGTH_REQUIRED, "send a Content-Length")
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        raise BadRequest(HTTPStatus.BAD_REQUEST, "the Content-Length is not a number")
    if int(length) > LARGEST_BODY:
        raise BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {LARGEST_BODY} bytes")
    return await reader.readexactly(int(length))


async def write_answer(writer: asyncio.StreamWriter, answer: Answer) -> None:
    """Write `answer` whole; raises `ConnectionError` when the client is gone."""
    framing = {"transfer-encoding": "chunked"} if answer.parts else {"content-length": str(len(answer.body))}
    headers = {"content-type": answer.kind, **framing, **answer.headers}
    first = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"{first}{lines}\r\n".encode("latin-1") + answer.body)
    if answer.parts:
        async for part in answer.parts:
            writer.write(b"%x\r\n%b\r\n" % (len(part), part))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
    await writer.drain()
