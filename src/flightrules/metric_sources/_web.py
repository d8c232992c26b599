"""One GET with a limit on its time and on the size of its answer. Private to the sources of this package.

Nothing secret gets into an error: of an address only the host, the path and the names in its query are shown.
The client is asked anew each time and keeps no connection, so that nothing is left open between two looks.
"""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import httpx
from pydantic import SecretStr

from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.figures import duration, size

LARGEST = 1 << 20
"""The largest answer that is read, in bytes."""


@dataclass(frozen=True)
class Get:
    """What is asked for. `parameters` are added to the query of `url`; `within` is in seconds."""

    url: str
    within: float
    parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    bearer: SecretStr | None = None


@dataclass(frozen=True)
class Reply:
    """What came back, whatever its status."""

    status: int
    body: bytes


async def get(wanted: Get) -> Reply:
    """Ask once, without proxies and without following redirects. Raises `SourceUnreachable` with the reason."""
    where = shown(wanted.url)
    try:
        async with asyncio.timeout(wanted.within):
            return await _exchange(wanted)
    except TimeoutError as error:
        raise SourceUnreachable(f"{where} did not answer within {duration(wanted.within)}") from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError) as error:
        raise SourceUnreachable(f"{where} did not answer: {_reason(error)}") from error


async def _exchange(wanted: Get) -> Reply:
    client = httpx.AsyncClient(verify=_trusted(), trust_env=False, timeout=None, headers=_headers(wanted))
    async with client, client.stream("GET", wanted.url, params=_query(wanted)) as response:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise SourceUnreachable(f"{shown(wanted.url)} answered compressed, though it was asked not to")
        body = bytearray()
        async for part in response.aiter_raw():
            body += part
            if len(body) > LARGEST:
                raise SourceUnreachable(f"{shown(wanted.url)} answered with more than {size(LARGEST)}")
        return Reply(response.status_code, bytes(body))


def _headers(wanted: Get) -> dict[str, str]:
    # Uncompressed, so that what is counted against the limit is what has to be held in memory.
    asked = {"accept-encoding": "identity", "user-agent": "flightrules"}
    asked |= {name.lower(): value.get_secret_value() for name, value in wanted.headers.items()}
    if wanted.bearer is not None:
        asked["authorization"] = f"Bearer {wanted.bearer.get_secret_value()}"
    return asked


def _query(wanted: Get) -> httpx.QueryParams:
    # Given to httpx as a whole: parameters beside a query in the address would replace it.
    own = parse_qsl(urlsplit(wanted.url).query, keep_blank_values=True)
    return httpx.QueryParams([*own, *wanted.parameters.items()])


@functools.cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


def shown(url: str) -> str:
    """Return `url` as it may be shown: without user and password, without the values in its query."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the address"
    names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    query = "?" + "&".join(f"{name}=…" for name in names) if names else ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{parts.path}{query}"


def _reason(error: Exception) -> str:
    words = str(error).strip().splitlines()
    return words[0][:200] if words else type(error).__name__
