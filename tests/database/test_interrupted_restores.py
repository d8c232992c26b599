"""A restore that is interrupted leaves one working database, and can be gone on with: `flight` or the server is killed.

Here the parts of a restore alone are interrupted, at many moments; whole releases are in test_nothing_is_lost.py.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from flightrules.domain.errors import FlightError
from flightrules.testing.postgres_server import PostgresServer, missing, running_server
from tests.database.worlds import PostgresWorld, SqliteWorld

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

World = PostgresWorld | SqliteWorld
RESTORE_MOMENTS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.5)
SWAP_MOMENTS = (0.002, 0.01, 0.02, 0.04, 0.08, 0.15)


@pytest.fixture
def mortal() -> Iterator[PostgresServer]:
    """A server that a test may kill."""
    if why := missing():
        pytest.skip(why)
    with running_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    made: World = (
        SqliteWorld(tmp_path, "wal")
        if request.param == "sqlite"
        else PostgresWorld(request.getfixturevalue("server"), tmp_path)
    )
    yield made
    made.close()


def backed_up(world: World, folder: Path) -> Path:
    """Back the numbers 1 to 50 up."""
    folder.mkdir()
    asyncio.run(world.database.copies.back_up(folder))
    return folder


def killed_after(seconds: float, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
    """Let a process of its own do `work`, and kill -9 it."""
    pid = os.fork()
    if pid == 0:
        try:
            asyncio.run(work())
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_a_restore_that_was_killed_leaves_the_database_alone_and_is_made_anew(world: World, tmp_path: Path) -> None:
    backup, copies = backed_up(world, tmp_path / "backup"), world.database.copies
    for number, moment in enumerate(RESTORE_MOMENTS, 51):
        killed_after(moment, lambda: copies.restore(backup, "restored"))
        world.write(number)
        assert world.numbers() == set(range(1, number + 1))
        asyncio.run(copies.drop("restored"))
        assert not world.databases() & {"restored"}
    asyncio.run(copies.restore(backup, "restored"))
    assert world.numbers("restored") == set(range(1, 51))


def test_a_swap_that_was_killed_has_done_all_or_nothing_and_can_be_gone_on_with(world: World, tmp_path: Path) -> None:
    backup, copies, switch = backed_up(world, tmp_path / "backup"), world.database.copies, world.database.switch
    assert switch is not None
    done = 0
    for number, moment in enumerate(SWAP_MOMENTS):
        new, kept = f"restored_{number}", f"kept_{number}"
        world.write(100 + number)
        before = world.numbers()
        asyncio.run(copies.restore(backup, new))
        asyncio.run(switch.close_to_writers())
        killed_after(moment, lambda new=new, kept=kept: switch.swap(new, kept))  # type: ignore[misc]
        swapped = asyncio.run(switch.swapped(new, kept))
        assert world.numbers() == (set(range(1, 51)) if swapped else before)
        done += swapped
        asyncio.run(switch.swap(new, kept))
        asyncio.run(switch.open_to_writers())
        assert (world.numbers(), world.numbers(kept)) == (set(range(1, 51)), before)
    print(f"{done} of {len(SWAP_MOMENTS)} were through when they were killed")


def test_a_swap_during_which_the_server_was_killed_has_done_all_or_nothing(
    mortal: PostgresServer, tmp_path: Path
) -> None:
    world = PostgresWorld(mortal, tmp_path)
    backup, copies, switch = backed_up(world, tmp_path / "backup"), world.database.copies, world.database.switch
    assert switch is not None
    done = 0
    for number, moment in enumerate((0.01, 0.03, 0.06, 0.15)):
        new, kept = f"restored_{number}", f"kept_{number}"
        world.write(100 + number)
        before = world.numbers()
        asyncio.run(copies.restore(backup, new))
        asyncio.run(switch.close_to_writers())
        asyncio.run(server_killed_after(moment, mortal, switch.swap(new, kept)))
        swapped = asyncio.run(switch.swapped(new, kept))
        assert world.numbers() == (set(range(1, 51)) if swapped else before)
        done += swapped
        asyncio.run(switch.swap(new, kept))
        asyncio.run(switch.open_to_writers())
        assert (world.numbers(), world.numbers(kept)) == (set(range(1, 51)), before)
    print(f"{done} of 4 were through when the server was killed")


async def server_killed_after(seconds: float, server: PostgresServer, work: Coroutine[Any, Any, object]) -> None:
    working = asyncio.ensure_future(work)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(server.kill)
    with contextlib.suppress(FlightError):
        await working
    await asyncio.to_thread(server.start_again)
