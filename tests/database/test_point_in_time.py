"""A PostgreSQL whose server archives its log: a moment is marked, restored from the archive, and compared."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from flightrules.clocks.system import SystemClock
from flightrules.databases import postgres
from flightrules.databases._postgres import wal
from flightrules.databases._postgres.account import Account
from flightrules.databases._postgres.point_in_time import LOG_ROOM, PointInTimeCopies
from flightrules.domain.errors import DatabaseUnusable, FlightError
from flightrules.domain.fingerprints import differences
from flightrules.ports.database import BackupOptions
from flightrules.recovery.backups import Backups
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.postgres_server import PostgresServer, missing, running_server
from tests.database.worlds import PostgresWorld, shared

pytestmark = pytest.mark.slow
POSTGRES = Account("postgres")
PUSH = "pgbackrest --config={} --stanza=main archive-push %p"


@dataclass(frozen=True)
class Archived:
    """A server, and in a folder beside it the pgBackRest that keeps its archive."""

    server: PostgresServer
    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "pgbackrest.conf"

    def run(self, *words: str) -> str:
        line = POSTGRES.line("pgbackrest", f"--config={self.config}", "--stanza=main", *words)
        return subprocess.run(line, shell=True, check=True, cwd="/", stdout=subprocess.PIPE, timeout=60).stdout.decode()

    def options(self, **further: Any) -> dict[str, Any]:
        return {"stanza": "main", "config": self.config, "folder": self.folder, **further}

    def world(self, tmp_path: Path, **further: Any) -> PostgresWorld:
        return PostgresWorld(self.server, tmp_path, point_in_time=self.options(**further))

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("repository/archive/main/*/*/0*-*"))

    def copies_of_the_cluster(self) -> list[Path]:
        return list(self.folder.glob("flight-point-*"))


def quick() -> str | None:
    """Return a folder in memory where there is room: pgBackRest brings each of a thousand files onto the disk."""
    there = Path("/dev/shm")
    return str(there) if there.is_dir() and shutil.disk_usage(there).free > 2 << 30 else None


@pytest.fixture(scope="module")
def archived() -> Iterator[Archived]:
    if why := missing() or ("" if shutil.which("pgbackrest") else "apt-get install pgbackrest"):
        pytest.skip(why)
    with running_server() as server, tempfile.TemporaryDirectory(prefix="flight-archive-", dir=quick()) as named:
        archived = Archived(server, folder := Path(named))
        for each in (folder, *(folder / name for name in ("repository", "log", "lock", "spool"))):
            each.mkdir(exist_ok=True)
            POSTGRES.own(each)
        archived.config.write_text(
            f"[global]\nrepo1-path={folder}/repository\nlog-path={folder}/log\nlock-path={folder}/lock\n"
            f"spool-path={folder}/spool\nrepo1-retention-full=2\nrepo1-bundle=y\nstart-fast=y\n"
            f"log-level-console=off\n"
            f"[main]\npg1-path={server.socket}/data\npg1-socket-path={server.socket}\npg1-user=archivist\n"
        )
        rules = server.socket / "data" / "pg_hba.conf"
        rules.write_text(f"local all archivist trust\n{rules.read_text()}")
        server.execute(
            "create role archivist superuser login",
            "alter system set archive_mode to on",
            f"alter system set archive_command to '{PUSH.format(archived.config)}'",
        )
        server.restart()
        archived.run("stanza-create")
        archived.run("--type=full", "backup")
        yield archived


@pytest.fixture
def world(archived: Archived, tmp_path: Path) -> Iterator[PostgresWorld]:
    world = archived.world(tmp_path)
    yield world
    world.close()


def copies_of(world: PostgresWorld) -> PointInTimeCopies:
    assert isinstance(world.database.copies, PointInTimeCopies)
    return world.database.copies


async def refusal(world: PostgresWorld) -> tuple[str, str]:
    try:
        with pytest.raises(DatabaseUnusable) as refused:
            await world.database.copies.look()
    finally:
        world.close()
    return refused.value.what, refused.value.do


class Writers:
    """Applications that write one number after the other, each in a transaction of its own, all the time."""

    def __init__(self, world: PostgresWorld, several: int) -> None:
        self.acknowledged: dict[int, float] = {}
        self._world, self._clock, self._ended = world, SystemClock(), threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(1000 + n, several)) for n in range(several)]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _write(self, number: int, step: int) -> None:
        with psycopg.connect(self._world.server.url(self._world.name), autocommit=True) as connection:
            while not self._ended.wait(0.003):
                connection.execute("insert into numbers values (%s, 'written')", (number,))
                self.acknowledged[number] = self._clock.monotonic()
                number += step


async def test_all_that_was_written_before_the_moment_is_restored_exactly_and_nothing_later(
    archived: Archived, world: PostgresWorld, tmp_path: Path
) -> None:
    clock, backup = SystemClock(), tmp_path / "backup"
    backup.mkdir()
    with Writers(world, 3) as writers:
        while len(writers.acknowledged) < 100:
            await clock.sleep(0.01)
        began, before = clock.monotonic(), set(writers.acknowledged)
        content = await world.database.copies.back_up(backup)
        ended = clock.monotonic()
        while len([at for at in writers.acknowledged.values() if at > ended]) < 50:
            await clock.sleep(0.01)
    world.write(51)
    assert {path.name for path in backup.iterdir()} == {"point.json"}
    await world.database.copies.restore(backup, "restored")
    restored = world.numbers("restored")
    assert differences(content, await world.database.copies.fingerprint("restored")) == ()
    assert set(range(1, 51)) | before <= restored
    assert not restored & ({51} | {number for number, at in writers.acknowledged.items() if at > ended})
    assert began < ended and archived.copies_of_the_cluster() == []


async def test_what_was_not_committed_at_the_moment_is_not_restored_and_holds_nothing_up(
    world: PostgresWorld, tmp_path: Path
) -> None:
    (tmp_path / "backup").mkdir()
    with psycopg.connect(world.server.url(world.name)) as connection:
        connection.execute("insert into numbers values (51, 'long')")
        world.write(52)
        content = await world.database.copies.back_up(tmp_path / "backup")
    assert world.numbers() == set(range(1, 53))
    await world.database.copies.restore(tmp_path / "backup", "restored")
    assert world.numbers("restored") == set(range(1, 53)) - {51}
    assert differences(content, await world.database.copies.fingerprint("restored")) == ()


async def test_a_commit_that_waits_for_a_standby_is_waited_for(world: PostgresWorld, tmp_path: Path) -> None:
    """It is in the log already, and nobody sees it yet: there is no moment to compare with."""
    (tmp_path / "backup").mkdir()
    world.server.execute("alter system set synchronous_standby_names to 'nobody'", "select pg_reload_conf()")
    writing = threading.Thread(target=world.write, args=(51,))
    try:
        writing.start()
        await SystemClock().sleep(0.5)
        marking = asyncio.create_task(world.database.copies.back_up(tmp_path / "backup"))
        await asyncio.wait({marking}, timeout=3)
        assert not marking.done() and world.numbers() == set(range(1, 51))
    finally:
        world.server.execute("alter system reset synchronous_standby_names", "select pg_reload_conf()")
        writing.join()
    content = await marking
    await world.database.copies.restore(tmp_path / "backup", "restored")
    assert world.numbers("restored") == set(range(1, 52))
    assert differences(content, await world.database.copies.fingerprint("restored")) == ()


async def test_backups_from_before_the_plan_said_so_are_restored_and_moments_say_what_they_need(
    archived: Archived, world: PostgresWorld, tmp_path: Path
) -> None:
    dumps = copies_of(world).dumps
    (tmp_path / "dump").mkdir()
    await dumps.back_up(tmp_path / "dump")
    await world.database.copies.restore(tmp_path / "dump", "restored")
    assert world.numbers("restored") == set(range(1, 51))
    (tmp_path / "point").mkdir()
    (tmp_path / "point" / "point.json").write_text("{}")
    with pytest.raises(FlightError) as failure:
        await dumps.restore(tmp_path / "point", "again")
    assert (failure.value.what, failure.value.do) == (
        "this backup of database main is a point in time, and the plan does not say who keeps the archive",
        "Put `point_in_time` back into the plan, with the stanza that it had.",
    )
    with pytest.raises(FlightError, match="cannot be read: 'form'"):
        await world.database.copies.restore(tmp_path / "point", "again")


async def test_a_moment_is_proven_listed_and_restored_as_every_backup(world: PostgresWorld, tmp_path: Path) -> None:
    world.server.execute("create unlogged table cache (a int)", "insert into cache values (1)", database=world.name)
    backups = Backups("main", tmp_path / "backups", BackupOptions(), world.database.copies, SystemClock())
    backup = await backups.take_proven("before a release")
    assert backup.proof is not None and backup.proof.compared == "schema, rows and checksums"
    assert (backup.content.tables["public.numbers"].rows, backup.content.tables["public.cache"].rows) == (50, 0)
    assert backup.tools[-1].startswith("pgBackRest 2.") and "archived but for the last " in backup.tools[-1]
    world.remove(7)
    (listed,) = backups.listing()
    assert await backups.restore_compared(listed, "restored") == "schema, rows and checksums"
    assert world.numbers("restored") == set(range(1, 51))
    assert world.databases() == {"restored"}


async def test_a_role_that_only_owns_the_database_restores_that_database_and_no_other(
    archived: Archived, tmp_path: Path
) -> None:
    name, server = archived.server.new_database(), archived.server
    owner, url = f"owner_of_{name}", server.url(name, f"owner_of_{name}", "own")
    server.execute(f"create role {owner} login createdb password 'own'", f"alter database {name} owner to {owner}")
    server.execute(f"set role {owner}", "create table numbers as select 1 number", database=name)
    archived.run("--type=incr", "backup")
    (tmp_path / "backup").mkdir()
    options = postgres.Options(url=url, point_in_time=archived.options())
    copies = postgres.create(options, **shared(tmp_path, FakeFence())).copies
    await copies.look()
    content = await copies.back_up(tmp_path / "backup")
    written = json.loads((tmp_path / "backup" / "point.json").read_text())
    newest = json.loads(archived.run("--output=json", "info"))[0]["backup"][-1]
    assert written["label"] == newest["label"]
    assert written["room"] < newest["info"]["size"] + LOG_ROOM
    await copies.restore(tmp_path / "backup", "restored")
    assert await copies.fingerprint("restored") == content
    server.execute("drop database restored", f"drop database {name}")


async def test_a_file_of_the_log_that_is_missing_is_noticed_before_the_migration(
    archived: Archived, world: PostgresWorld, tmp_path: Path
) -> None:
    (tmp_path / "backup").mkdir()
    await world.database.copies.back_up(tmp_path / "backup")
    point = json.loads((tmp_path / "backup" / "point.json").read_text())
    lost = next(path for path in archived.files() if path.name.startswith(point["last"]))
    archived.run("check")
    aside = lost.rename(archived.folder / lost.name)
    try:
        with pytest.raises(DatabaseUnusable) as at_first:
            await world.database.copies.look()
        (tmp_path / "second").mkdir()
        copies = copies_of(world)
        with pytest.raises(FlightError, match="WAL is missing"):
            await replace(copies, archive=replace(copies.archive, arrives_within=1)).back_up(tmp_path / "second")
        with pytest.raises(FlightError, match="WAL is missing"):
            await world.database.copies.restore(tmp_path / "backup", "restored")
    finally:
        aside.rename(lost)
    assert at_first.value.what == (
        f"WAL is missing in the archive of stanza main: {point['last']}; from backup {point['label']} nothing can be "
        "restored to a later time"
    )
    assert list((tmp_path / "second").iterdir()) == []
    assert world.databases() == set()


KILLED = """
import asyncio, sys
from pathlib import Path
from flightrules.databases._postgres import point
from tests.database.test_point_in_time import Archived, copies_of
from tests.database.worlds import shared
from flightrules.databases import postgres
from flightrules.testing.fake_fence import FakeFence

