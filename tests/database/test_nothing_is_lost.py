"""Orders come in through a real Envoy all the time, while real releases migrate real databases and are called back."""

import sys
from collections.abc import Callable, Iterator

import pytest

from flightrules.domain.migrations import MigrationClass
from flightrules.testing.postgres_server import PostgresServer
from tests.database.proving import DESTRUCTIVE, EXPANDS, REVERSIBLE, Orders, PostgresOrders, SqliteOrders, Story
from tests.stories.fixture import splits
from tests.stories.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

WAYS = {EXPANDS: "stay", REVERSIBLE: "undo", DESTRUCTIVE: "restore"}
MakeOrders = Callable[[World], Orders]


@pytest.fixture(params=["sqlite", "postgres"])
def make(request: pytest.FixtureRequest) -> Iterator[MakeOrders]:
    if request.param == "sqlite":
        yield lambda world: SqliteOrders(world.folder)
        return
    server: PostgresServer = request.getfixturevalue("server")
    orders = PostgresOrders(server)
    yield lambda world: orders
    orders.close()


@pytest.fixture
def world(make: MakeOrders) -> Iterator[World]:
    made = World()
    yield made
    made.end()


@pytest.mark.parametrize("kind", WAYS)
def test_every_acknowledged_order_is_found_when_a_release_was_called_back(
    world: World, make: MakeOrders, kind: MigrationClass
) -> None:
    story = Story(world, make(world), kind)
    writers = story.begun()
    story.to_the_end()
    went_back(story, kind)
    story.found(writers)


def went_back(story: Story, kind: MigrationClass) -> None:
    story.then.outcome("rolled back").runs("v1")
    assert splits(story.world)[-1] == "v1 100"
    story.then.happened("database.way_back", times=1, way=WAYS[kind])
    story.then.happened("database.restored", times=int(kind is DESTRUCTIVE))


STEPS = {
    REVERSIBLE: {"look", "pending", "backup", "migrate", "rows-after", "way", "undo", "rows-back"},
    DESTRUCTIVE: {
        "look", "pending", "backup", "migrate", "rows-after", "way", "restore/look", "restore/stop-writes",
        "restore/backup", "restore/copy", "restore/count", "restore/approval", "restore/swap", "restore/open",
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", STEPS)
def test_nothing_is_lost_when_flight_is_killed_at_the_beginning_of_every_step(
    world: World, make: MakeOrders, kind: MigrationClass
) -> None:
    story = Story(world, make(world), kind)
    writers = story.begun()
    story.to_the_end(at_step=story.kill)
    went_back(story, kind)
    assert {step.removeprefix("database/main/") for step in story.killed} >= STEPS[kind]
    story.found(writers)


REPLACES = """
import os, pathlib, sqlite3, subprocess, time

path = pathlib.Path(os.environ["DATABASE_URL"].removeprefix("sqlite:///"))
new = path.with_name("new.tmp")
with sqlite3.connect(path) as source, sqlite3.connect(new) as target:
    source.backup(target)
source.close()
target.execute("pragma journal_mode = delete")
target.close()
subprocess.run(["alembic", "upgrade", "head"], check=True, env={**os.environ, "DATABASE_URL": f"sqlite:///{new}"})
for each in path.parent.glob(f"{path.name}*"):
    each.unlink()
new.rename(path)
time.sleep(3)  # orders come in, into the file that is gone
"""


def test_every_acknowledged_order_is_found_when_a_tool_replaces_the_file_of_the_database() -> None:
    world = World()
    try:
        (world.folder / "replaces.py").write_text(REPLACES)
        lines = {
            "migrate": f"{sys.executable} {world.folder}/replaces.py", "revision": "alembic current",
            "sql": "echo 'alter table orders add column note text'",
        }  # fmt: skip
        story = Story(world, SqliteOrders(world.folder), EXPANDS, **lines)
        writers = story.begun()
        story.to_the_end()
        went_back(story, EXPANDS)
        story.then.happened("migration.ended", times=0)
        assert story.orders.databases() == {"orders", "orders_flight_other"}
        story.found(writers)
    finally:
        world.end()
