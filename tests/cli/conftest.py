from collections.abc import Iterator
from pathlib import Path

import pytest

from flightrules.records import Records
from flightrules.testing.fake_clock import FakeClock
from tests.written import Written, records_in


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def records(tmp_path: Path, clock: FakeClock) -> Iterator[Records]:
    records = records_in(tmp_path / ".flight", clock)
    yield records
    records.lease.release()
    records.state.close()


@pytest.fixture
def written(records: Records, clock: FakeClock, tmp_path: Path) -> Written:
    """A release of v2 beside v1 that has just begun, and that this process drives."""
    records.lease.acquire()
    return Written(records, clock, tmp_path)
