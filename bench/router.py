"""Our router by itself, set up exactly as for a release, in front of upstreams that a benchmark chooses."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bench.shop import free_port
from flightrules import adapters
from flightrules.clocks.system import SystemClock
from flightrules.domain.traffic import Routes, Share, Split, Version
from flightrules.ports.router import Router
from flightrules.processes.supervisord import Supervisord
from flightrules.testing.fake_fence import FakeFence

STABLE, CANDIDATE = Version("v1", "1" * 64), Version("v2", "2" * 64)


class SplitTraffic:
    """A router between two addresses. `address` is where users reach it."""

    def __init__(self, router: Router, address: str, stable: str, candidate: str) -> None:
        self.router = router
        self.address = address
        self._endpoints = {STABLE.key: (stable,), CANDIDATE.key: (candidate,)}

    async def give_candidate(self, percent: float) -> None:
        """Give the candidate this share of the traffic; returns once the router has confirmed it."""
        split = Split.between(CANDIDATE, Share.percent(percent), STABLE)
        await self.router.set_split(Routes(split, self._endpoints, candidate=CANDIDATE.key, salt="bench"))


@asynccontextmanager
async def split_traffic(
    folder: Path, upstreams: Mapping[str, str], **options: object
) -> AsyncIterator[SplitTraffic]:  # fmt: skip
    """Run Envoy in front of the upstreams `v1` and `v2`; `options` are what a plan could say under `traffic`."""
    module = adapters.module(adapters.ROUTERS, "envoy")
    address = f"127.0.0.1:{free_port()}"
    own = Path(tempfile.mkdtemp(prefix="router-", dir=folder))
    processes = Supervisord(own / "processes", SystemClock())
    router = module.create(
        module.Options(listen=address, **options), service="web", folder=own / "router",
        processes=processes, fence=FakeFence(), clock=SystemClock(),
    )  # fmt: skip
    try:
        await router.ensure_running()
        yield SplitTraffic(router, address, upstreams["v1"], upstreams["v2"])
    finally:
        await processes.close()
