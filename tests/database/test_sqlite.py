"""SQLite: what is refused, what a crash in the middle of a swap leaves, and values of every type."""

import asyncio
import contextlib
import resource
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flightrules.databases import sqlite
from flightrules.databases._sqlite.files import KEPT, Files
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable
from flightrules.domain.row_differences import NO_KEY
from flightrules.domain.row_differences import Side as Where
from flightrules.recovery.difference import Side, data_diff
from flightrules.testing.fake_fence import FakeFence
from tests.database.worlds import SqliteWorld, connect, shared


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SqliteWorld]:
    world = SqliteWorld(tmp_path, "wal")
    yield world
    world.close()


@pytest.fixture
async def closed(world: SqliteWorld, tmp_path: Path) -> SqliteWorld:
    """Restored as `restored`, with 51 written since, and closed to writers."""
    (tmp_path / "backup").mkdir()
    await world.database.copies.back_up(tmp_path / "backup")
    world.write(51)
    await world.database.copies.restore(tmp_path / "backup", "restored")
    await switch_of(world).close_to_writers()
    return world


def switch_of(world: SqliteWorld) -> Any:
    assert world.database.switch is not None
    return world.database.switch


async def refusal(folder: Path, path: str) -> tuple[str, str]:
    made = sqlite.create(sqlite.Options(path=Path(path)), **shared(folder, FakeFence()))
    with pytest.raises(DatabaseUnusable) as refused:
        await made.copies.look()
    return refused.value.what, refused.value.do


async def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert await refusal(tmp_path, "shop.db") == (
        f"database main is not there: {tmp_path}/shop.db",
        "Check `path`; for a new service make an empty one: touch FILE.",
    )
    assert not (tmp_path / "shop.db").exists()


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no database" * 1000)
    assert await refusal(tmp_path, "notes.txt") == (
        f"database main cannot be read: {tmp_path}/notes.txt: file is not a database",
        "Check that `path` leads to a database of SQLite that `flight` may read.",
    )


@pytest.mark.parametrize("name", ["../shop", ".shop", "", "a/b"])
async def test_a_name_that_leads_elsewhere_is_refused(world: SqliteWorld, tmp_path: Path, name: str) -> None:
    with pytest.raises(DatabaseFailed, match="is no name for a database"):
        await world.database.copies.restore(tmp_path, name)


async def test_a_swap_that_died_after_keeping_the_old_one_goes_on(closed: SqliteWorld) -> None:
    (closed.folder / ".kept.flight").write_text(KEPT)
    connect(closed.folder / "shop.db").execute("vacuum into ?", (str(closed.folder / "kept.db"),))
    await switch_of(closed).swap("restored", "kept")
    assert (closed.numbers(), closed.numbers("kept")) == (set(range(1, 51)), set(range(1, 52)))
    assert closed.databases() == {"kept"}


async def test_a_swap_that_died_before_it_removed_the_new_one_overwrites_nothing(
    closed: SqliteWorld, tmp_path: Path
) -> None:
    content = (closed.folder / "restored.db").read_bytes()
    await switch_of(closed).swap("restored", "kept")
    closed.write(99)
    (closed.folder / "restored.db").write_bytes(content)
    (closed.folder / ".restored.flight").write_text("restored from a backup\n")
    await switch_of(closed).swap("restored", "kept")
    assert closed.numbers() == set(range(1, 51)) | {99}
    assert closed.databases() == {"kept"}


async def test_a_key_that_a_restore_takes_away_is_not_given_out_again(world: SqliteWorld, tmp_path: Path) -> None:
    now = connect(world.folder / "shop.db")
    for table in ("invoices", "letters"):  # the one has rows in the backup, the other none
        now.execute(f"create table {table} (number integer primary key autoincrement, what text)")
    now.execute("insert into invoices (what) values ('before')")
    (tmp_path / "copy").mkdir()
    await world.database.copies.back_up(tmp_path / "copy")
    for table in ("invoices", "letters"):
        now.executemany(f"insert into {table} (what) values (?)", [("taken away",)] * 3)
    await world.database.copies.restore(tmp_path / "copy", "restored")
    await switch_of(world).close_to_writers()
    await switch_of(world).swap("restored", "kept")
    for table, next_number in (("invoices", 5), ("letters", 4)):
        now.execute(f"insert into {table} (what) values ('after')")
        assert now.execute(f"select max(number) from {table}").fetchone() == (next_number,)


