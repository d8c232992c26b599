"""Steady traffic from many users, sent whether or not the service keeps up, every answer recorded.

Requests are sent at a constant rate by the clock (an open loop: a slow service gets no mercy, and no failure
hides behind a client that waits). Each user keeps their own cookies, so that sticky routing has users to stick to.
Each order has a reference of its own, which is recorded: it can be looked for later.
Which user asks for what is a fixed sequence without chance, the same in every run. It ends by itself, after a
time and a number of requests. If nothing else is said it goes through the routes of the example shop; of another
service, what it asks for, what it sends, and which header names the version can be said.

As a program it runs in a process of its own, so that it shares no interpreter with what it measures:
`python -m flightrules.testing.steady_traffic --url http://127.0.0.1:8080 --per-second 150 --for 30`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flightrules.clocks.system import SystemClock
from flightrules.ports.clock import Clock
from flightrules.testing.traffic_records import Record, Tally

if TYPE_CHECKING:
    import aiohttp

VERSION_HEADER = "x-shop-version"
ANSWER_WITHIN = 10.0
MOST_IN_FLIGHT = 1000
STRIDE = 7919
"""A prime: users take turns in an order that is neither ascending nor in step with the routes."""

ROUTES: tuple[tuple[str, str], ...] = (
    ("GET", "/"),
    ("GET", "/api/search?q=la"),
    ("GET", "/api/orders"),
    ("GET", "/"),
    ("POST", "/api/orders"),
    ("GET", "/api/search?q=chair"),
    ("GET", "/"),
    ("GET", "/api/orders"),
    ("GET", "/api/search?q=piano"),
    ("GET", "/"),
)
"""The mix: 40 % the page, 30 % search, 20 % orders read, 10 % orders made."""

ORDER: Mapping[str, Any] = {"item": "lamp", "pieces": 1}
"""What an order of the example shop says, besides its reference."""


@dataclass(frozen=True)
class Load:
    """How much traffic: `per_second` requests, shared by `users`, for `seconds`, at most `most` requests.

    `series` begins the reference of each order: two loads for one shop should not have the same. Every POST is an
    order: it sends `body`, and its `reference` besides.
    """

    url: str
    per_second: float
    users: int = 500
    seconds: float = 60.0
    most: int = 1_000_000
    series: str = ""
    routes: tuple[tuple[str, str], ...] = ROUTES
    body: dict[str, Any] = field(default_factory=lambda: dict(ORDER))
    version_header: str = VERSION_HEADER

    def requests(self) -> int:
        """Return how many requests it makes in all."""
        return min(self.most, round(self.per_second * self.seconds))

    def user(self, number: int) -> int:
        """Return who sends request `number`."""
        return number * STRIDE % self.users

    def route(self, number: int) -> tuple[str, str]:
        """Return method and path of request `number`; each user goes through all of the mix."""
        return self.routes[(number + number // self.users) % len(self.routes)]

    def order(self, number: int) -> str:
        """Return the reference of the order that request `number` places; empty where it places none."""
        return f"{self.series}{number}" if self.route(number)[0] == "POST" else ""


class SteadyTraffic:
    """Sends one load, and hands every record to `keep` as soon as its request has ended."""

    def __init__(self, load: Load, clock: Clock, keep: Callable[[Record], None]) -> None:
        self._load = load
        self._clock = clock
        self._keep = keep
        self._cookies: list[dict[str, str]] = [{} for _ in range(load.users)]
        self._in_flight: set[asyncio.Task[None]] = set()
        self._sending: asyncio.Task[None] | None = None
        self.latest_start = 0.0
        """By how many seconds the latest request started after it was due: the client's own hiccups."""

    async def run(self) -> None:
        """Send everything, and return when every answer has come or its time is up."""
        import aiohttp

        session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN),
        )
        async with session:
            self._sending = asyncio.create_task(self._send_all(session))
            await asyncio.wait({self._sending})
            if self._in_flight:
                await asyncio.wait(self._in_flight)
        if not self._sending.cancelled():
            self._sending.result()

    def stop(self) -> None:
        """Send nothing more; `run` returns when what is in flight has ended."""
        if self._sending is not None:
            self._sending.cancel()

    async def _send_all(self, session: aiohttp.ClientSession) -> None:
        start = self._clock.monotonic()
        for number in range(self._load.requests()):
            due = start + number / self._load.per_second
            early = due - self._clock.monotonic()
            if early > 0:
                await self._clock.sleep(early)
            self.latest_start = max(self.latest_start, self._clock.monotonic() - due)
            self._send(session, number)

    def _send(self, session: aiohttp.ClientSession, number: int) -> None:
        if len(self._in_flight) >= MOST_IN_FLIGHT:
            method, path = self._load.route(number)
            why = f"not sent: {MOST_IN_FLIGHT} requests are waiting for an answer"
            user, order = self._load.user(number), self._load.order(number)
            self._keep(Record(self._clock.now(), 0.0, user, method, path, None, None, why, order))
            return
        task = asyncio.create_task(self._one(session, number))
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)

    async def _one(self, session: aiohttp.ClientSession, number: int) -> None:
        user, (method, path), order = self._load.user(number), self._load.route(number), self._load.order(number)
        at, start = self._clock.now(), self._clock.monotonic()
        status, version, failure = await self._ask(session, user, method, path, order)
        seconds = self._clock.monotonic() - start
        self._keep(Record(round(at, 4), round(seconds, 5), user, method, path, status, version, failure, order))

    async def _ask(
        self, session: aiohttp.ClientSession, user: int, method: str, path: str, order: str
    ) -> tuple[int | None, str | None, str]:
        import aiohttp

        cookies = self._cookies[user]
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
        body = {**self._load.body, "reference": order} if order else None
        try:
            async with session.request(method, self._load.url + path, headers=headers, json=body) as answer:
                await answer.read()
                if "Set-Cookie" in answer.headers:
                    cookies.update((name, morsel.value) for name, morsel in answer.cookies.items())
                return answer.status, answer.headers.get(self._load.version_header), ""
        except (aiohttp.ClientError, TimeoutError) as problem:
            return None, None, f"{type(problem).__name__}: {problem}".rstrip(": ")


