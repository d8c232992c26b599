"""The team's own tool: what it would run is known before, what it did is said exactly, and nothing of it is left."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flightrules.databases import postgres, sqlite
from flightrules.databases._migrations import TeamMigrations
from flightrules.databases._postgres.linter import squawk
from flightrules.domain.errors import MigrationFailed
from flightrules.domain.migrations import MigrationClass
from flightrules.ports.database import Migrations
from flightrules.processes.birth import born
from flightrules.testing.fake_fence import FakeFence
from tests.database.worlds import PostgresWorld, SqliteWorld, shared

ALEMBIC = f"{sys.executable} -m alembic"
ENV = """
import os
from alembic import context
from sqlalchemy import create_engine
url = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:")
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""
REVISION = """
from alembic import op
import sqlalchemy as sa
revision, down_revision = {revision!r}, {before!r}
def upgrade():
    {up}
def downgrade():
    {down}
"""
NOTE = ("op.add_column('numbers', sa.Column('note', sa.Text()))", "op.drop_column('numbers', 'note')")
UNIQUE = ("op.create_index('i', 'numbers', ['note'], unique=True)", "op.drop_index('i')")
DROP = ("op.drop_table('numbers')", "raise RuntimeError('there is no way back')")


def project(folder: Path, *revisions: tuple[str, str | None, tuple[str, str]]) -> None:
    """A project with these revisions: name, the one before, and the two lines."""
    (folder / "migrations" / "versions").mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    (folder / "migrations" / "env.py").write_text(ENV)
    for name, before, (up, down) in revisions:
        text = REVISION.format(revision=name, before=before, up=up, down=down)
        (folder / "migrations" / "versions" / f"{name}.py").write_text(text)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SqliteWorld]:
    world = SqliteWorld(tmp_path, "wal")
    yield world
    world.close()


def migrations(folder: Path, fence: FakeFence | None = None, **options: Any) -> Migrations:
    made = sqlite.create(sqlite.Options(path=Path("shop/shop.db"), **options), **shared(folder, fence or FakeFence()))
    assert made.migrations is not None
    return made.migrations


async def failure(awaited: Any) -> MigrationFailed:
    with pytest.raises(MigrationFailed) as failed:
        await awaited
    return failed.value


ALEMBIC_LINES = {"migrate": f"{ALEMBIC} upgrade head", "undo": f"{ALEMBIC} downgrade $previous_revision"}


@pytest.mark.slow
async def test_what_alembic_would_run_is_known_before_then_run_and_taken_back(
    world: SqliteWorld, tmp_path: Path
) -> None:
    project(tmp_path, ("a1", None, NOTE), ("b2", "a1", UNIQUE))
    team = migrations(tmp_path, **ALEMBIC_LINES)
    assert await team.revision(tmp_path) == ""
    pending = await team.pending(tmp_path)
    assert (pending.revision, pending.revisions, pending.why) == ("", ("a1", "b2"), "")
    assert pending.migration_class is MigrationClass.REVERSIBLE
    assert [one.why for one in pending.findings if one.migration_class is MigrationClass.REVERSIBLE] == [
        "rows that stable writes may be refused"
    ]
    await team.migrate(tmp_path)
    assert await team.revision(tmp_path) == "b2"
    await team.undo(tmp_path, "a1")
    assert await team.revision(tmp_path) == "a1"
    assert (await team.pending(tmp_path)).revisions == ("b2",)


@pytest.mark.slow
async def test_alembic_is_found_where_flight_has_it_and_one_on_the_path_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a folder with spaces"
    folder.mkdir()
    world = SqliteWorld(folder, "wal")
    project(folder, ("a1", None, NOTE))
    team = migrations(folder, migrate="alembic upgrade head", undo="alembic downgrade $previous_revision")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    await team.migrate(folder)
    assert await team.revision(folder) == "a1"
    own = tmp_path / "bin" / "alembic"
    own.parent.mkdir()
    own.write_text("#!/bin/sh\necho 0815\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", f"{own.parent}:/usr/bin:/bin")
    assert await team.revision(folder) == "0815"
    world.close()


@pytest.mark.slow
async def test_two_heads_are_refused_before_anything_is_touched(world: SqliteWorld, tmp_path: Path) -> None:
    project(tmp_path, ("a1", None, NOTE), ("b2", "a1", UNIQUE), ("c3", "a1", DROP))
    failed = await failure(migrations(tmp_path, **ALEMBIC_LINES).pending(tmp_path))
    assert failed.what == "the migrations of database main have 2 heads: b2, c3"
    assert failed.do == "Merge them (`alembic merge heads`), or name the one that is meant; nothing was touched."


