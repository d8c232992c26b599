"""The router of one service: tells Envoy what to do, in an order in which no request is lost.

First the clusters and addresses that will be needed, beside those that are; then, once Envoy sees the versions
healthy, the shares; at the end what is no longer needed. Each part is confirmed by Envoy before the next.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from flightrules.domain.errors import FlightError, RouterUnreachable
from flightrules.domain.traffic import Routes
from flightrules.domain.verdict import Counters
from flightrules.ports.clock import Clock
from flightrules.ports.fence import Fence
from flightrules.ports.processes import Processes
from flightrules.routers._envoy import admin as door
from flightrules.routers._envoy import clusters, confirmation, counting, health
from flightrules.routers._envoy.admin import Admin
from flightrules.routers._envoy.bootstrap import CLUSTERS, LISTENERS, ROUTE_FILE, latency_bounds
from flightrules.routers._envoy.confirmation import Confirmation
from flightrules.routers._envoy.files import Files
from flightrules.routers._envoy.listener import listener
from flightrules.routers._envoy.process import EnvoyProcess, port_taken
from flightrules.routers._envoy.route_table import route_table, routes_of
from flightrules.routers._envoy.settings import Json, Settings

REFUSAL_LINES = 2000
"""Envoy writes all of an update that it refuses into its log, and why only after it."""

NOTHING = Routes(split=None, endpoints={})


class EnvoyRouter:
    """Splits the traffic of one service with Envoy."""

    def __init__(self, settings: Settings, processes: Processes, fence: Fence, clock: Clock) -> None:
        self._settings = settings
        self._fence = fence
        self._clock = clock
        self._files = Files(settings.live, settings.service, fence)
        self._process = EnvoyProcess(settings, processes, clock)
        self._confirmation = Confirmation(clock, settings.confirm, lambda: self._process.log(REFUSAL_LINES))

    async def ensure_running(self) -> None:
        """Start Envoy if it does not run, adopt it if it does, and have it listen where the plan says."""
        self._fence.check()
        self._files.prepare()
        for file, resources in ((LISTENERS, []), (CLUSTERS, []), (ROUTE_FILE, [route_table(self._settings, None)])):
            if not (self._settings.live / file).exists():
                self._files.put(self._settings.live / file, resources)
        await self._process.ensure()
        async with self._admin() as admin:
            try:
                await self._tell(admin, {confirmation.LISTENERS: (LISTENERS, [listener(self._settings)])})
            except RouterUnreachable as refusal:
                raise port_taken(self._settings, refusal) from refusal
            if await confirmation.poll(self._clock, self._settings.confirm, lambda: _listening(admin)) is None:
                raise RouterUnreachable(
                    f"the router of {self._settings.service} does not listen on {self._settings.listen}",
                    "See what Envoy says in its log.",
                    log="\n".join(self._process.log()),
                )

    async def set_split(self, routes: Routes) -> None:
        """Make `routes` all there is, and return when Envoy has confirmed that it is in force."""
        self._fence.check()
        async with self._admin() as admin:
            version, before = await self._in_force(admin)
            self._files.refuse_newer(version)
            if routes.closed is None:
                await health.require_alive(self._settings, routes)
                await self._bring_in(admin, routes, before or NOTHING)
            await self._tell(admin, {confirmation.ROUTES: (ROUTE_FILE, [route_table(self._settings, routes)])})
            await self._provide(admin, clusters.resources(self._settings, routes), routes.endpoints)
        self._forget_files(routes)

    async def routes(self) -> Routes | None:
        """Return the routes that are in force now, read from Envoy itself; None before the first."""
        async with self._admin() as admin:
            _, routes = await self._in_force(admin)
            return routes

    async def counters(self) -> Mapping[str, Counters]:
        """Return what was counted per version key since Envoy started. Raises `RouterUnreachable`."""
        async with self._admin() as admin:
            # Asking makes Envoy gather the latencies of its threads; they are in the next answer.
            await admin.text("/stats", filter="^server.live$")
            answer = await admin.json("/stats", format="json", histogram_buckets="disjoint", filter=counting.FIGURES)
        return counting.counters(answer, latency_bounds())

    async def stop(self) -> None:
        """End Envoy; nothing listens afterwards."""
        self._fence.check()
        await self._process.end()

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[Admin]:
        async with door.opened(self._settings.service, self._process.socket) as admin:
            yield admin

    async def _in_force(self, admin: Admin) -> tuple[str, Routes | None]:
        """Return the version of the route table in force, and the routes that it carries out."""
        dump = await admin.json("/config_dump", resource="dynamic_route_configs")
        for config in dump.get("configs", ()):
            return config["version_info"], routes_of(config["route_config"])
        return "", None

    async def _bring_in(self, admin: Admin, routes: Routes, before: Routes) -> None:
        """Make Envoy know the versions of `routes`, beside those of `before`, and wait until it sees them healthy."""
        needed = {
            cluster["name"]: cluster
            for each in (before, routes)
            for cluster in clusters.resources(self._settings, each)
        }  # fmt: skip
        try:
            endpoints = clusters.union(before.endpoints, routes.endpoints)
            await self._provide(admin, [needed[name] for name in sorted(needed)], endpoints)
            await self._wait_until_healthy(admin, routes)
        except FlightError:
            with contextlib.suppress(FlightError):
                await self._provide(admin, clusters.resources(self._settings, before), before.endpoints)
            raise

    async def _wait_until_healthy(self, admin: Admin, routes: Routes) -> None:
        missing: Mapping[str, str] = {}

        async def healthy() -> bool | None:
            nonlocal missing
            missing = await health.waiting_for(admin, routes)
            return None if missing else True

        if await confirmation.poll(self._clock, self._settings.confirm, healthy) is None:
            key, saw = next(iter(missing.items()))
            raise health.not_healthy(self._settings, routes, key, saw)

    async def _provide(
        self, admin: Admin, needed: list[Json], endpoints: Mapping[str, tuple[str, ...]]
    ) -> None:  # fmt: skip
        """Make `needed` all the clusters, and `endpoints` all the addresses, that Envoy knows."""
        parts: dict[str, tuple[str, list[Json]]] = {
            confirmation.endpoints_of(key): (
                self._settings.endpoints_file(key).name,
                [clusters.endpoints(key, endpoints[key])],
            )
            for key in endpoints
            if endpoints[key]
        }
        await self._tell(admin, {**parts, confirmation.CLUSTERS: (CLUSTERS, needed)})

    async def _tell(self, admin: Admin, parts: Mapping[str, tuple[str, list[Json]]]) -> None:
        """Put each part's resources into its file and wait until Envoy has taken over all; else take all back."""
        refused = await confirmation.rejections(admin, tuple(parts))
        told: dict[Path, tuple[str, bytes | None]] = {}
        versions: dict[str, str] = {}
        try:
            for part, (file, resources) in parts.items():
                path = self._settings.live / file
                told[path] = self._files.put(path, resources)
                versions[part] = told[path][0]
            await self._confirmation.of(admin, versions, refused)
        except FlightError:
            for path, (version, before) in told.items():
                self._files.restore(path, version, before)
            raise

    def _forget_files(self, routes: Routes) -> None:
        """Remove the address files of versions that no cluster reads any more."""
        kept = {self._settings.endpoints_file(key) for key in routes.endpoints}
        for path in self._settings.live.glob("endpoints-*.json"):
            if path not in kept:
                path.unlink(missing_ok=True)


async def _listening(admin: Admin) -> bool | None:
    found = await admin.statistics(r"^listener_manager\.(total_listeners_active|workers_started)$")
    return True if found and all(found.values()) else None
