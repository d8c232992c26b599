"""SQLite: a tool that puts another file in the place of the database has failed, and no write is lost by it."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flightrules.databases import sqlite
from flightrules.databases._sqlite.original import Original
from flightrules.domain.errors import DatabaseFailed, Fenced, MigrationFailed
from flightrules.testing.fake_fence import FakeFence
from tests.database.worlds import SqliteWorld, connect, shared

TOOL = """
import os, sqlite3, sys
from pathlib import Path

how, path = sys.argv[1], Path(os.environ["DATABASE_URL"].removeprefix("sqlite:///"))
new = path.with_name("new.tmp")
source, target = sqlite3.connect(path), sqlite3.connect(new, isolation_level=None)
source.backup(target)
source.close()
with_a_log = how == "brings a log"
target.execute(f"pragma journal_mode = {'wal' if with_a_log else 'delete'}")
target.execute("create table made_by_the_tool (number)")
if with_a_log:
    os.rename(f"{new}-wal", f"{path}-wal")
    os.rename(new, path)
    os._exit(0)
target.close()
if how == "removes":
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()
if how == "removes and makes none":
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()
    sys.exit()
os.rename(new, path)
sys.exit(how == "fails")
"""


@pytest.fixture(params=["wal", "delete"])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[SqliteWorld]:
    world = SqliteWorld(tmp_path, request.param)
    (tmp_path / "tool.py").write_text(TOOL)
    yield world
    world.close()


def made(folder: Path, line: str, fence: FakeFence | None = None) -> Any:
    options = sqlite.Options(path=Path("shop/shop.db"), migrate=line, undo=line, contract=line)
    return sqlite.create(options, **shared(folder, fence or FakeFence()))


def tool(how: str) -> str:
    return f"{sys.executable} {{folder}}/tool.py '{how}'"


def in_the_file(world: SqliteWorld, name: str = "shop") -> set[int]:
    """What somebody sees who opens the file now."""
    return world.numbers(name)


def left_beside(world: SqliteWorld) -> list[str]:
    return sorted(path.name for path in world.folder.iterdir() if "held" in path.name or "back" in path.name)


@pytest.mark.parametrize("how", ["renames over it", "removes", "removes and makes none", "fails", "brings a log"])
@pytest.mark.parametrize("what", ["migrate", "contract", "undo"])
async def test_what_programs_write_afterwards_is_in_the_database(
    world: SqliteWorld, tmp_path: Path, how: str, what: str
) -> None:
    team = made(tmp_path, tool(how).format(folder=tmp_path)).migrations
    world.write(51)
    with pytest.raises(MigrationFailed) as failed:
        await (team.undo(tmp_path, "") if what == "undo" else getattr(team, what)(tmp_path))
    assert failed.value.what == (
        "the tool put another file in the place of that of database main; the one from before is back, since programs "
        f"that have it open write into it, and the other is kept: {tmp_path}/shop/shop_flight_other.db"
    )
    assert failed.value.do == "Let it change the file that is there, and put none in its place."
    world.write(52)
    assert in_the_file(world) == {*range(1, 53)} == world.numbers()
    newcomer = connect(world.folder / "shop.db")
    newcomer.execute("insert into numbers values (53, 'first')")
    newcomer.close()
    assert 53 in world.numbers()
    assert left_beside(world) == []


async def test_what_the_tool_made_is_kept_and_listed(world: SqliteWorld, tmp_path: Path) -> None:
    database = made(tmp_path, tool("renames over it").format(folder=tmp_path))
    with pytest.raises(MigrationFailed):
        await database.migrations.migrate(tmp_path)
    tables = {
        name for (name,) in connect(world.folder / "shop_flight_other.db").execute("select name from sqlite_master")
    }
    assert "made_by_the_tool" in tables
    assert [(one.name, one.what) for one in await database.further.listing()] == [("shop_flight_other", "kept")]
    with pytest.raises(MigrationFailed, match="is still kept") as failed:
        await database.migrations.migrate(tmp_path)
    assert failed.value.do == (
        f"See whether anything in it is needed, and remove it: rm {tmp_path}/shop/shop_flight_other.db*"
    )


async def test_a_tool_that_changes_the_file_leaves_nothing_beside_it(world: SqliteWorld, tmp_path: Path) -> None:
    line = f"{sys.executable} -c \"import sqlite3; sqlite3.connect('shop/shop.db').execute('create table t (n)')\""
    await made(tmp_path, line).migrations.migrate(tmp_path)
    assert left_beside(world) == []


async def test_on_a_copy_it_is_found_before_the_database_is_touched(world: SqliteWorld, tmp_path: Path) -> None:
    database = made(tmp_path, tool("renames over it").format(folder=tmp_path))
    (tmp_path / "backup").mkdir()
    await database.copies.back_up(tmp_path / "backup")
    await database.copies.restore(tmp_path / "backup", "copy")
    with pytest.raises(MigrationFailed, match="the tool puts another file in the place"):
        await database.rehearsal.on("copy").migrate(tmp_path)
    await database.copies.drop("copy")
    assert world.databases() == set()
    assert left_beside(world) == []


async def test_one_that_is_given_up_has_put_it_back(world: SqliteWorld, tmp_path: Path) -> None:
    line = f"{tool('renames over it').format(folder=tmp_path)}; touch done; sleep 60"
    migrating = asyncio.ensure_future(made(tmp_path, line).migrations.migrate(tmp_path))
    while not (tmp_path / "done").exists():
        await asyncio.sleep(0.05)
    migrating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await migrating
    world.write(51)
    assert in_the_file(world) == {*range(1, 52)}


def replaced_while_nobody_looked(world: SqliteWorld) -> Original:
    original = Original(world.database.copies.files, world.folder / "shop.db")  # type: ignore[attr-defined]
    original.hold()
    with connect(world.folder / "new.tmp") as new:
        new.execute("create table made_by_the_tool (number)")
    (world.folder / "new.tmp").rename(world.folder / "shop.db")
    return original


async def test_one_that_was_killed_is_found_by_the_next_try(world: SqliteWorld, tmp_path: Path) -> None:
    replaced_while_nobody_looked(world)
    with pytest.raises(MigrationFailed, match="the one from before is back"):
        await made(tmp_path, "true").migrations.migrate(tmp_path)
    world.write(51)
    assert in_the_file(world) == {*range(1, 52)}


async def test_putting_back_that_was_killed_goes_on(world: SqliteWorld, tmp_path: Path) -> None:
    replaced_while_nobody_looked(world)
    (world.folder / "shop_flight_other.db").hardlink_to(world.folder / "shop.db")
    with pytest.raises(MigrationFailed, match="the one from before is back"):
        await made(tmp_path, "true").migrations.migrate(tmp_path)
    assert in_the_file(world) == {*range(1, 51)}


async def test_a_restore_closes_no_file_that_a_tool_put_there(world: SqliteWorld, tmp_path: Path) -> None:
    replaced_while_nobody_looked(world)
    with pytest.raises(DatabaseFailed, match="programs that have the one from before open write into that"):
        await made(tmp_path, "true").switch.close_to_writers()


async def test_where_nobody_can_tell_which_log_is_the_newest_a_person_looks(tmp_path: Path) -> None:
    world = SqliteWorld(tmp_path, "wal")
    replaced_while_nobody_looked(world)
    (world.folder / "shop.db-wal").unlink()
    with pytest.raises(MigrationFailed, match="nobody can tell whether the log beside it is its newest"):
        await made(tmp_path, "true").migrations.migrate(tmp_path)
    assert (world.folder / ".shop.db.flight-held").exists()
    world.close()


async def test_who_lost_the_lease_puts_nothing_back(world: SqliteWorld, tmp_path: Path) -> None:
    fence = FakeFence()
    line = f"{tool('renames over it').format(folder=tmp_path)}; touch done; sleep 1"
    migrating = asyncio.ensure_future(made(tmp_path, line, fence).migrations.migrate(tmp_path))
    while not (tmp_path / "done").exists():
        await asyncio.sleep(0.05)
    fence.lost = True
    with pytest.raises(Fenced):
        await migrating
    assert (world.folder / ".shop.db.flight-held").exists()


async def test_where_there_are_no_second_names_nothing_is_migrated(
    world: SqliteWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    with pytest.raises(MigrationFailed, match="cannot get a second name") as failed:
        await made(tmp_path, "touch migrated").migrations.migrate(tmp_path)
    assert failed.value.do == "Put it where hard links can be made; it was not touched."
    assert not (tmp_path / "migrated").exists()
