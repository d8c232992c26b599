"""Every router of the package, and the one for tests, keeps the promises of the port."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flightrules import adapters
from flightrules.domain.traffic import Version
from flightrules.ports.router import Router
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.fake_router import FakeRouter, FakeTraffic
from flightrules.testing.router_contract import RouterContract
from tests.routers.envoy_world import EnvoyWorld, world_in


class FakeWorld:
    def __init__(self) -> None:
        self.traffic = FakeTraffic()

    def router(self, fence: FakeFence) -> Router:
        return FakeRouter(self.traffic, fence)

    async def start(self, version: Version) -> tuple[str, ...]:
        return (f"{version.name}.test:80",)

    async def fall_ill(self, version: Version) -> None:
        self.traffic.unhealthy.add(version.key)

    async def ask(self, times: int) -> list[str | None]:
        return [self.traffic.ask() for _ in range(times)]


class TestFakeRouter(RouterContract):
    kind = "fake"

    @pytest.fixture
    async def world(self) -> FakeWorld:
        return FakeWorld()


@pytest.mark.slow
class TestEnvoy(RouterContract):
    kind = "envoy"

    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[EnvoyWorld]:
        async with world_in(tmp_path) as world:
            yield world


def test_no_router_of_the_package_is_without_a_contract_test() -> None:
    tested = {suite.kind for suite in RouterContract.__subclasses__()}
    assert set(adapters.kinds(adapters.ROUTERS)) <= tested
