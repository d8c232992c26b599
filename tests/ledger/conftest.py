from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flightrules.ledger.ledger import Ledger
from flightrules.state.database import State, open_state
from flightrules.testing.fake_clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def state(tmp_path: Path, clock: FakeClock) -> Iterator[State]:
    state = open_state(tmp_path, clock)
    yield state
    state.close()


@pytest.fixture
def ledger(state: State, clock: FakeClock) -> Ledger:
    return Ledger(state, clock)
