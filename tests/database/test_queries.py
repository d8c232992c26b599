"""Questions to real databases: as a role, over a connection that lasts, and never with a way to change something."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from flightrules.databases import command, postgres, sqlite
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable
from flightrules.ports.database import Queries
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.postgres_server import PASSWORD, PostgresServer, running_server
from tests.database.worlds import PostgresWorld, SqliteWorld, shared

OURS = "select {} from pg_stat_activity where application_name = 'flight'"


@pytest.fixture
def world(server: PostgresServer, tmp_path: Path) -> Iterator[PostgresWorld]:
    world = PostgresWorld(server, tmp_path)
    yield world
    world.close()


@pytest.fixture
async def queries(world: PostgresWorld):
    assert world.database.queries is not None
    yield world.database.queries
    await world.database.queries.close()


async def refused(queries: Queries, sql: str, **how) -> str:
    with pytest.raises(DatabaseFailed) as failure:
        await queries.rows(sql, **how)
    return failure.value.what


@pytest.mark.slow
class TestPostgres:
    async def test_a_role_sees_what_its_policies_let_it_see(self, world: PostgresWorld, queries: Queries) -> None:
        world.server.execute(
            "alter table numbers enable row level security",
            f"create policy low on numbers to app_of_{world.name} using (number <= 10)",
            database=world.name,
        )
        assert await queries.rows("select count(*) from numbers") == (("50",),), "its owner sees all"
        seen = await queries.rows("select count(*), current_user from numbers", as_role=f"app_of_{world.name}")
        assert seen == (("10", f"app_of_{world.name}"),)
        assert await queries.rows("select count(*) from numbers") == (("50",),), "the role is left again"

    async def test_a_role_that_may_not_be_taken_is_refused(self, world: PostgresWorld, queries: Queries) -> None:
        sql = "select 1 from numbers"
        assert await refused(queries, sql, as_role="nobody; reset role") == (
            'database main cannot answer `select 1 from numbers`: role "nobody; reset role" does not exist'
        )
        world.server.execute("revoke all on numbers from public", database=world.name)
        world.server.execute("drop role if exists stranger", "create role stranger nologin")
        assert await refused(queries, sql, as_role="stranger") == (
            "database main cannot answer `select 1 from numbers`: permission denied for table numbers"
        )

    async def test_values_are_as_the_server_writes_them(self, queries: Queries) -> None:
        sql = r"select 1.50, date '2026-01-02', true, array[1, 2], '\x00ff'::bytea, 'NaN'::float8, '%s'"
        assert await queries.rows(sql) == (("1.50", "2026-01-02", "t", "{1,2}", r"\x00ff", "NaN", "%s"),)

    @pytest.mark.parametrize(
        "sql",
        [
            "select nextval('counter')",
            "select set_config('transaction_read_only', 'off', true)",
            "with gone as (delete from numbers returning *) select * from gone",
            "select writes()",
            "copy numbers to program 'true'",
            "set default_transaction_read_only = off",
            "begin",
        ],
    )
    async def test_what_would_write_is_refused_by_the_server(
        self, world: PostgresWorld, queries: Queries, sql: str
    ) -> None:
        world.server.execute(
            "create sequence counter",
            "create function writes() returns int language sql as 'insert into numbers values (99, '''') returning 1'",
            database=world.name,
        )
        await refused(queries, sql)
        assert world.numbers() == set(range(1, 51))
        assert world.server.execute("select is_called from counter", database=world.name) == [(False,)]

    async def test_a_setting_and_a_lock_do_not_outlast_the_question(
        self, world: PostgresWorld, queries: Queries
    ) -> None:
        await queries.rows("select set_config('default_transaction_read_only', 'off', false), pg_advisory_lock(7)")
        assert world.server.execute("select count(*) from pg_locks where locktype = 'advisory'") == [(0,)]
        await refused(queries, "select pg_advisory_lock(8), 1 / 0")
        assert world.server.execute("select count(*) from pg_locks where locktype = 'advisory'") == [(0,)]
        assert await queries.rows("select current_setting('default_transaction_read_only')") == (("on",),)

    async def test_one_connection_serves_one_question_after_the_other(
        self, world: PostgresWorld, queries: Queries
    ) -> None:
        (first,) = await queries.rows("select pg_backend_pid()")
        await refused(queries, "select 1 / 0")
        await refused(queries, "select pg_sleep(60)", within=0.1)
        assert await queries.rows("select pg_backend_pid()") == (first,)
        await asyncio.gather(*(queries.rows("select pg_sleep(0.1)") for _ in range(5)))
        assert world.server.execute(OURS.format("count(*)")) == [(2,)]
        await queries.close()
        assert world.server.execute(OURS.format("count(*)")) == [(0,)]

    async def test_a_connection_that_somebody_ended_is_made_anew(self, world: PostgresWorld, queries: Queries) -> None:
        for _ in range(2):
            assert await queries.rows("select count(*) from numbers") == (("50",),)
            world.server.execute(OURS.format("pg_terminate_backend(pid)"))

    async def test_given_up_the_server_works_no_longer(self, world: PostgresWorld, queries: Queries) -> None:
        asking = asyncio.create_task(queries.rows("select pg_sleep(60)"))
        await asyncio.wait({asking}, timeout=0.3)
        assert world.server.execute(OURS.format("state")) == [("active",)]
        asking.cancel()
        await asyncio.wait({asking})
        assert world.server.execute(OURS.format("state")) in ([], [("idle",)])

    async def test_it_outlives_a_restart_of_the_server(self, tmp_path: Path) -> None:
        with running_server() as own:
            world = PostgresWorld(own, tmp_path)
            queries = world.database.queries
            assert queries is not None
            assert await queries.rows("select count(*) from numbers") == (("50",),)
            own.restart()
            assert await queries.rows("select count(*) from numbers") == (("50",),)
            await queries.close()

    async def test_a_server_that_is_gone_is_unusable_in_words_without_the_password(self, tmp_path: Path) -> None:
        url = f"postgresql://owner:{PASSWORD}@/shop?host={tmp_path}"
        queries = postgres.create(postgres.Options(url=url), **shared(tmp_path, FakeFence())).queries
        assert queries is not None
        with pytest.raises(DatabaseUnusable, match=r"database main \(shop\) cannot be reached: ") as failure:
            await queries.rows(f"select '{PASSWORD}'")
        assert PASSWORD not in failure.value.what + failure.value.do

    async def test_a_query_with_the_password_in_it_is_named_without_it(self, queries: Queries) -> None:
        assert await refused(queries, f"select '{PASSWORD}' from nothing") == (
            "database main cannot answer `select '…' from nothing`: relation \"nothing\" does not exist"
        )


class TestSqlite:
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[SqliteWorld]:
        world = SqliteWorld(tmp_path, "delete")
        yield world
        world.close()

    @pytest.fixture
    def queries(self, world: SqliteWorld) -> Queries:
        assert world.database.queries is not None
        return world.database.queries

    @pytest.mark.parametrize(
        "sql",
        [
            "attach 'other.db' as other",
            "vacuum into 'other.db'",
            "pragma query_only = off",
            "pragma user_version = 7",
            "pragma journal_mode = wal",
            "create temp table more (number)",
        ],
    )
    async def test_nothing_beside_the_file_is_touched(
        self, queries: Queries, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        await refused(queries, sql)
        assert not list(tmp_path.rglob("other.db"))

    async def test_pragmas_that_check_may_be_asked(self, queries: Queries) -> None:
        assert await queries.rows("pragma foreign_key_check") == ()
        assert await queries.rows("pragma integrity_check") == (("ok",),)
        assert await queries.rows("select name from pragma_table_info('numbers')") == (("number",), ("text",))

    async def test_virtual_tables_can_be_asked(self, world: SqliteWorld, queries: Queries) -> None:
        world._app.execute("create virtual table words using fts5 (word)")
        world._app.execute("insert into words values ('paid')")
        assert await queries.rows("select word from words where words match 'paid'") == (("paid",),)

    async def test_a_writer_in_the_middle_of_it_is_waited_for_as_long_as_there_is_time(
        self, world: SqliteWorld, queries: Queries
    ) -> None:
        world._app.execute("begin exclusive")
        sql = "select count(*) from numbers"
        assert await refused(queries, sql, within=0.3) == (
            "database main did not answer `select count(*) from numbers` within 300ms"
        )
        waiting = asyncio.create_task(queries.rows(sql, within=10))
        await asyncio.wait({waiting}, timeout=0.5)
        world._app.execute("commit")
        assert await waiting == (("50",),)

    async def test_values_of_every_type_are_text(self, queries: Queries) -> None:
        assert await queries.rows("select 1, 0.5, 'a', x'00ff', null") == (("1", "0.5", "a", "00ff", ""),)

    async def test_a_file_that_is_not_there_is_said_to_be_so(self, tmp_path: Path) -> None:
        queries = sqlite.create(sqlite.Options(path=Path("gone.db")), **shared(tmp_path, FakeFence())).queries
        assert queries is not None
        with pytest.raises(DatabaseUnusable, match=r"database main is not there: .*gone\.db"):
            await queries.rows("select 1")
        assert not (tmp_path / "gone.db").exists()

    async def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        (tmp_path / "notes.db").write_text("not a database " * 500)
        queries = sqlite.create(sqlite.Options(path=Path("notes.db")), **shared(tmp_path, FakeFence())).queries
        assert queries is not None
        assert await refused(queries, "select 1 from x") == (
            "database main cannot answer `select 1 from x`: file is not a database"
        )

    async def test_a_role_is_refused_with_the_reason(self, queries: Queries) -> None:
        assert await refused(queries, "select 1", as_role="shop") == (
            "database main cannot be asked as the role shop: SQLite has no roles"
        )


class TestCommand:
    """What the commands do, the contract tests."""

    def made(self, folder: Path, **options):
        return command.create(
            command.Options(run_backup="true", restore="true", count="true", drop="true", **options),
            **shared(folder, FakeFence()),
        )

    async def test_without_a_query_it_cannot_be_asked_and_says_why(self, tmp_path: Path) -> None:
        database = self.made(tmp_path)
        assert (database.queries, database.cannot["queries"]) == (None, "the plan gives it no `query`")

    async def test_what_it_is_asked_comes_in_a_variable_and_is_no_shell_line(self, tmp_path: Path) -> None:
        queries = self.made(tmp_path, query='printf "%s\\tend\\n" "$SQL"').queries
        assert queries is not None
        assert await queries.rows("select 1; touch stolen `touch stolen` $(touch stolen)") == (
            ("select 1; touch stolen `touch stolen` $(touch stolen)", "end"),
        )
        assert not (tmp_path / "stolen").exists()

    async def test_an_empty_line_is_a_row_and_nothing_printed_is_none(self, tmp_path: Path) -> None:
        for line, rows in (("true", ()), ("echo", (("",),)), ("echo; echo", (("",), ("",)))):
            queries = self.made(tmp_path, query=line).queries
            assert queries is not None
            assert await queries.rows("select 1") == rows

    async def test_its_last_words_are_told_without_secrets(self, tmp_path: Path) -> None:
        line = "echo no connection with $KEY; exit 3"
        queries = self.made(tmp_path, query=line, environment={"KEY": "s3cret-key"}).queries
        assert queries is not None
        assert await refused(queries, "select 1") == "database main cannot answer `select 1`: no connection with …"
