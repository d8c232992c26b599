"""Rows written since a backup, in files: each of them, with every value as it was, or none and an error."""

import csv
import hashlib
import io
import resource
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightrules.databases import postgres, sqlite
from flightrules.domain.errors import DatabaseFailed
from flightrules.domain.fingerprints import Fingerprint
from flightrules.ports.database import Database
from flightrules.recovery import exporting, written
from flightrules.recovery.exporting import file_name, line
from flightrules.recovery.written import Written
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.postgres_server import PostgresServer
from tests.database.worlds import connect, shared

NOTHING = Fingerprint()


async def since(database: Database, folder: Path, **export: str) -> dict[str, Written]:
    """What was written into the database that it did not have when it was restored as `restored`."""
    assert database.rows is not None
    found = await written.since(database.rows, "restored", NOTHING, NOTHING, export, folder)
    return {one.table: one for one in found}


class Lite:
    """The database, beside it one as it was before."""

    def __init__(self, folder: Path, *statements: str) -> None:
        self.folder = folder
        self.own, self.restored = connect(folder / "shop.db"), connect(folder / "restored.db")
        for statement in statements:
            self.own.execute(statement)
            self.restored.execute(statement)
        self.database = sqlite.create(sqlite.Options(path=Path("shop.db")), **shared(folder, FakeFence()))

    def close(self) -> None:
        self.own.close()
        self.restored.close()


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Callable[..., Lite]]:
    made: list[Lite] = []

    def make(*statements: str) -> Lite:
        made.append(Lite(tmp_path, *statements))
        return made[-1]

    yield make
    for each in made:
        each.close()


ORDERS = "create table orders (id integer primary key, name text, paid real, photo blob)"


async def test_rows_that_came_or_changed_are_whole_in_the_file_and_others_are_not(lite: Any, tmp_path: Path) -> None:
    world = lite(ORDERS, "insert into orders values (1, 'old', 1.5, null), (2, 'was', 2, null), (3, 'gone', 3, null)")
    world.own.execute("update orders set name = 'is' where id = 2")
    world.own.execute("delete from orders where id = 3")
    world.own.execute("insert into orders values (4, '', 0.1, x'00ff'), (5, null, 1e999, x'')")
    world.own.execute("insert into orders values (6, 'a \"b\", ' || char(13) || char(10) || 'c', null, 'x''00''')")
    found = await since(world.database, tmp_path / "out")
    file = tmp_path / "out" / "orders.csv"
    assert file.read_bytes() == (
        b'"id","name","paid","photo"\n2,"is",2.0,\n4,"",0.1,\\x00ff\n5,,9e999,\\x\n6,"a ""b"", \r\nc",,"x\'00\'"\n'
    )
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    assert found == {"orders": Written("orders", 3, 1, 1, True, str(file), sha256)}
    subprocess.run(["sha256sum", "--check", "--quiet", exporting.SUMS], cwd=tmp_path / "out", check=True)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


async def test_where_nothing_was_written_there_is_no_folder(lite: Any, tmp_path: Path) -> None:
    world = lite(ORDERS)
    world.restored.execute("insert into orders (id) values (1)")
    assert await since(world.database, tmp_path / "out") == {"orders": Written("orders", 0, 0, 1)}
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]


async def test_the_range_of_the_column_that_the_plan_names_is_told(lite: Any, tmp_path: Path) -> None:
    world = lite(ORDERS, "create table visits (at text, page text)", "create table mixed (a)")
    world.own.execute("insert into orders (id) values (9), (100), (11)")
    world.own.execute("insert into visits values ('2026-01-02 03:00', 'a'), ('2026-01-01 04:00', 'b'), (null, 'c')")
    world.own.execute("insert into mixed values (1), ('2026-01-02'), ('x')")
    found = await since(world.database, tmp_path / "out", orders="id", visits="at", mixed="a", other="id")
    assert written.in_words(written.to_record(list(found.values()))) == (
        "mixed: 3 added; orders: 3 added (id 9 to 100); visits: 3 added (at 2026-01-01 04:00 to 2026-01-02 03:00)"
    )
    assert written.folder_of(written.to_record(list(found.values()))) == str(tmp_path / "out")


async def test_without_a_primary_key_each_row_is_exported_as_often_as_it_came(lite: Any, tmp_path: Path) -> None:
    world = lite("create table visits (page, n)", "insert into visits values ('a', 1), ('a', 1), ('b', 1)")
    world.own.execute("insert into visits values ('a', 1), ('c', null), ('c', null)")
    world.own.execute("update visits set n = 2 where page = 'b'")
    await since(world.database, tmp_path / "out")
    lines = (tmp_path / "out" / "visits.csv").read_text().splitlines()
    assert sorted(lines[1:]) == ['"a",1', '"b",2', '"c",', '"c",']