async def hang():
    folder, options = Path(sys.argv[1]), postgres.Options.model_validate_json(sys.stdin.read())
    copies = postgres.create(options, **shared(folder, FakeFence())).copies
    there = point.read(folder / "backup")
    found = await copies.archive.again(there.label, there.system, there.last, there.segment)
    async with copies.scratch.at(found, there):
        print("ready", flush=True)
        await asyncio.sleep(60)

asyncio.run(hang())
"""


async def test_what_a_killed_restore_left_is_ended_and_removed_by_the_next(
    archived: Archived, world: PostgresWorld, tmp_path: Path
) -> None:
    (tmp_path / "backup").mkdir()
    await world.database.copies.back_up(tmp_path / "backup")
    options = world.options.model_dump(mode="json") | {"url": world.options.url.get_secret_value()}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(options))
        process.stdin.close()
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGKILL)
    (left,) = archived.copies_of_the_cluster()
    server = psutil.Process(int((left / "data" / "postmaster.pid").read_text().split()[0]))
    assert server.is_running()
    await world.database.copies.look()
    assert archived.copies_of_the_cluster() == []
    assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE
    await world.database.copies.restore(tmp_path / "backup", "restored")
    assert world.numbers("restored") == set(range(1, 51))


async def test_a_copy_that_somebody_works_with_is_left_alone(
    archived: Archived, world: PostgresWorld, tmp_path: Path
) -> None:
    (tmp_path / "backup").mkdir()
    copies = copies_of(world)
    await copies.back_up(tmp_path / "backup")
    with copies.scratch._held():
        await copies.look()
        (there,) = archived.copies_of_the_cluster()
        with pytest.raises(FlightError) as failure:
            await copies.restore(tmp_path / "backup", "restored")
        assert there.exists()
        assert failure.value.what == (
            f"the folder for a copy of the cluster of database main cannot be made: {there}: File exists"
        )
    there.rmdir()


class TestWhatIsRefused:
    async def test_a_server_that_archives_nothing(self, server: PostgresServer, tmp_path: Path) -> None:
        world = PostgresWorld(server, tmp_path, point_in_time={"stanza": "main", "folder": server.socket})
        assert await refusal(world) == (
            "the server of database main archives no WAL (archive_mode is off), so it cannot go back to a point in "
            "time",
            "Set archive_mode and archive_command as pgBackRest's guide says, or take `point_in_time` out of the plan.",
        )

    async def test_a_stanza_that_is_not_there(self, archived: Archived, tmp_path: Path) -> None:
        assert await refusal(archived.world(tmp_path, stanza="other")) == (
            "pgBackRest cannot restore anything of stanza other: missing stanza path",
            "Run `pgbackrest --stanza=other info` as the user postgres; it needs its stanza (stanza-create) and a full "
            "backup (backup).",
        )

    async def test_the_stanza_of_another_cluster(self, archived: Archived, tmp_path: Path) -> None:
        world = archived.world(tmp_path)
        with pytest.raises(DatabaseUnusable) as refused:
            await copies_of(world).archive.keeper.backups("12345")
        world.close()
        assert refused.value.what == (
            "stanza main of pgBackRest is not the cluster in which database main lies: its system identifier is "
            "another one"
        )

    async def test_pgbackrest_is_not_installed(
        self, archived: Archived, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("pg_dump", "pg_restore", "setpriv", "sh"):
            (tmp_path / name).symlink_to(str(shutil.which(name)))
        world = archived.world(tmp_path)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert await refusal(world) == (
            "pgbackrest is not there (on the path); database main cannot go back to a point in time without it",
            "Install it (Debian: apt-get install pgbackrest), or take `point_in_time` out of the plan.",
        )

    async def test_a_pgbackrest_that_is_too_old(
        self, archived: Archived, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        programs = archived.folder / "old-pgbackrest"
        programs.mkdir()
        (programs / "pgbackrest").write_text("#!/bin/sh\necho 'pgBackRest 2.33'\n")
        for path in (programs, programs / "pgbackrest"):
            path.chmod(0o755)
            POSTGRES.own(path)
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        assert await refusal(archived.world(tmp_path)) == (
            "pgBackRest 2.33 is too old for a restore of database main to a point in time; it takes 2.38 or later",
            "Install a later one, or take `point_in_time` out of the plan.",
        )

    async def test_a_server_program_of_another_version(self, archived: Archived, tmp_path: Path) -> None:
        programs = archived.folder / "old"
        programs.mkdir(exist_ok=True)
        (programs / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 13.4 (Debian 13.4-1)'\n")
        for path in (programs, programs / "postgres"):
            path.chmod(0o755)
            POSTGRES.own(path)
        ((version,),) = archived.server.execute("select current_setting('server_version_num')::int / 10000")
        assert await refusal(archived.world(tmp_path, programs=programs)) == (
            f"{programs}/postgres is of version 13, the server of database main of version {version}: only the same "
            "can read its files",
            f"Install it (Debian: apt-get install postgresql-{version}), or set `point_in_time.programs`.",
        )

    async def test_a_folder_that_the_user_cannot_enter(self, archived: Archived, tmp_path: Path) -> None:
        what, do = await refusal(archived.world(tmp_path, folder=tmp_path / "nowhere"))
        assert f"in {tmp_path}/nowhere, and the user postgres cannot: " in what
        assert do == "Set `point_in_time.folder` to a folder which that user can enter."

    async def test_a_disk_that_is_too_small_for_a_copy_of_the_cluster(
        self, archived: Archived, world: PostgresWorld
    ) -> None:
        copies = replace(copies_of(world), free=lambda folder: 1 << 20)
        with pytest.raises(DatabaseUnusable) as refused:
            await copies.look()
        assert refused.value.what.startswith("a restore of database main to a point in time may need 5")
        assert refused.value.what.endswith(f" MiB for a copy of the cluster, and {archived.folder} has 1 MiB free")

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
    async def test_root_and_no_other_user(self, archived: Archived, tmp_path: Path) -> None:
        assert await refusal(archived.world(tmp_path, user="root")) == (
            "PostgreSQL refuses to run as root, and root is no other user of this machine",
            "Set `point_in_time.user` to the user as which PostgreSQL runs here.",
        )


def test_files_of_the_log_are_counted_over_the_end_of_a_number() -> None:
    size = 16 << 20
    names = {wal.named(1, place, size) for place in range(254, 258)}
    assert sorted(names)[1:3] == ["0000000100000000000000FF", "000000010000000100000000"]
    gone = names - {"000000010000000100000000"}
    assert wal.missing(min(names), max(names), size, gone) == ("000000010000000100000000",)
    assert wal.written(wal.position("16/B374D848")) == "16/B374D848"
