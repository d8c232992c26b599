from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.routers.envoy_world import EnvoyWorld, world_in


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[EnvoyWorld]:
    async with world_in(tmp_path) as world:
        yield world