@pytest.mark.slow
async def test_a_migration_that_fails_says_what_is_in_force_now(world: SqliteWorld, tmp_path: Path) -> None:
    project(tmp_path, ("a1", None, NOTE), ("b2", "a1", ("op.execute('select nonsense')", "pass")))
    failed = await failure(migrations(tmp_path, **ALEMBIC_LINES).migrate(tmp_path))
    assert failed.what.startswith("`migrate` of database main ended with status 1: ")
    assert failed.what.endswith(("; revision in force now: a1", "; revision in force now: none"))
    assert failed.details["revision"] in ("a1", "none")
    assert any("nonsense" in line for line in failed.details["log"])


async def test_a_tool_that_is_missing_is_said_so(world: SqliteWorld, tmp_path: Path) -> None:
    failed = await failure(migrations(tmp_path, migrate="prismaa migrate deploy", revision="echo 7").migrate(tmp_path))
    assert failed.what.startswith("`migrate` of database main could not be run: ")
    assert "prismaa" in failed.what
    assert failed.what.endswith("; revision in force now: 7")
    assert failed.do == "Install the tool where `flight` runs, or write its whole path."


@pytest.mark.parametrize("line, was", [("exit 1", None), ("kill -9 $$", True), ("sh -c 'kill -9 $$'; exit $?", True)])
async def test_a_tool_that_a_signal_ended_did_not_say_itself_that_it_failed(
    world: SqliteWorld, tmp_path: Path, line: str, was: bool | None
) -> None:
    failed = await failure(migrations(tmp_path, migrate="up", undo=line).undo(tmp_path, ""))
    assert failed.details.get("cut_off") is was


async def test_a_migration_that_hangs_is_ended_with_all_its_children(world: SqliteWorld, tmp_path: Path) -> None:
    (tmp_path / "hang").write_text("sleep 977 & echo $! >child; sleep 977\n")
    team = migrations(tmp_path, migrate="sh ./hang", revision="echo 7", within=0.5)
    failed = await failure(team.migrate(tmp_path))
    assert failed.what == "`migrate` of database main took longer than 500ms and was ended; revision in force now: 7"
    assert failed.details["cut_off"]
    assert born(int((tmp_path / "child").read_text())) is None


async def test_a_migration_that_is_given_up_is_ended_first(world: SqliteWorld, tmp_path: Path) -> None:
    (tmp_path / "hang").write_text("echo $$ >child; exec sleep 977\n")
    migrating = asyncio.create_task(migrations(tmp_path, migrate="sh ./hang").migrate(tmp_path))
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
        await asyncio.wait({migrating}, timeout=0.02)
    migrating.cancel()
    await asyncio.wait({migrating})
    assert born(int((tmp_path / "child").read_text())) is None


async def test_the_sql_that_another_tool_prints_is_judged_too(world: SqliteWorld, tmp_path: Path) -> None:
    team = migrations(tmp_path, migrate="true", revision="echo 7", sql="echo 'DROP TABLE numbers;'")
    pending = await team.pending(tmp_path)
    assert (pending.revision, pending.migration_class) == ("7", MigrationClass.DESTRUCTIVE)


async def test_without_sql_a_migration_is_unknown_and_it_is_said_why(world: SqliteWorld, tmp_path: Path) -> None:
    pending = await migrations(tmp_path, migrate="sh migrate").pending(tmp_path)
    assert pending.migration_class is MigrationClass.UNKNOWN
    assert pending.why == "nothing prints the SQL that it would run; set `sql`"
    broken = await migrations(tmp_path, migrate="sh migrate", sql="echo oh dear; exit 3").pending(tmp_path)
    assert broken.why.startswith("the SQL that it would run cannot be had: `sql` of database main ended with status 3")
    assert broken.migration_class is MigrationClass.UNKNOWN


async def test_a_tool_that_is_not_there_is_found_before_anything_is_touched(world: SqliteWorld, tmp_path: Path) -> None:
    with pytest.raises(MigrationFailed) as refused:
        await migrations(tmp_path, migrate="prisma-of-nobody migrate deploy").pending(tmp_path)
    assert refused.value.what == "there is no `prisma-of-nobody`, with which database main is migrated"


async def test_what_a_tool_prints_among_its_answers_says_why_it_failed(world: SqliteWorld, tmp_path: Path) -> None:
    said = "Can't locate revision identified by 'r2'"
    with pytest.raises(MigrationFailed) as failed:
        await migrations(tmp_path, migrate="sh migrate", revision=f'echo "{said}"; exit 255').revision(tmp_path)
    assert failed.value.what == f"`revision` of database main ended with status 255: {said}"
    assert failed.value.details["ahead"] == "r2"


async def test_who_lost_the_lease_migrates_nothing(world: SqliteWorld, tmp_path: Path) -> None:
    fence = FakeFence()
    fence.lost = True
    with pytest.raises(Exception, match="another process holds the lease by now"):
        await migrations(tmp_path, fence, migrate="touch migrated").migrate(tmp_path)
    assert not (tmp_path / "migrated").exists()


