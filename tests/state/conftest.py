from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flightrules.state.database import State, open_state
from flightrules.state.releases import RELEASE, Release, Releases
from flightrules.testing.fake_clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def state(tmp_path: Path, clock: FakeClock) -> Iterator[State]:
    state = open_state(tmp_path / ".flight", clock)
    yield state
    state.close()


@pytest.fixture
def release(state: State) -> str:
    """The id of a release that is recorded in `state`."""
    return Releases(state).create(Release("2026-11-21-1432-v2", RELEASE, "shop", "plan: shop", "abc", "anna")).id
