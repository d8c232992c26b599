"""What is wrong with a database, its programs or its plan `flight run` says word for word, and touches nothing."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from flightrules.testing.postgres_server import PostgresServer
from tests.database.proving import DESTRUCTIVE, EXPANDS, Orders, PostgresOrders, SqliteOrders, Story
from tests.stories.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.end()


@pytest.fixture
def postgres(server: PostgresServer) -> Iterator[PostgresOrders]:
    made = PostgresOrders(server)
    yield made
    made.close()


def ready(world: World, orders: Orders, **agreed: Any) -> Story:
    """A shop whose v1 serves."""
    story = Story(world, orders, EXPANDS, **agreed)
    story.given.with_stable("v1")
    return story


def says(story: Story, what: str, do: str) -> None:
    """`flight run` ends before anything is touched, and says exactly this."""
    ended = story.world.flight("run", "v2")
    assert f"not started: {what}\n" in ended.said, ended.said
    assert ended.status == 6
    [refused] = story.world.entries("release.refused")
    assert (refused.event.data["why"], refused.event.data["do"]) == (what, do)
    assert not story.world.entries("backup.taken") and not story.world.entries("migration.started")
    assert story.world.running() == {"v1"}


def agreeing(story: Story, **options: Any) -> None:
    """Let the plan say something else of its database."""
    world = story.world
    world.agree_on(world.plan | {"databases": {"main": {**world.plan["databases"]["main"], **options}}})


def with_url(story: Story, url: str) -> None:
    """Let `flight` reach the database over another address."""
    (story.world.folder / ".env").write_text(f"ORDERS={story.orders.address()}\nORDERS_URL={url}\n")


def test_what_is_wrong_with_a_server_is_said_before_anything_is_touched(
    world: World, postgres: PostgresOrders, tmp_path: Path
) -> None:
    story, server, name = ready(world, postgres), postgres.server, postgres.name
    with_url(story, server.url(name, postgres.owner, "wr0ng-secret"))
    says(
        story,
        f'database main ({name}) cannot be reached: password authentication failed for user "{postgres.owner}"',
        "Check the user and the password in `url`.",
    )
    assert "wr0ng-secret" not in world.said()
    with_url(story, server.url("nothing", postgres.owner, "owner"))
    says(
        story,
        'database main (nothing) cannot be reached: database "nothing" does not exist',
        "Check the name of the database in `url`, or create it.",
    )
    with_url(story, server.url(name, postgres.app, "app"))
    says(
        story,
        f"the role {postgres.app} may not create databases on the server of database main, so no backup can be proven "
        "or restored",
        f'As a superuser, run: ALTER ROLE "{postgres.app}" CREATEDB;',
    )
    with older(server, tmp_path) as (address, minor):
        with_url(story, f"postgresql://{postgres.owner}:owner@/{name}?host={address}")
        says(
            story,
            f"database main is on PostgreSQL 13.{minor}; Flight Rules needs 14 or later",
            "Upgrade the server, or use the kind `command` with commands of your own.",
        )


def test_what_is_wrong_with_its_programs_and_folders_is_said_before_anything_is_touched(
    world: World, postgres: PostgresOrders
) -> None:
    story = ready(world, postgres)
    old = world.folder / "old"
    old.mkdir()
    for name in ("pg_dump", "pg_restore"):
        (old / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) 13.4'\n")
        (old / name).chmod(0o755)
    major, minor = version_of(postgres.server)
    agreeing(story, tools=str(old))
    says(
        story,
        f"pg_dump is of version 13.4, older than the server of database main ({major}.{minor}): it refuses to work "
        "with it",
        f"Install the client programs of version {major} or later, and set `tools` to the folder that has them.",
    )
    agreeing(story, tools=str(world.folder))
    says(
        story,
        f"pg_dump is not there (in {world.folder}); database main cannot be backed up without it",
        "Install PostgreSQL's client programs (Debian: apt-get install postgresql-client), or set `tools` to the "
        "folder that has them.",
    )
    agreeing(story, tools="/usr/bin", backup={"folder": str(world.plan_file)})
    says(
        story,
        f"the folder for backups of database main cannot be written: {world.plan_file}: File exists",
        "Make it writable for who runs `flight`, or set `backup.folder` to another one.",
    )
    agreeing(story, backup={}, app_roles=["nobody_at_all"])
    says(story, "there is no role nobody_at_all on the server of database main", "Check `app_roles`.")


def test_what_is_wrong_with_its_migrations_is_said_and_the_database_is_as_it_was(world: World) -> None:
    story = ready(world, SqliteOrders(world.folder))
    agreeing(story, migrate="db-tool up", revision="echo a1", sql="echo")
    says(
        story,
        "what is pending for database main cannot be told: there is no `db-tool`, with which database main is migrated",
        "Install it where `flight` runs, let `build` install it, or write its whole path.",
    )
    second = (world.folder / "versions" / "v2" / "migrations" / "versions" / "b2.py").read_text()
    (world.folder / "versions" / "v2" / "migrations" / "versions" / "c2.py").write_text(second.replace('"b2"', '"c2"'))
    agreeing(story, migrate="alembic upgrade head", revision=None, sql=None)
    says(
        story,
        "what is pending for database main cannot be told: the migrations of database main have 2 heads: b2, c2",
        "Merge them (`alembic merge heads`), or name the one that is meant; nothing was touched.",
    )
    agreeing(story, migrate="sleep 600", within="1500ms", revision="echo a1", sql="echo 'select 1'")
    ended = world.flight("run", "v2")
    assert ended.status == 1
    assert (
        "v2 was called back, v1 has all the traffic again: `migrate` of database main took longer than 1.5s and was "
        "ended; revision in force now: a1.\n"
    ) in ended.said
    assert not [each for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == ["sleep", "600"]]


def test_a_backup_that_was_changed_is_not_restored_and_the_database_is_as_it_was(world: World) -> None:
    story = Story(world, SqliteOrders(world.folder), DESTRUCTIVE)
    writers = story.begun()

    def change(step: str) -> None:
        if step == "database/main/restore/look":
            for data in (world.state / "databases" / "main" / "backups").glob("2*/data/database.sqlite"):
                data.write_bytes(data.read_bytes()[:-1] + b"x")

    story.to_the_end(at_step=change)
    story.then.outcome("rolled back")
    [left], [taken] = world.entries("database.left"), world.entries("backup.taken")
    backup = taken.event.data["backup"]
    assert left.event.data["why"] == (
        f"backup {backup} of database main was changed: database.sqlite is missing or not what was written"
    )
    story.found(writers)


@contextlib.contextmanager
def older(server: PostgresServer, folder: Path) -> Iterator[tuple[Path, int]]:
    """Stand before a server and let it say that it is of version 13."""
    major, minor = version_of(server)
    told = f"server_version\0{major}".encode()
    path = folder / ".s.PGSQL.5432"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        threading.Thread(target=_forward, args=(listening, server, told), daemon=True).start()
        yield folder, minor


def version_of(server: PostgresServer) -> tuple[int, int]:
    ((version,),) = server.execute("select current_setting('server_version_num')::int")
    return int(str(version)) // 10000, int(str(version)) % 10000


def _forward(listening: socket.socket, server: PostgresServer, told: bytes) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listening.accept()
            behind = socket.socket(socket.AF_UNIX)
            behind.connect(str(server.socket / ".s.PGSQL.5432"))
            threading.Thread(target=_copy, args=(client, behind, b"", b""), daemon=True).start()
            threading.Thread(target=_copy, args=(behind, client, told, told[:-2] + b"13"), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket, old: bytes, new: bytes) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data.replace(old, new) if old else data)
        target.shutdown(socket.SHUT_WR)