async def test_squawk_says_what_locks_and_what_rewrites(tmp_path: Path) -> None:
    sql = tmp_path / "pending.sql"
    sql.write_text(
        "BEGIN;\nCREATE INDEX i ON numbers (text);\nALTER TABLE numbers ALTER COLUMN number TYPE bigint;\n"
        "UPDATE alembic_version SET version_num='b2' WHERE alembic_version.version_num = 'a1';\nCOMMIT;\n"
    )
    dangers = await squawk(sql)
    assert dangers is not None
    assert {("require-concurrent-index-creation", 2), ("changing-column-type", 3)} <= {
        (d.rule, d.line) for d in dangers
    }
    assert not [one for one in dangers if one.line == 4 or one.rule.startswith(("prefer-", "require-lock"))]


@pytest.mark.slow
async def test_a_migration_gives_up_waiting_for_a_lock_and_begins_again(server: Any, tmp_path: Path) -> None:
    import psycopg

    project(tmp_path, ("a1", None, NOTE))
    world = PostgresWorld(server, tmp_path, lock_timeout=0.2, lock_tries=2, lock_pause=0.1, **ALEMBIC_LINES)
    try:
        team = world.database.migrations
        assert team is not None
        pending = await team.pending(tmp_path)
        assert (pending.migration_class, pending.linted) == (MigrationClass.EXPAND_ONLY, True)
        with psycopg.connect(server.url(world.name)) as holding:
            holding.execute("select * from numbers limit 1")
            failed = await failure(team.migrate(tmp_path))
            assert "lock timeout" in str(failed.details["log"])
            assert failed.what.endswith(" after 2 tries; revision in force now: none")
        await team.migrate(tmp_path)
        assert await team.revision(tmp_path) == "a1"
    finally:
        world.close()


async def test_a_password_that_a_tool_took_out_of_the_address_is_not_told(tmp_path: Path) -> None:
    """No server is asked: the tool fails with nothing but what it read."""
    line = "echo 'no password p@ss/w rd for owner, sent as p%40ss%2Fw%20rd'; exit 1"
    options = postgres.Options(
        url="postgresql://owner:p%40ss%2Fw%20rd@localhost/shop", migrate="true", revision=line, app_roles=("shop",)
    )
    migrations = postgres.create(options, **shared(tmp_path, FakeFence())).migrations
    assert migrations is not None
    error = await failure(migrations.revision(tmp_path))
    assert error.what == "`revision` of database main ended with status 1: no password … for owner, sent as …"
    assert error.details["log"] == ["no password … for owner, sent as …"]


@pytest.mark.slow
class TestWhatAToolLeavesOnTheServer:
    """A statement by itself, whose client is killed: the server would go on with it, and commit it in the end.

    It takes longer than a tool gets to end by itself.
    """

    LINE = 'psql -q "$DATABASE_URL" -c "insert into numbers select 999, {} from pg_sleep(5)"'

    @pytest.fixture
    def postgres(self, server: Any, tmp_path: Path) -> Iterator[PostgresWorld]:
        world = PostgresWorld(
            server, tmp_path, migrate=self.LINE.format("'late'"), revision="echo a1", within=0.7, lock_tries=1
        )
        yield world
        world.close()

    async def test_what_took_too_long_changes_nothing_afterwards(self, postgres: PostgresWorld, tmp_path: Path) -> None:
        assert postgres.database.migrations is not None
        error = await failure(postgres.database.migrations.migrate(tmp_path))
        assert "took longer than 700ms and was ended" in error.what
        await asyncio.sleep(4.5)
        assert 999 not in postgres.numbers()

    async def test_what_was_given_up_changes_nothing_afterwards(self, postgres: PostgresWorld, tmp_path: Path) -> None:
        assert postgres.database.migrations is not None
        migrating = asyncio.ensure_future(postgres.database.migrations.migrate(tmp_path))
        await asyncio.sleep(0.4)
        migrating.cancel()
        with pytest.raises(asyncio.CancelledError):
            await migrating
        await asyncio.sleep(4.5)
        assert 999 not in postgres.numbers()

    async def test_what_a_killed_process_left_is_ended_before_it_runs_again(
        self, postgres: PostgresWorld, tmp_path: Path
    ) -> None:
        migrations = postgres.database.migrations
        assert isinstance(migrations, TeamMigrations)
        name = migrations.environment["PGAPPNAME"]
        with psycopg.connect(postgres.server.url(postgres.name), application_name=name) as left:
            await failure(migrations.migrate(tmp_path))
            with pytest.raises(psycopg.OperationalError):
                left.execute("select 1")