def main(arguments: list[str] | None = None) -> int:
    """Run one load as a program: records to `--records`, a summary as JSON to standard output at the end."""
    parser = argparse.ArgumentParser(prog="steady_traffic", description="Send steady traffic to a service.")
    parser.add_argument("--url", required=True, help="where the service is, without a path")
    parser.add_argument("--per-second", type=float, default=150.0)
    parser.add_argument("--users", type=int, default=500)
    parser.add_argument("--for", type=float, default=60.0, dest="seconds", help="seconds; TERM ends it earlier")
    parser.add_argument("--most", type=int, default=1_000_000, help="requests, whatever the time")
    parser.add_argument("--series", default="", help="how the reference of each order begins")
    parser.add_argument("--route", type=_route, action="append", help="'POST /api/reviews': one of the mix; repeat it")
    parser.add_argument("--body", type=json.loads, default=ORDER, help="what each POST sends, as JSON")
    parser.add_argument("--version-header", default=VERSION_HEADER, help="the header that names the version")
    parser.add_argument("--records", default=os.devnull, help="file for one line of JSON a request")
    parser.add_argument("--parent", type=int, help="end when this process, which started this one, is gone")
    chosen = parser.parse_args(arguments)
    load = Load(
        chosen.url.rstrip("/"), chosen.per_second, chosen.users, chosen.seconds, chosen.most, chosen.series,
        tuple(chosen.route or ROUTES), chosen.body, chosen.version_header,
    )  # fmt: skip
    sys.stdout.write(json.dumps(asyncio.run(_run(load, chosen.records, chosen.parent))) + "\n")
    return 0


def _route(text: str) -> tuple[str, str]:
    method, _, path = text.partition(" ")
    return method, path


async def _run(load: Load, records: str, parent: int | None) -> dict[str, object]:
    tally = Tally()
    with ExitStack() as stack:
        file = stack.enter_context(open(records, "a", buffering=1, encoding="utf-8"))  # noqa: PTH123 (may be a pipe)

        def keep(record: Record) -> None:
            tally.add(record)
            file.write(record.to_line())

        traffic = SteadyTraffic(load, SystemClock(), keep)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, traffic.stop)
        watching = asyncio.create_task(_stop_without(parent, traffic)) if parent else None
        await traffic.run()
        if watching:
            watching.cancel()
    return {**tally.to_record(), "latest_start_seconds": round(traffic.latest_start, 4)}


async def _stop_without(parent: int, traffic: SteadyTraffic) -> None:
    """Stop the traffic when the process that wanted it was killed: nothing is left running."""
    clock = SystemClock()
    while os.getppid() == parent:
        await clock.sleep(0.5)
    traffic.stop()


if __name__ == "__main__":
    sys.exit(main())
