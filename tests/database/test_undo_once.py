"""kill -9 in the middle of a real undo that takes back the last migration, whichever that is, and shows no revision."""

import contextlib
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flightrules.processes.birth import born
from tests.database.proving import REVERSIBLE, SqliteOrders, Story
from tests.stories.world import World, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TOOL = """
import os, pathlib, sqlite3, sys, time

connection = sqlite3.connect(os.environ["DATABASE_URL"].removeprefix("sqlite:///"), isolation_level=None)
connection.execute("begin immediate")
if sys.argv[1] == "up":
    connection.execute("create table newest (id integer)")
else:
    made = {name for (name,) in connection.execute("select name from sqlite_master")}
    connection.execute(f"drop table {'newest' if 'newest' in made else 'older'}")
    if sys.argv[2] == "late":
        connection.commit()
    reached = pathlib.Path(sys.argv[3])
    reached.with_suffix(".new").write_text(str(os.getpid()))
    reached.with_suffix(".new").rename(reached)
    time.sleep(600)
connection.commit()
"""


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.end()


@pytest.mark.parametrize("killed, there", [("late", {"older"}), ("early", {"older", "newest"})])
def test_an_undo_that_was_interrupted_takes_no_older_migration_back(world: World, killed: str, there: set[str]) -> None:
    orders = SqliteOrders(world.folder)
    with contextlib.closing(sqlite3.connect(orders.address())) as connection:
        connection.execute("create table older as select 1 as paid")
        connection.commit()
    reached, tool = world.folder / "reached", f"{sys.executable} tool.py"
    story = Story(
        world, orders, REVERSIBLE,
        migrate=f"{tool} up", undo=f"{tool} down {killed} {reached}",
        sql="echo 'alter table orders rename column text to words'",
    )  # fmt: skip
    (world.folder / "versions" / "v2" / "tool.py").write_text(TOOL)
    writers = story.begun()

    def kill(step: str) -> None:
        if step == "database/main/undo":
            until(reached.exists, what="the undo")
            story.kill(step)

    story.to_the_end(at_step=kill)
    story.then.outcome("rolled back").runs("v1").happened("undo.started", times=1)
    story.then.happened("question.asked", times=int(killed == "early"))
    assert tables(Path(orders.address())) & {"older", "newest"} == there
    assert not born(int(reached.read_text())), "nothing of it is left running"
    story.found(writers)


def tables(path: Path) -> set[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