async def test_columns_that_the_database_computes_are_left_out(lite: Any, tmp_path: Path) -> None:
    world = lite("create table t (id integer primary key, a, b generated always as (a * 2) stored)")
    world.own.execute("insert into t (id, a) values (1, 2)")
    await since(world.database, tmp_path / "out")
    assert (tmp_path / "out" / "t.csv").read_text() == '"id","a"\n1,2\n'


async def test_a_row_has_the_columns_of_now_though_it_is_compared_by_those_that_both_have(
    lite: Any, tmp_path: Path
) -> None:
    world = lite(ORDERS, "create table dropped (id integer primary key)", "insert into dropped values (1)")
    world.own.execute("alter table orders add column note text")
    world.own.execute("alter table orders drop column photo")
    world.own.execute("drop table dropped")
    world.own.execute("create table made (a)")
    world.own.execute("insert into made values (1)")
    world.own.execute("insert into orders values (7, 'n', 1, 'new')")
    found = await since(world.database, tmp_path / "out")
    assert (tmp_path / "out" / "orders.csv").read_text() == '"id","name","paid","note"\n7,"n",1.0,"new"\n'
    assert (tmp_path / "out" / "made.csv").read_text() == '"a"\n1\n'
    assert (found["dropped"].removed, found["dropped"].file) == (1, None)


async def test_keys_of_every_sort_are_found_again(lite: Any, tmp_path: Path) -> None:
    """SQLite keeps what it is given: text that is no UTF-8, numbers beside text, several nulls in a key."""
    world = lite("create table t (k text collate nocase, l, v, primary key (k, l))")
    keys = [("a", 1), ("A", 1.5), (b"\xff", b"\xff"), ("é", None), (None, None), (None, None), ("1", "1"), ("", 2**62)]
    world.own.executemany("insert into t values (?, ?, 'v')", keys)
    world.own.execute("insert into t values (cast(x'ff41' as text), 'x', 'v')")
    found = await since(world.database, tmp_path / "out")
    assert found["t"].added == 9
    assert b'"\xff\x41","x","v"\n' in (tmp_path / "out" / "t.csv").read_bytes()
    assert (tmp_path / "out" / "t.csv").read_bytes().count(b"\n") == 10


async def test_many_rows_are_read_in_portions(lite: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "KEYS_AT_A_TIME", 7)
    monkeypatch.setattr(exporting, "DIGESTS_AT_A_TIME", 7)
    world = lite(ORDERS, "create table visits (n)")
    for table in ("orders (id)", "visits (n)"):
        world.own.executemany(f"insert into {table} values (?)", [(number % 40,) for number in range(40)])
    await since(world.database, tmp_path / "out")
    for name in ("orders", "visits"):
        with (tmp_path / "out" / f"{name}.csv").open() as file:
            assert sorted(int(row[0]) for row in list(csv.reader(file))[1:]) == list(range(40))


async def test_rows_that_go_while_they_are_exported_are_an_error_and_nothing_is_left(lite: Any, tmp_path: Path) -> None:
    world = lite(ORDERS)
    world.own.execute("insert into orders (id) values (1), (2)")
    real = world.database.rows

    class Meddling:
        tables, rows = staticmethod(real.tables), staticmethod(real.rows)

        def values(self, *asked: Any) -> AsyncIterator[Any]:
            world.own.execute("delete from orders where id = 2")
            return real.values(*asked)

    with pytest.raises(DatabaseFailed) as failure:
        await written.since(Meddling(), "restored", NOTHING, NOTHING, {}, tmp_path / "out")
    assert (failure.value.what, failure.value.do) == (
        "1 rows of orders went or changed while they were exported; none is exported",
        "Export from a database that nobody writes to, or try again.",
    )
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """No file can grow beyond `size`: what a full disk is to whoever writes."""
    before, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.parametrize("size", [0, 5_000, 200_000])
async def test_a_full_disk_is_an_error_and_leaves_what_was_exported_before(
    lite: Any, tmp_path: Path, size: int
) -> None:
    world = lite(ORDERS)
    world.own.execute("insert into orders (id) values (1)")
    await since(world.database, tmp_path / "out")
    world.own.executemany("insert into orders values (?, ?, 1, null)", [(n, "x" * 100) for n in range(2, 3000)])
    with small_disk(size), pytest.raises(DatabaseFailed) as failure:
        await since(world.database, tmp_path / "out")
    assert failure.value.what == f"the rows could not be exported into {tmp_path}/out: file too large; none is exported"
    assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name) == ["out"]
    assert (tmp_path / "out" / "orders.csv").read_text().count("\n") == 2


def test_a_file_is_named_after_its_table_alone() -> None:
    assert file_name("public.orders") == "public.orders.csv"
    assert file_name('"A/B"."../c"') == "%22A%2FB%22.%22..%2Fc%22.csv"
    long = [file_name(f'public."{"ü" * 60}{end}"') for end in "ab"]
    assert len(set(long)) == 2 and all(len(name) < 255 for name in long)


