"""A router for tests, in memory: keeps every promise of the port, and breaks down on demand.

`FakeTraffic` is what a real router keeps in a process of its own; a second `FakeRouter` on the same one finds what
the first has set, as `flight` does when it comes back.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field

from flightrules.domain.errors import Fenced, NotHealthy, RouterUnreachable
from flightrules.domain.traffic import WHOLE, Routes
from flightrules.domain.verdict import Counters, Histogram
from flightrules.ports.fence import Fence
from flightrules.testing.fake_fence import FakeFence

BOUNDS = (*(0.001 * 1.2**power for power in range(60)), math.inf)
"""Upper ends of the latency buckets in seconds."""

NEVER_ALIKE = 0.6180339887498949
"""The golden ratio's fraction: its multiples fill a range evenly, and never repeat."""


@dataclass
class Count:
    """What was counted for one version; tests may change it."""

    requests: int = 0
    bad: int = 0
    in_flight: int = 0
    latencies: list[int] = field(default_factory=lambda: [0] * len(BOUNDS))

    def frozen(self) -> Counters:
        """Return it as the port has it."""
        return Counters(self.requests, self.bad, Histogram(BOUNDS, tuple(self.latencies)), self.in_flight)


@dataclass
class FakeTraffic:
    """What is in force, what was counted, and what is broken.

    `unhealthy` holds keys of versions. `unreachable` is why the router does not answer or confirm; empty: it does.
    """

    running: bool = False
    lease: int = 0
    in_force: Routes | None = None
    history: list[Routes] = field(default_factory=list)
    unhealthy: set[str] = field(default_factory=set)
    unreachable: str = ""
    counts: dict[str, Count] = field(default_factory=dict)
    asked: int = 0

    def feed(self, key: str, requests: int, *, bad: int = 0, seconds: float = 0.02) -> None:
        """Count `requests` answers of the version with `key`, `bad` of them bad, each after `seconds`."""
        count = self.counts.setdefault(key, Count())
        count.requests += requests
        count.bad += bad
        count.latencies[bisect_left(BOUNDS, seconds)] += requests

    def ask(self) -> str | None:
        """Send one request. Return the key of the version that answered; None when the router did so itself."""
        routes = self.in_force
        if not self.running or routes is None or routes.split is None or routes.closed is not None:
            return None
        self.asked += 1
        place = self.asked * NEVER_ALIKE % 1 * WHOLE
        for key, share in routes.split.shares.items():
            if place < share.basis_points:
                self.feed(key, 1)
                return key
            place -= share.basis_points
        return None


class FakeRouter:
    """Splits the traffic of one service, in memory."""

    def __init__(self, traffic: FakeTraffic | None = None, fence: Fence | None = None) -> None:
        self.traffic = traffic or FakeTraffic()
        self._fence = fence or FakeFence()

    async def ensure_running(self) -> None:
        """Start. Raises `RouterUnreachable` when told to."""
        self._fence.check()
        self._require_reachable()
        self.traffic.running = True

    async def set_split(self, routes: Routes) -> None:
        """Put `routes` in force, and remember them in `history` if that changed anything."""
        self._fence.check()
        self._require_running()
        if self.traffic.lease > self._fence.token:
            raise Fenced(
                f"the traffic was set under lease {self.traffic.lease}; this process holds lease {self._fence.token}"
            )
        if routes.closed is None and routes.split is not None:
            for key in routes.split.serving():
                if key in self.traffic.unhealthy:
                    raise NotHealthy(f"version {routes.names.get(key, key)} is not healthy and gets no traffic")
        self.traffic.lease = self._fence.token
        if routes != self.traffic.in_force:
            self.traffic.in_force = routes
            self.traffic.history.append(routes)

    async def routes(self) -> Routes | None:
        """Return what is in force."""
        self._require_running()
        return self.traffic.in_force

    async def counters(self) -> Mapping[str, Counters]:
        """Return what was counted or fed."""
        self._require_running()
        running = self.traffic.in_force.endpoints if self.traffic.in_force else {}
        keys = sorted({*running, *self.traffic.counts})
        return {key: self.traffic.counts.get(key, Count()).frozen() for key in keys}

    async def stop(self) -> None:
        """End."""
        self._fence.check()
        self.traffic.running = False

    def _require_running(self) -> None:
        self._require_reachable()
        if not self.traffic.running:
            raise RouterUnreachable("the router does not run", "Start it first.")

    def _require_reachable(self) -> None:
        if self.traffic.unreachable:
            raise RouterUnreachable(self.traffic.unreachable, "Traffic is as it was.")
