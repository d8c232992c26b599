"""The application, or the database server, is killed at each part of a real release; a disk is full on the way back."""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from flightrules.domain.migrations import MigrationClass
from flightrules.testing.postgres_server import PostgresServer, missing, running_server
from tests.database.proving import DESTRUCTIVE, REVERSIBLE, PostgresOrders, SqliteOrders, Story
from tests.stories.world import World, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def mortal() -> Iterator[PostgresServer]:
    """A server that a test may kill."""
    if why := missing():
        pytest.skip(why)
    with running_server() as server:
        yield server


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.end()


def test_nothing_is_lost_when_the_application_is_killed_all_the_time(world: World) -> None:
    story = Story(world, SqliteOrders(world.folder), DESTRUCTIVE)
    writers = story.begun()
    killed: list[int] = []

    def serving() -> list[int]:
        return [pid for name, pid in world.programs().items() if name.startswith("web.") and pid not in killed]

    def kill(step: str) -> None:
        for pid in until(serving, what="a process that serves"):
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(pid).kill()
            killed.append(pid)

    story.to_the_end(at_step=kill)
    assert len(killed) > 10
    story.then.outcome("rolled back").happened("database.restored", times=1)
    story.found(writers)


@pytest.mark.parametrize(
    "part, kind, outcome, answer",
    [
        ("backup", REVERSIBLE, "not started", "release.refused"),
        ("migrate", REVERSIBLE, "rolled back", "migration.started"),
        ("restore/copy", DESTRUCTIVE, "rolled back", "database.left"),
        ("restore/swap", DESTRUCTIVE, "rolled back", "writes.allowed"),
    ],
)
def test_nothing_is_lost_when_the_server_is_killed(
    world: World, mortal: PostgresServer, part: str, kind: MigrationClass, outcome: str, answer: str
) -> None:
    orders = PostgresOrders(mortal)
    story = Story(world, orders, kind)
    writers = story.begun()

    def kill(step: str) -> None:
        if step == f"database/main/{part}":
            time.sleep(0.15)
            mortal.kill()
            time.sleep(1)
            mortal.start_again()

    story.to_the_end(at_step=kill)
    story.then.outcome(outcome).happened(answer, times=1).runs("v1")
    story.found(writers)
    the_record_is_true(story, orders)


def the_record_is_true(story: Story, orders: PostgresOrders) -> None:
    """What was kept is there, and the database takes orders again."""
    kept = {entry.event.data["kept_as"] for entry in story.world.entries("database.restored")}
    assert {name for name in orders.databases() if "before" in name} == kept
    assert not story.world.entries("database.left") or not kept
    orders.server.execute("set role " + orders.app, "insert into orders values (1000000, 'late')", database=orders.name)


@pytest.fixture
def small_disk(world: World) -> Path:
    """A disk of 24 megabytes for backups alone."""
    folder = world.folder / "backups"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    world.at_the_end.callback(subprocess.run, ["umount", "-l", str(folder)], check=True)
    return folder


def test_a_disk_that_is_full_is_said_before_anything_is_touched_and_on_the_way_back_nothing_is_restored(
    world: World, small_disk: Path
) -> None:
    story = Story(world, SqliteOrders(world.folder), DESTRUCTIVE, backup={"folder": str(small_disk)})
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * (20 << 20))
    story.given.with_stable("v1")
    ended = world.flight("run", "v2")
    assert ended.status == 6
    said = " ".join(ended.said.split())
    assert f"16 MiB must stay free, and {small_disk} has 4 MiB free" in said, said
    filler.unlink()

    def fill(step: str) -> None:
        if step == "database/main/restore/stop-writes":
            filler.write_bytes(b"x" * (20 << 20))

    writers = story.begun()
    story.to_the_end(at_step=fill)
    story.then.outcome("rolled back").happened("database.left", times=1).happened("writes.allowed", times=1)
    [left] = world.entries("database.left")
    assert left.event.data["why"].startswith("a backup of database main may need")
    story.found(writers)
