"""Owns what every version of the shop does. A version adds routes, and steps that each visit passes through."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus

from shoplib import warehouse
from shoplib.store import open_orders
from shoplib.web import Answer, Request, html, json_answer

Handler = Callable[[Request], Awaitable[Answer]]
Step = Callable[[int, Request], Awaitable[None]]
"""What a visit passes through before it is answered; gets the visit's number, from 1."""

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Shop {version}</title>
<body style="font: 18px/1.5 system-ui; max-width: 40em; margin: 3em auto; padding: 0 1em">
<h1>The shop <small style="background: {colour}; color: white; padding: .1em .5em; border-radius: .3em">{version}</small></h1>
<p>{says}</p>
<ul>{items}</ul>
"""  # noqa: E501

STREAM_PARTS = 600
STREAM_PAUSE = 0.1


class Shop:
    """One version of the shop."""

    def __init__(self, version: str, says: str = "Things for the house.", colour: str = "#3b6ea5") -> None:
        self.version = version
        self.visits = 0
        self._page = {"version": version, "says": says, "colour": colour}
        self._orders = open_orders(os.environ.get("SHOP_STORE", "memory"))
        self._also_kept: list[str] = []
        self._found: dict[str, list[str]] = {}
        self._hits = 0
        self._steps: list[Step] = []
        self._plain: dict[tuple[str, str], Handler] = {
            ("GET", "/health"): self._health,
            ("GET", "/stats"): self._stats,
            ("GET", "/stream"): self._stream,
        }
        self._visited: dict[tuple[str, str], Handler] = {
            ("GET", "/"): self._home,
            ("GET", "/api/orders"): self._list_orders,
            ("POST", "/api/orders"): self._add_order,
            ("GET", "/api/search"): self._search,
        }

    def route(self, method: str, path: str, handler: Handler) -> None:
        """Add a route that visitors use."""
        self._visited[(method, path)] = handler

    def keep_with_orders(self, column: str) -> None:
        """Keep with each order what its buyer sends as `column`: one that a migration of this version adds."""
        self._also_kept.append(column)

    def each_visit(self, step: Step) -> None:
        """Let every visit pass through `step` before it is answered."""
        self._steps.append(step)

    async def answer(self, request: Request) -> Answer:
        """Answer `request`. Whatever a step or a handler raises is left to the server."""
        where = (request.method, request.path)
        if plain := self._plain.get(where):
            return await plain(request)
        handler = self._visited.get(where)
        if handler is None:
            return json_answer({"error": f"there is no {request.method} {request.path}"}, HTTPStatus.NOT_FOUND)
        self.visits += 1
        visit = self.visits
        await warehouse.ask(visit)
        for step in self._steps:
            await step(visit, request)
        return await handler(request)

    async def _health(self, request: Request) -> Answer:
        return json_answer({"status": "ok", "version": self.version})

    async def _stats(self, request: Request) -> Answer:
        asked = self._hits + len(self._found)
        rate = 100 * self._hits / asked if asked else None
        return json_answer({"version": self.version, "visits": self.visits, "cache": {"hit_rate": rate}})

    async def _stream(self, request: Request) -> Answer:
        return Answer(kind="text/event-stream", parts=self._ticks())

    async def _ticks(self) -> AsyncIterator[bytes]:
        for number in range(STREAM_PARTS):
            yield f"data: {number} from {self.version}\n\n".encode()
            await asyncio.sleep(STREAM_PAUSE)

    async def _home(self, request: Request) -> Answer:
        items = "".join(f"<li>{item}</li>" for item in warehouse.ITEMS)
        return html(PAGE.format(items=items, **self._page))

    async def _list_orders(self, request: Request) -> Answer:
        return json_answer(await self._orders.latest(10))

    async def _add_order(self, request: Request) -> Answer:
        try:
            wanted = json.loads(request.body)
            order = {"item": str(wanted["item"]), "pieces": int(wanted["pieces"])}
            order |= {name: str(wanted[name]) for name in ("reference", *self._also_kept) if name in wanted}
        except (ValueError, KeyError, TypeError):
            return json_answer({"error": 'send {"item": "lamp", "pieces": 1}'}, HTTPStatus.BAD_REQUEST)
        return json_answer(await self._orders.add(order), HTTPStatus.CREATED)

    async def _search(self, request: Request) -> Answer:
        words = request.query.get("q", "")[:40]
        if words in self._found:
            self._hits += 1
        elif len(self._found) < 1000:
            self._found[words] = warehouse.find(words)
        return json_answer(self._found.get(words, []))
