"""The example shop, built and run by the target that its plan names."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from flightrules import adapters
from flightrules.clocks.system import SystemClock
from flightrules.plan_file import load
from flightrules.ports.target import Target
from flightrules.processes.supervisord import Supervisord
from tests.examples.conftest import SHOP

pytestmark = pytest.mark.slow


class Held:
    """A lease that nobody takes away."""

    token = 1

    def check(self) -> None:
        """Let everything pass."""


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[Target]:
    plan = load(SHOP / "flight.yaml", {})
    (service,) = plan.services
    processes = Supervisord(tmp_path / "processes", SystemClock())
    yield adapters.module(adapters.TARGETS, service.target.kind).create(
        service.target.options,
        service=service.name,
        folder=tmp_path / "target",
        plan_folder=SHOP,
        version_from=plan.version.kind,
        processes=processes,
        fence=Held(),
        clock=SystemClock(),
    )
    await processes.close()


async def test_two_versions_of_the_shop_run_side_by_side_and_each_says_which_it_is(target: Target) -> None:
    for name in ("v1", "v2"):
        version = await target.identify(name)
        await target.build(version)
        (instance,) = await target.ensure_running(version)
        answer = httpx.get(f"http://{instance.address}/api/search?q=la")
        assert (answer.status_code, answer.headers["x-shop-version"]) == (200, name)
    assert [instance.healthy for instance in await target.instances()] == [True, True]


async def test_versions_of_the_shop_have_different_digests(target: Target) -> None:
    assert (await target.identify("v1")).digest != (await target.identify("v2")).digest
