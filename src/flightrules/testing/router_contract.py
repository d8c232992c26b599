"""What every router promises, as tests. Shipped, so that a third party's adapter can be held to them too.

Derive a class from `RouterContract`, name the adapter in `kind`, and supply the fixture `world`:

    class TestMyRouter(RouterContract):
        kind = "my_router"

        @pytest.fixture
        async def world(self): ...
"""

# ruff: noqa: D102 (the tests' names are sentences)

from __future__ import annotations

from typing import ClassVar, Protocol

import pytest

from flightrules.domain.errors import Fenced, NotHealthy, RouterUnreachable
from flightrules.domain.traffic import Page, Routes, Share, Split, Version
from flightrules.ports.router import Router
from flightrules.testing.fake_fence import FakeFence


class RouterWorld(Protocol):
    """The surroundings of a router under test, as its author builds them. All versions belong to one service."""

    def router(self, fence: FakeFence) -> Router:
        """Return a new object for the one router of this world; nothing is started by that."""

    async def start(self, version: Version) -> tuple[str, ...]:
        """Start a healthy instance of `version` and return its addresses."""

    async def fall_ill(self, version: Version) -> None:
        """Make every instance of `version` unhealthy, and return once that could be noticed."""

    async def ask(self, times: int) -> list[str | None]:
        """Send requests of as many new users; return the version keys that answered, None for the router itself."""


STABLE, CANDIDATE = Version("v1", "aaaa1111"), Version("v2", "bbbb2222")


class RouterContract:
    """The promises."""

    kind: ClassVar[str]

    @pytest.fixture
    async def world(self) -> RouterWorld:
        """Supply the world; it cleans up after itself."""
        raise NotImplementedError

    async def test_before_the_first_split_there_are_no_routes(self, world: RouterWorld) -> None:
        router = await _running(world)
        assert await router.routes() is None

    async def test_what_was_set_is_in_force_and_read_back_as_it_was(self, world: RouterWorld) -> None:
        router = await _running(world)
        routes = await _both(world, 25)
        await router.set_split(routes)
        assert await router.routes() == routes

    async def test_a_version_gets_requests_exactly_when_it_has_a_share(self, world: RouterWorld) -> None:
        router = await _running(world)
        for percent, answering in ((0, {STABLE.key}), (50, {STABLE.key, CANDIDATE.key}), (100, {CANDIDATE.key})):
            await router.set_split(await _both(world, percent))
            assert set(await world.ask(60)) == answering

    async def test_setting_the_same_again_changes_nothing(self, world: RouterWorld) -> None:
        router = await _running(world)
        routes = await _both(world, 25)
        for _ in range(3):
            await router.set_split(routes)
        assert await router.routes() == routes

    async def test_a_version_that_is_not_healthy_is_refused_and_traffic_stays(self, world: RouterWorld) -> None:
        router = await _running(world)
        before = await _both(world, 0)
        await router.set_split(before)
        await world.fall_ill(CANDIDATE)
        with pytest.raises(NotHealthy, match=r"v2.*is not healthy and gets no traffic"):
            await router.set_split(await _both(world, 25))
        assert await router.routes() == before
        assert set(await world.ask(40)) == {STABLE.key}

    async def test_a_version_without_a_share_may_be_unhealthy(self, world: RouterWorld) -> None:
        router = await _running(world)
        await router.set_split(await _both(world, 25))
        await world.fall_ill(CANDIDATE)
        await router.set_split(await _both(world, 0))
        assert set(await world.ask(40)) == {STABLE.key}

    async def test_a_closed_service_is_answered_by_the_router_and_opens_again(self, world: RouterWorld) -> None:
        router = await _running(world)
        opened = await _both(world, 25)
        closed = Routes(split=None, endpoints=opened.endpoints, closed=Page("Back soon."))
        await router.set_split(opened)
        await router.set_split(closed)
        assert await router.routes() == closed
        assert await world.ask(5) == [None] * 5
        await router.set_split(opened)
        assert None not in await world.ask(20)

    async def test_a_lease_that_has_passed_on_touches_nothing(self, world: RouterWorld) -> None:
        fence = FakeFence()
        router = await _running(world, fence)
        before = await _both(world, 0)
        await router.set_split(before)
        fence.lost = True
        with pytest.raises(Fenced):
            await router.set_split(await _both(world, 100))
        assert await router.routes() == before

    async def test_an_older_lease_never_overwrites_a_newer_one(self, world: RouterWorld) -> None:
        older = await _running(world, FakeFence(1))
        newer = world.router(FakeFence(2))
        await newer.ensure_running()
        newest = await _both(world, 25)
        await newer.set_split(newest)
        with pytest.raises(Fenced, match="lease 2"):
            await older.set_split(await _both(world, 100))
        assert await newer.routes() == newest

    async def test_another_object_adopts_what_runs(self, world: RouterWorld) -> None:
        routes = await _both(world, 25)
        await (await _running(world)).set_split(routes)
        adopting = world.router(FakeFence(2))
        await adopting.ensure_running()
        assert await adopting.routes() == routes

    async def test_answers_are_counted_for_the_version_that_gave_them(self, world: RouterWorld) -> None:
        router = await _running(world)
        await router.set_split(await _both(world, 50))
        answered = await world.ask(60)
        counters = await router.counters()
        for version in (STABLE, CANDIDATE):
            assert counters[version.key].requests == answered.count(version.key)
            assert sum(counters[version.key].latency.counts) == answered.count(version.key)
            assert (counters[version.key].bad, counters[version.key].in_flight) == (0, 0)

    async def test_a_stopped_router_says_so(self, world: RouterWorld) -> None:
        router = await _running(world)
        routes = await _both(world, 25)
        await router.set_split(routes)
        await router.stop()
        with pytest.raises(RouterUnreachable):
            await router.counters()
        with pytest.raises(RouterUnreachable):
            await router.set_split(routes)

    async def test_a_router_that_was_stopped_starts_again(self, world: RouterWorld) -> None:
        router = await _running(world)
        await router.stop()
        await router.ensure_running()
        await router.set_split(await _both(world, 100))
        assert set(await world.ask(10)) == {CANDIDATE.key}


async def _running(world: RouterWorld, fence: FakeFence | None = None) -> Router:
    router = world.router(fence or FakeFence())
    await router.ensure_running()
    return router


async def _both(world: RouterWorld, percent: float) -> Routes:
    return Routes(
        split=Split.between(CANDIDATE, Share.percent(percent), STABLE),
        endpoints={version.key: await world.start(version) for version in (STABLE, CANDIDATE)},
        candidate=CANDIDATE.key,
        salt="release-1",
        names={version.key: version.name for version in (STABLE, CANDIDATE)},
    )
