"""PostgreSQL: what is refused and how it is said, and what a dump alone would not bring back."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flightrules.clocks.system import SystemClock
from flightrules.databases import postgres
from flightrules.databases._postgres import creating
from flightrules.databases._postgres.server import too_old
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable, FlightError
from flightrules.domain.row_differences import NO_KEY
from flightrules.domain.row_differences import Side as Where
from flightrules.ports.database import BackupOptions, Database
from flightrules.recovery.backups import Backups
from flightrules.recovery.difference import Side, data_diff
from flightrules.recovery.exporting import exporting
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.postgres_server import OWNER, PASSWORD, PostgresServer
from tests.database.worlds import PostgresWorld, shared

pytestmark = pytest.mark.slow


@pytest.fixture
def world(server: PostgresServer, tmp_path: Path) -> Iterator[PostgresWorld]:
    world = PostgresWorld(server, tmp_path)
    yield world
    world.close()


def database(folder: Path, url: str, **options: Any) -> Database:
    return postgres.create(
        postgres.Options(url=url, **{"app_roles": ["shop"], **options}), **shared(folder, FakeFence())
    )


async def refusal(database: Database) -> tuple[str, str]:
    return await refused(database.copies.look())


async def refused(looking: Awaitable[object]) -> tuple[str, str]:
    with pytest.raises(DatabaseUnusable) as refusal:
        await looking
    assert PASSWORD not in refusal.value.what + refusal.value.do
    return refusal.value.what, refusal.value.do


class TestBadInput:
    async def test_a_wrong_password_is_named_and_never_shown(self, server: PostgresServer, tmp_path: Path) -> None:
        what, do = await refusal(database(tmp_path, server.url(password="not-this-one")))
        assert what == (
            f'database main (postgres) cannot be reached: password authentication failed for user "{OWNER}"'
        )
        assert do == "Check the user and the password in `url`."
        assert "not-this-one" not in what

    async def test_a_database_that_is_not_there(self, server: PostgresServer, tmp_path: Path) -> None:
        assert await refusal(database(tmp_path, server.url("nowhere"))) == (
            'database main (nowhere) cannot be reached: database "nowhere" does not exist',
            "Check the name of the database in `url`, or create it.",
        )

    async def test_a_server_that_does_not_run(self, tmp_path: Path) -> None:
        what, do = await refusal(database(tmp_path, f"postgresql://a:{PASSWORD}@/shop?host={tmp_path}"))
        assert what.startswith("database main (shop) cannot be reached: ")
        assert do == "Check host and port in `url`, and that the server runs and accepts connections from here."

    @pytest.mark.parametrize("url", [f"mysql://a:{PASSWORD}@b/c", f"postgresql://a:{PASSWORD}@[b/c"])
    async def test_an_address_that_is_none(self, tmp_path: Path, url: str) -> None:
        assert await refusal(database(tmp_path, url)) == (
            "the `url` of database main is no address of PostgreSQL",
            "Write it as postgresql://USER:PASSWORD@HOST/DATABASE; percent-encode what is special in the password.",
        )

    async def test_an_address_without_a_database(self, tmp_path: Path) -> None:
        assert await refusal(database(tmp_path, f"postgresql://a:{PASSWORD}@b")) == (
            "the `url` of database main names no database",
            "Write it as postgresql://USER:PASSWORD@HOST/DATABASE.",
        )

    async def test_a_role_that_may_not_create_databases(self, world: PostgresWorld, tmp_path: Path) -> None:
        role = f"app_of_{world.name}"
        assert await refusal(database(tmp_path, world.server.url(world.name, role, "app"))) == (
            f"the role {role} may not create databases on the server of database main, so no backup can be proven or "
            "restored",
            f'As a superuser, run: ALTER ROLE "{role}" CREATEDB;',
        )

    async def test_client_programs_older_than_the_server(self, world: PostgresWorld, tmp_path: Path) -> None:
        (tmp_path / "old").mkdir()
        for name in ("pg_dump", "pg_restore"):
            (tmp_path / "old" / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) 13.4 (Debian 13.4-1)'\n")
            (tmp_path / "old" / name).chmod(0o755)
        ((version,),) = world.server.execute("select current_setting('server_version_num')::int")
        assert isinstance(version, int)
        server = f"{version // 10000}.{version % 10000}"
        assert await refusal(database(tmp_path, world.server.url(world.name), tools=str(tmp_path / "old"))) == (
            f"pg_dump is of version 13.4, older than the server of database main ({server}): it refuses to work with "
            "it",
            f"Install the client programs of version {version // 10000} or later, and set `tools` to the folder that "
            "has them.",
        )

    async def test_client_programs_that_are_not_there(self, world: PostgresWorld, tmp_path: Path) -> None:
        assert await refusal(database(tmp_path, world.server.url(world.name), tools=str(tmp_path))) == (
            f"pg_dump is not there (in {tmp_path}); database main cannot be backed up without it",
            "Install PostgreSQL's client programs (Debian: apt-get install postgresql-client), or set `tools` to the "
            "folder that has them.",
        )

    def test_a_server_that_is_too_old(self) -> None:
        refused = too_old("main", 130014)
        assert (refused.what, refused.do) == (
            "database main is on PostgreSQL 13.14; Flight Rules needs 14 or later",
            "Upgrade the server, or use the kind `command` with commands of your own.",
        )

    def test_nobody_knows_who_the_application_is(self, tmp_path: Path) -> None:
        with pytest.raises(DatabaseUnusable, match="nothing says as which role the application connects"):
            database(tmp_path, "postgresql:///shop", app_roles=[])


async def test_a_restored_database_has_what_a_dump_does_not_hold(world: PostgresWorld, tmp_path: Path) -> None:
    world.server.execute(
        f'alter database {world.name} set search_path to public, "$user"',
        f"alter database {world.name} set work_mem to '5MB'",
        f"alter role app_of_{world.name} in database {world.name} set statement_timeout to '7s'",
        f"revoke connect on database {world.name} from public",
        f"grant connect, temporary on database {world.name} to app_of_{world.name}",
        f"alter database {world.name} connection limit 17",
    )
    (tmp_path / "backup").mkdir()
    await world.database.copies.back_up(tmp_path / "backup")
    await world.database.copies.restore(tmp_path / "backup", "restored")
    like = """select pg_get_userbyid(datdba), encoding, datcollate, datctype, datconnlimit,
        (select array_agg(x::text order by x::text) from unnest(datacl) x),
        (select array_agg(setrole::text || setconfig::text order by setrole) from pg_db_role_setting
            where setdatabase = d.oid)
        from pg_database d where datname = '{}'"""
    assert world.server.execute(like.format("restored")) == world.server.execute(like.format(world.name))


async def test_odd_names_tables_without_a_key_and_large_objects_are_counted_and_compared(
    world: PostgresWorld, tmp_path: Path
) -> None:
    world.server.execute(
        'create schema "Odd %s"', 'create table "Odd %s"."a ""b" ("flight_row" text primary key, "%x" float8)',
        """insert into "Odd %s"."a ""b" values ('ä', 'nan'), ('b', 0.1), ('B', '-0')""",
        "create table bag (a int)", "insert into bag values (1), (1), (2), (null)",
        "create table parts (id int primary key) partition by range (id)",
        "create table parts_1 partition of parts for values from (0) to (10)", "insert into parts values (1), (2)",
        "select lo_from_bytea(0, 'large')",
        database=world.name,
    )  # fmt: skip
    (tmp_path / "backup").mkdir()
    content = await world.database.copies.back_up(tmp_path / "backup")
    assert {name: one.rows for name, one in content.tables.items()} == {
        '"Odd %s"."a ""b"': 3, "public.bag": 4, "public.numbers": 50, "public.parts_1": 2, "(large objects)": 1,
    }  # fmt: skip
    await world.database.copies.restore(tmp_path / "backup", "restored")
    assert await world.database.copies.fingerprint("restored") == content
    world.server.execute(
        "insert into bag values (1)", "delete from bag where a = 2",
        """update "Odd %s"."a ""b" set "%x" = 1 where flight_row = 'ä'""", database=world.name,
    )  # fmt: skip
    rows = world.database.rows
    assert rows is not None
    found = {one.table: one for one in await data_diff(Side(rows, "restored"), Side(rows))}
    bag, odd = found["public.bag"], found['"Odd %s"."a ""b"']
    assert (bag.why, bag.counts[Where.LEFT], bag.counts[Where.RIGHT]) == (NO_KEY, 1, 1)
    assert odd.keys[Where.CHANGED] == [("ä",)]
    assert found["public.parts_1"].same


async def test_a_role_that_only_owns_the_database_and_may_create_others_backs_up_and_restores(
    server: PostgresServer, tmp_path: Path
) -> None:
    name = server.new_database()
    owner = f"owner_of_{name}"
    server.execute(f"create role {owner} login createdb password 'own'", f"alter database {name} owner to {owner}")
    server.execute(f"set role {owner}", "create table numbers (number integer primary key)", database=name)
    copies = database(tmp_path, server.url(name, owner, "own")).copies
    (tmp_path / "backup").mkdir()
    taken = await copies.back_up(tmp_path / "backup")
    await copies.restore(tmp_path / "backup", f"{name}_restored")
    assert await copies.fingerprint(f"{name}_restored") == taken
    await copies.drop(f"{name}_restored")


async def test_rights_that_closing_and_swapping_take_are_asked_for_before_anything_is_touched(
    server: PostgresServer, tmp_path: Path
) -> None:
    name = server.new_database()
    app, owner, role = f"app_of_{name}", f"owner_of_{name}", f"role_of_{name}"
    server.execute(f"create role {app} login", f"create role {owner} login createdb password 'own'")
    switch = database(tmp_path, server.url(name, owner, "own"), app_roles=[app]).switch
    assert switch is not None
    assert await refused(switch.look()) == (
        f"the role {owner} does not own database main, owner does; so it can neither close it to writers nor let a "
        "restored one take its place",
        f'Run: ALTER DATABASE "{name}" OWNER TO "{owner}";',
    )
    server.execute(f"alter database {name} owner to {owner}")
    assert await refused(switch.look()) == (
        f"the role {owner} may not end the connections of {app}, so it cannot close database main to writers",
        f'Run: GRANT "{app}" TO "{owner}"; or, as a superuser: GRANT pg_signal_backend TO "{owner}";',
    )
    server.execute(f"grant pg_signal_backend to {owner}")
    await switch.look()
    server.execute(f"alter role {app} in database {name} set default_transaction_read_only = off")
    assert await refused(switch.look()) == (
        f"the role {app} has default_transaction_read_only off as a default of its own, so database main cannot be "
        "closed to it",
        f'Run: ALTER ROLE "{app}" RESET default_transaction_read_only;',
    )
    other = database(tmp_path, server.url(name, owner, "own"), app_roles=[role]).switch
    assert other is not None
    assert await refused(other.look()) == (
        f"there is no role {role} on the server of database main",
        "Check `app_roles`.",
    )


async def test_rows_that_a_policy_hides_are_an_error_and_never_a_wrong_count(
    world: PostgresWorld, tmp_path: Path
) -> None:
    role = f"app_of_{world.name}"
    world.server.execute(
        "alter table numbers enable row level security", "create policy few on numbers using (number < 10)",
        f"alter role {role} createdb", database=world.name,
    )  # fmt: skip
    with pytest.raises(DatabaseFailed, match="query would be affected by row-level security policy"):
        await database(tmp_path, world.server.url(world.name, role, "app")).copies.fingerprint()


async def test_a_database_that_was_just_being_made_when_we_were_killed_is_made_anew(
    world: PostgresWorld, tmp_path: Path
) -> None:
    (tmp_path / "backup").mkdir()
    await world.database.copies.back_up(tmp_path / "backup")
    world.server.execute(f"create database restored_flight_new connection limit {creating.BEING_MADE}")
    await world.database.copies.restore(tmp_path / "backup", "restored")
    assert world.databases() == {"restored"}


async def test_a_database_of_somebody_else_is_never_in_the_way_of_one_that_is_made(
    world: PostgresWorld, tmp_path: Path
) -> None:
    (tmp_path / "backup").mkdir()
    await world.database.copies.back_up(tmp_path / "backup")
    world.server.execute("create database restored_flight_new")
    world.server.execute("create table theirs (number integer)", database="restored_flight_new")
    with pytest.raises(DatabaseFailed) as failed:
        await world.database.copies.restore(tmp_path / "backup", "restored")
    assert failed.value.what == (
        "there is a database restored_flight_new, which Flight Rules did not make; it is left as it is, and restored "
        "is not made: that is the name under which it would be"
    )
    assert failed.value.do == "Give it another name, or remove it if you are sure."
    await world.database.copies.drop("restored")
    assert world.databases() == {"restored_flight_new"}
    assert world.server.execute("select count(*) from theirs", database="restored_flight_new") == [(0,)]


async def test_what_is_made_has_the_limit_of_connections_of_its_model(world: PostgresWorld, tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    world.server.execute(f"alter database {world.name} connection limit 17")
    await world.database.copies.back_up(tmp_path / "backup")
    await world.database.copies.restore(tmp_path / "backup", "restored")
    limits = world.server.execute("select datconnlimit from pg_database where datname = 'restored'")
    assert limits == [(17,)]


async def test_half_a_restore_of_a_killed_process_is_made_anew(world: PostgresWorld, tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    await world.database.copies.back_up(tmp_path / "backup")
    world.server.execute(
        "create database restored", "comment on database restored is 'flight: being restored from a backup'"
    )
    with pytest.raises(DatabaseFailed, match="is not restored to its end"):
        assert world.database.switch is not None
        await world.database.switch.swap("restored", "kept")
    await world.database.copies.restore(tmp_path / "backup", "restored")
    assert world.numbers("restored") == set(range(1, 51))


async def test_a_swap_that_cannot_end_a_connection_changes_nothing(world: PostgresWorld, tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    await world.database.copies.back_up(tmp_path / "backup")
    await world.database.copies.restore(tmp_path / "backup", "restored")
    assert world.database.switch is not None
    await world.database.switch.close_to_writers()
    with psycopg.connect(world.server.url(world.name), autocommit=True) as holding:
        holding.execute("begin read write")
        holding.execute("insert into numbers values (99, 'held')")
        holding.execute("prepare transaction 'held'")  # belongs to no connection any more: nobody can end it
    try:
        with pytest.raises(DatabaseFailed, match="is being accessed by other users"):
            await world.database.switch.swap("restored", "kept")
    finally:
        world.server.execute("commit prepared 'held'", database=world.name)
    assert world.databases() == {"restored"}
    assert world.numbers() == set(range(1, 51)) | {99}
    await world.database.switch.swap("restored", "kept")
    assert (world.numbers(), world.numbers("kept")) == (set(range(1, 51)), set(range(1, 51)) | {99})


async def test_a_dump_that_fails_says_the_cause(world: PostgresWorld, tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "occupied").touch()
    with pytest.raises(FlightError) as failure:
        await world.database.copies.back_up(tmp_path / "backup")
    assert failure.value.what == (
        f'pg_dump of database main ended with status 1: could not create directory "{tmp_path}/backup": File exists'
    )
    assert failure.value.do == "Mend what it says, and try again."


async def test_after_a_swap_no_new_row_gets_the_key_of_one_that_was_taken_away(
    world: PostgresWorld, tmp_path: Path
) -> None:
    def execute(*statements: str) -> list[tuple[object, ...]]:
        return world.server.execute(*statements, database=world.name)

    execute("create table orders (id serial primary key)", "insert into orders default values")
    (tmp_path / "copy").mkdir()
    await world.database.copies.back_up(tmp_path / "copy")
    execute(*["insert into orders default values"] * 3, "create sequence only_now")
    await world.database.copies.restore(tmp_path / "copy", "restored_with_sequences")
    await world.database.switch.close_to_writers()
    await world.database.switch.swap("restored_with_sequences", "kept_with_sequences")
    assert execute("insert into orders default values returning id") == [(5,)]
    world.server.execute("drop database kept_with_sequences")


class TestNames:
    @pytest.fixture
    def longest(self, server: PostgresServer) -> Iterator[str]:
        """A database whose name has all the 63 bytes that PostgreSQL keeps, in 32 characters."""
        name = "ü" * 31 + "x"
        server.execute(f'create database "{name}"')
        server.execute("create table numbers as select 1 as number", database=name)
        yield name
        server.execute(f'drop database if exists "{name}" with (force)')

    async def test_a_proof_never_removes_a_database_whose_name_is_long(
        self, server: PostgresServer, longest: str, tmp_path: Path
    ) -> None:
        """The server cuts off what is too long: the name of the scratch database was then that of the database."""
        copies = database(tmp_path, server.url(longest)).copies
        taken = await Backups("main", tmp_path / "backups", BackupOptions(), copies, SystemClock()).take_proven("first")
        assert taken.proof is not None
        assert server.execute("select number from numbers", database=longest) == [(1,)]

    async def test_a_name_of_which_the_server_would_take_a_part_is_refused(
        self, server: PostgresServer, longest: str, tmp_path: Path
    ) -> None:
        copies = database(tmp_path, server.url(longest)).copies
        (tmp_path / "backup").mkdir()
        await copies.back_up(tmp_path / "backup")
        for attempt in (copies.restore(tmp_path / "backup", f"{longest}_copy"), copies.drop(f"{longest}_copy")):
            with pytest.raises(DatabaseFailed) as refusal:
                await attempt
            assert (refusal.value.what, refusal.value.do) == (
                f"`{longest}_copy` is too long for the name of a database: PostgreSQL keeps 63 bytes of it",
                "Choose a shorter name; nothing was touched.",
            )
        assert server.execute("select number from numbers", database=longest) == [(1,)]

    @pytest.mark.parametrize("key", ["primary key", ""])
    async def test_rows_of_tables_and_columns_with_percent_signs_are_exported(
        self, world: PostgresWorld, tmp_path: Path, key: str
    ) -> None:
        make, fill = f'create table "%s %(x)s" ("100%" int {key})', 'insert into "%s %(x)s" values (1)'
        world.server.execute(make, fill, database=world.name)
        server = world.server
        server.execute("create database empty_shop")
        try:
            server.execute(make, database="empty_shop")
            rows = world.database.rows
            assert rows is not None
            async with exporting(Side(rows), tmp_path / "files") as export:
                await data_diff(Side(rows, "empty_shop"), Side(rows), lambda table: "%" in table, export.rows_of)
            (file,) = export.files.values()
            assert file.path.read_text() == '"100%"\n1\n'
        finally:
            server.execute("drop database empty_shop with (force)")

    async def test_a_column_named_as_we_name_rows_hides_no_other_column_from_the_checksum(
        self, world: PostgresWorld
    ) -> None:
        world.server.execute(
            "create table t (flight_row int, other int)", "insert into t values (1, 1)", database=world.name
        )
        before = await world.database.copies.fingerprint()
        world.server.execute("update t set other = 2", database=world.name)
        assert (await world.database.copies.fingerprint()).tables["public.t"] != before.tables["public.t"]


class TestClosing:
    async def test_whoever_is_connected_can_write_no_more_when_it_is_closed(
        self, world: PostgresWorld, tmp_path: Path
    ) -> None:
        """Another program with a role of its own, which the plan does not name, writes over the connection it has."""
        world.server.execute("drop role if exists worker", "create role worker login password 'w'")
        world.server.execute("grant all on numbers to worker", database=world.name)
        assert world.database.switch is not None
        with psycopg.connect(world.server.url(world.name, "worker", "w"), autocommit=True) as worker:
            worker.execute("insert into numbers values (1001, 'before')")
            await world.database.switch.close_to_writers()
            with pytest.raises(psycopg.OperationalError):
                worker.execute("insert into numbers values (1002, 'after')")
        with (
            psycopg.connect(world.server.url(world.name, "worker", "w"), autocommit=True) as later,
            pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
        ):
            later.execute("insert into numbers values (1003, 'after')")
        await world.database.switch.open_to_writers()

    async def test_it_is_closed_when_a_commit_that_was_under_way_has_come_to_its_end(
        self, world: PostgresWorld
    ) -> None:
        """A stopped process stands for a server that takes its time: it could commit after the last backup began."""
        assert world.database.switch is not None
        with psycopg.connect(world.server.url(world.name, f"app_of_{world.name}", "app"), autocommit=True) as app:
            os.kill(app.info.backend_pid, signal.SIGSTOP)
            closing = asyncio.ensure_future(world.database.switch.close_to_writers())
            try:
                await asyncio.sleep(0.7)
                assert not closing.done()
            finally:
                os.kill(app.info.backend_pid, signal.SIGCONT)
            await closing
        await world.database.switch.open_to_writers()

    async def test_a_connection_that_nobody_here_may_end_is_named_before_anybody_is_asked(
        self, world: PostgresWorld, tmp_path: Path
    ) -> None:
        world.server.execute(
            "drop role if exists keeper", "create role keeper login createdb password 'k'",
            f"grant app_of_{world.name} to keeper", f"alter database {world.name} owner to keeper",
        )  # fmt: skip
        try:
            url = world.server.url(world.name, "keeper", "k")
            switch = database(tmp_path, url, app_roles=[f"app_of_{world.name}"]).switch
            assert switch is not None
            await switch.look()
            with psycopg.connect(world.server.url(world.name), autocommit=True):
                with pytest.raises(DatabaseFailed) as refusal:
                    await switch.close_to_writers()
                await switch.open_to_writers()
            assert (refusal.value.what, refusal.value.do) == (
                f"database main cannot be closed to writers: connections of {OWNER} may not be ended by the role of "
                f"`url`, and could write",
                "End them yourself, or let the role of `url` do it, and try again.",
            )
        finally:
            world.server.execute(f"alter database {world.name} owner to {OWNER}")
