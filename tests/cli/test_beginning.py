"""Whoever wants something of a release that is just beginning waits for it, or hears who holds the state."""

import asyncio
import os
from pathlib import Path

import pytest

from flightrules.cli.beginning import WITHIN, begun
from flightrules.cli.desk import Desk
from flightrules.cli.places import Place
from flightrules.domain.errors import FlightError
from flightrules.records import Records
from flightrules.testing.fake_clock import FakeClock
from tests.written import Written


@pytest.fixture
def desk(records: Records, tmp_path: Path) -> Desk:
    return Desk(Place(tmp_path / "flight.yaml", tmp_path / ".flight"), records)


async def test_a_release_that_begins_a_moment_later_is_found(desk: Desk, clock: FakeClock, tmp_path: Path) -> None:
    desk.records.lease.acquire()
    waiting = asyncio.create_task(begun(desk, clock))
    await clock.sleep(WITHIN / 2)
    assert not waiting.done()
    release = Written(desk.records, clock, tmp_path).release
    found = await waiting
    assert found is not None and found.id == release.id


async def test_nobody_who_holds_the_state_is_nobody_to_wait_for(desk: Desk, clock: FakeClock) -> None:
    began = clock.monotonic()
    assert await begun(desk, clock) is None
    assert clock.monotonic() == began


async def test_one_who_holds_the_state_and_begins_nothing_is_named(desk: Desk, clock: FakeClock) -> None:
    desk.records.lease.acquire()
    with pytest.raises(FlightError) as failure:
        await begun(desk, clock)
    assert failure.value.what.startswith("no release is under way, but one may be beginning: ")
    assert failure.value.what.endswith(f"(process {os.getpid()})")
    assert failure.value.do == f"type this again in a moment, or end that process: kill {os.getpid()}"