@given(st.lists(st.text() | st.integers() | st.none() | st.binary(), min_size=2, max_size=5))
def test_what_stands_in_a_line_can_be_told_apart(values: list[Any]) -> None:
    text = line(values).decode("utf-8", "surrogateescape")
    (read,) = csv.reader(io.StringIO(text, newline=""), strict=True)
    shown = ["" if v is None else "\\x" + v.hex() if isinstance(v, bytes) else str(v) for v in values]
    assert read == shown
    if values[0] is None:
        assert text.startswith(",")
    if values[0] == "":
        assert text.startswith('"",')


KEYED = """create table keyed (
    id bigint generated always as identity primary key, t text, n numeric(30, 10), f float8, b bytea, at timestamptz,
    j jsonb, a text[], u uuid, d date, i interval, o boolean, twice bigint generated always as (id * 2) stored)"""
FILL = """insert into {} values
    ('', 12345678901234567890.5, 0.1, '\\x00ff', '2026-01-02 03:04:05.123456+01', '{{"a": null}}', '{{"x,y",null,""}}',
     '00000000-0000-0000-0000-000000000001', '2026-01-02', '1 mon 2 days 03:04:05.5', true),
    (null, 'NaN', '-Infinity', '', null, null, '{{}}', null, 'infinity', null, null),
    (E'a "b", \\r\\n\\\\x00 \\t c', null, null, null, null, null, null, null, null, null, false)"""
COLUMNS = "(t, n, f, b, at, j, a, u, d, i, o)"


@pytest.mark.slow
async def test_postgres_reads_back_exactly_what_was_exported(server: PostgresServer, tmp_path: Path) -> None:
    name = server.new_database()
    keys = 'create table "Odd keys" (d date, c char(5), n numeric, b bytea, primary key (d, c, n, b))'
    loose = "create table loose as select t, n, f, b, at, j, a, u, d, i, o from keyed where false"
    server.execute(KEYED, keys, loose, FILL.format("loose"), database=name)
    server.execute("drop database if exists restored", f"create database restored template {name}")
    try:
        server.execute(
            FILL.format(f"keyed {COLUMNS}"), FILL.format("loose"), FILL.format("loose"),
            "insert into \"Odd keys\" values ('2026-01-02', 'ab', 1.50, '\\x00'), ('infinity', ' ', 'NaN', '')",
            database=name,
        )  # fmt: skip
        database = postgres.create(postgres.Options(url=server.url(name)), **shared(tmp_path, FakeFence()))
        found = await since(database, tmp_path / "out", keyed="id", loose="at")
        assert {table: one.added for table, one in found.items()} == {
            "public.keyed": 3, "public.loose": 6, 'public."Odd keys"': 2,
        }  # fmt: skip
        assert (found["public.keyed"].first, found["public.keyed"].last) == ("1", "3")
        assert found["public.loose"].first == "2026-01-02 02:04:05.123456+00"
        for table, one in found.items():
            assert one.file is not None
            carried_over(server.url("restored"), table, Path(one.file))
        assert await since(database, tmp_path / "again") == {}
    finally:
        server.execute("drop database restored with (force)", f"drop database {name} with (force)")


def carried_over(url: str, table: str, file: Path) -> None:
    """As `\\copy TABLE (COLUMNS) from FILE csv header` does it."""
    header = file.read_bytes().partition(b"\n")[0].decode()
    said = f"copy {table} ({header}) from stdin (format csv, header)"
    with psycopg.connect(url) as connection, connection.cursor() as cursor, cursor.copy(said) as copy:
        copy.write(file.read_bytes())


@pytest.mark.slow
async def test_a_changed_row_of_postgres_is_exported_as_it_is_now(server: PostgresServer, tmp_path: Path) -> None:
    name = server.new_database()
    server.execute(
        "create table t (k uuid primary key, v text)",
        "insert into t select gen_random_uuid(), n from generate_series(1, 2500) n", database=name,
    )  # fmt: skip
    server.execute("drop database if exists restored", f"create database restored template {name}")
    try:
        server.execute("update t set v = v || ' changed' where v::int > 100", database=name)
        database = postgres.create(postgres.Options(url=server.url(name)), **shared(tmp_path, FakeFence()))
        found = await since(database, tmp_path / "out")
        assert (found["public.t"].added, found["public.t"].changed) == (0, 2400)
        text = (tmp_path / "out" / "public.t.csv").read_text()
        assert text.count(" changed") == text.count("\n") - 1 == 2400
    finally:
        server.execute("drop database restored with (force)", f"drop database {name} with (force)")


async def test_what_a_killed_export_left_is_no_export_and_goes_with_the_next(lite: Any, tmp_path: Path) -> None:
    world = lite(ORDERS)
    world.own.execute("insert into orders (id) values (1)")
    left = tmp_path / ".out.part"
    left.mkdir()
    (left / "orders.csv").write_text("half a ro")
    (left / "other.csv").write_text("")
    await since(world.database, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["SHA256SUMS", "orders.csv"]
    assert not left.exists()
