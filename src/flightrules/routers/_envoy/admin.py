"""Envoy's private door: a Unix socket that only its owner can open. Asked, never told anything."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

from flightrules.domain.errors import RouterUnreachable

SOCKET_PATH_BYTES = 100
"""A little less than the shortest limit of the systems that we run on (macOS: 103)."""

ANSWERS_WITHIN = 2.0


class Admin:
    """A connection to the door of the router of `service`; made by `opened`."""

    def __init__(self, service: str, session: aiohttp.ClientSession) -> None:
        self._service = service
        self._session = session

    async def text(self, path: str, **query: str) -> str:
        """Return what Envoy answers at `path`. Raises `RouterUnreachable`."""
        try:
            async with self._session.get(f"http://envoy{path}?{urlencode(query)}") as answer:
                said = await answer.text()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise RouterUnreachable(
                f"the router of {self._service} does not answer: {str(error) or 'it took too long'}",
                "Traffic is as it was. See whether Envoy runs, and what its log says.",
            ) from error
        if answer.status != 200:
            raise RouterUnreachable(
                f"the router of {self._service} is not ready yet: {said.strip()}",
                "Traffic is as it was. Try again in a moment.",
            )
        return said

    async def json(self, path: str, **query: str) -> Any:
        """Return what Envoy answers at `path`, as data. Raises `RouterUnreachable`."""
        return json.loads(await self.text(path, **query))

    async def statistics(self, pattern: str) -> dict[str, Any]:
        """Return the values of the counters, gauges and texts whose names `pattern` matches, by name."""
        answer = await self.json("/stats", format="json", filter=pattern)
        return {figure["name"]: figure.get("value") for figure in answer["stats"] if "name" in figure}


@asynccontextmanager
async def opened(service: str, socket: Path) -> AsyncIterator[Admin]:
    """Open the door behind `socket` for a moment."""
    timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN)
    with _short_enough(socket) as path:
        async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(path=path), timeout=timeout) as session:
            yield Admin(service, session)


@contextmanager
def _short_enough(socket: Path) -> Iterator[str]:
    """Yield a path to `socket` that fits into a socket's address: of a link, where its own is too long."""
    if len(str(socket).encode()) <= SOCKET_PATH_BYTES:
        yield str(socket)
        return
    with tempfile.TemporaryDirectory(prefix="flight-") as private:
        link = Path(private) / "d"
        link.symlink_to(socket.parent, target_is_directory=True)
        yield str(link / socket.name)