async def test_a_database_that_is_in_use_all_the_time_stays_as_it_was(
    closed: SqliteWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flightrules.databases._sqlite.switch.BUSY_TRIES", 2)
    monkeypatch.setattr("flightrules.databases._sqlite.files.BUSY_SECONDS", 0.05)
    other = connect(closed.folder / "shop.db")
    other.execute("begin immediate")
    with pytest.raises(DatabaseFailed, match=r"^the database was in use all the time; it is as it was$"):
        await switch_of(closed).swap("restored", "kept")
    other.execute("rollback")
    other.close()
    assert closed.numbers() == set(range(1, 52))
    await switch_of(closed).swap("restored", "kept")
    assert closed.numbers() == set(range(1, 51))


async def test_no_way_of_writing_gets_around_a_closed_database(closed: SqliteWorld) -> None:
    app = connect(closed.folder / "shop.db")
    for statement in (
        "insert into numbers values (60, 'x')", "insert or ignore into numbers values (61, 'x')",
        "insert or replace into numbers values (1, 'x')", "replace into numbers values (1, 'x')",
        "update or ignore numbers set text = 'x'", "delete from numbers",
    ):  # fmt: skip
        with pytest.raises(sqlite3.IntegrityError, match="closed to writes by flight"):
            app.execute(statement)
    app.close()


async def test_values_of_every_type_are_told_apart(world: SqliteWorld) -> None:
    app = connect(world.folder / "shop.db")
    app.execute("create table kinds (a, b, primary key (a, b)) without rowid")
    app.execute("create table bag (a)")
    app.executemany("insert into kinds values (?, ?)", [(1, 1), (1, "1"), (1, b"1"), (2.5, "ä"), ("a'\"", b"\x00")])
    app.execute("insert into kinds values (3, cast(x'ff' as text))")
    app.executemany("insert into bag values (?)", [(None,), (1,), (1.0,), ("1",), (b"1",)])
    copies, rows = world.database.copies, world.database.rows
    assert rows is not None
    folder = world.folder.parent / "backup"
    folder.mkdir()
    content = await copies.back_up(folder)
    await copies.restore(folder, "restored")
    app.execute("update bag set a = '1' where typeof(a) = 'integer'")
    app.execute("delete from kinds where a = 1 and typeof(b) = 'blob'")
    app.close()
    assert await copies.fingerprint("restored") == content
    found = {one.table: one for one in await data_diff(Side(rows, "restored"), Side(rows))}
    assert (found["bag"].why, found["bag"].counts[Where.LEFT], found["bag"].counts[Where.RIGHT]) == (NO_KEY, 1, 1)
    assert found["kinds"].keys[Where.LEFT] == [("1", "31")]
    assert found["numbers"].same


async def test_a_disk_that_is_full_when_it_is_to_be_kept_leaves_it_as_it_was(closed: SqliteWorld) -> None:
    """A limit on the size of files stands for the disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(DatabaseFailed) as failure:
            await switch_of(closed).swap("restored", "before")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (failure.value.what, failure.value.do) == (
        "database main could not be kept as before: file too large; it is as it was",
        "Make room or mend the disk, and try again.",
    )
    assert not await switch_of(closed).swapped("restored", "before")
    assert closed.numbers() == set(range(1, 52))
    await switch_of(closed).swap("restored", "before")
    assert closed.numbers() == set(range(1, 51)) and closed.numbers("before") == set(range(1, 52))


async def test_a_database_in_which_no_table_is_left_can_be_restored(closed: SqliteWorld) -> None:
    """What a migration that drops everything leaves has no table that a trigger could close."""
    await switch_of(closed).open_to_writers()
    with contextlib.closing(connect(closed.folder / "shop.db")) as migration:
        migration.execute("drop table numbers")
    await switch_of(closed).close_to_writers()
    await switch_of(closed).swap("restored", "before")
    assert await switch_of(closed).swapped("restored", "before")
    assert closed.numbers() == set(range(1, 51))
    closed.write(51)


async def test_giving_up_what_is_done_already_is_no_error(world: SqliteWorld) -> None:
    files = Files("main", world.folder / "shop.db")
    begun = threading.Event()
    reading = asyncio.create_task(files.read(files.path, lambda connection: begun.set()))
    while not begun.is_set():
        await asyncio.sleep(0)
    time.sleep(0.2)  # in which the thread ends, and nobody here hears of it
    reading.cancel()
    await asyncio.wait({reading})
    assert reading.cancelled()
