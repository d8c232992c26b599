"""What backups, proofs, migrations and restores of a large database take, beside PostgreSQL's own programs.

First the parts alone, then two real releases that are called back while an application writes: one whose migration is
undone, one that is restored. FLIGHT_BENCH_MEGABYTES has the size of the tables in all, 1024 without it.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bench.big_database import NAME, Write, Writer, fill, timed
from bench.effort import Effort
from bench.figures import percentile
from bench.rows import AtMost, Row
from bench.shop import STAGE, Shop, shop
from flightrules.clocks.system import SystemClock
from flightrules.databases import postgres
from flightrules.databases._alembic import with_own_alembic
from flightrules.ports.database import BackupOptions
from flightrules.processes.commands import ShellCommands
from flightrules.recovery.backups import Backups
from flightrules.recovery.manifest import Backup
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.postgres_server import OWNER, PostgresServer, running_server

TITLE = "a large PostgreSQL database: backup, proof, migration, undo and restore beside PostgreSQL's own programs"

MEGABYTES = int(os.environ.get("FLIGHT_BENCH_MEGABYTES", "1024"))
TRIAL_MEGABYTES = 200
JOBS = "--jobs=2"
TURNS = 2
STEADY = 10.0
"""Seconds of writing before a backup begins: what it is compared with."""

STAGES = f"""\
stages:
  - {{stage: {STAGE}, traffic: 25%, hold: 1h, look: every 1s, pass: error_rate < 100%}}
  - {{stage: full, traffic: 100%, hold: 1h, look: every 1s, pass: error_rate < 100%}}
databases:
  main:
    kind: postgres
    url: ${{BENCH_URL}}
    app_roles: [bench_app]
    migrate: alembic -c bench.ini upgrade head
    undo: alembic -c bench.ini downgrade $previous_revision
    allow: [expand-only, reversible, destructive]
"""
# What Alembic runs each migration by. Offline it only prints the SQL, from which flight reads what a migration does.
ENV = """\
import os
from alembic import context
from sqlalchemy import create_engine

url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
"""
# Filled with the revision, the one before it, what goes forward and what goes back.
MIGRATION = """\
from alembic import op
revision, down_revision = {0!r}, {1!r}
def upgrade():
    {2}
def downgrade():
    {3}
"""
# Forward and back. One migration can be undone; after the other, which loses what it held, only a restore leads back.
REVERSIBLE = ('op.create_index("one_note", "orders_0", ["note", "id"], unique=True)', 'op.drop_index("one_note")')
DESTRUCTIVE = ('op.drop_column("orders_1", "old")', "raise NotImplementedError")


@dataclass
class Measured:
    """Seconds of each part, ours and that of the programs themselves; what the writer saw of the two releases."""

    rows: int
    ours: dict[str, float] = field(default_factory=dict)
    plain: dict[str, float] = field(default_factory=dict)
    stopped: float = 0.0
    refused: int = 0
    writes: int = 0
    quiet: Sequence[Write] = ()
    during_backup: Sequence[Write] = ()


Times = Callable[[Measured], dict[str, float]]
"""Whose time it is."""


async def measure(effort: Effort) -> Sequence[Row]:
    """Measure the parts on a database of its own, then release on it."""
    megabytes = MEGABYTES if effort is Effort.FULL else TRIAL_MEGABYTES
    os.environ["PATH"] = with_own_alembic(os.environ)
    with running_server() as server:
        measured = Measured(await asyncio.to_thread(fill, server, megabytes))
        async with shop(STAGES) as place:
            await _parts(server, place.folder, measured)
            await _releases(server, place, measured)
    return judged(megabytes, measured)


def judged(megabytes: int, measured: Measured) -> list[Row]:
    """Return the rows: each part beside the same work of the programs themselves, in the same run."""
    ours, plain = measured.ours, measured.plain
    of = f"of {megabytes:,} MB, {measured.rows:,} rows"
    p99 = {name: percentile([each.seconds * 1000 for each in writes], 99)
           for name, writes in (("quiet", measured.quiet), ("backup", measured.during_backup))}  # fmt: skip
    return [
        Row("backup, beside `pg_dump -Fd`", ours["backup"] / plain["pg_dump"], "times", AtMost(1.1),
            f"pg_dump {plain['pg_dump']:.1f} s, with gzip level 1 {plain['pg_dump quick']:.1f} s"),
        Row("backup, with all rows counted and summed up", ours["backup"], "s", None, of),
        Row("backup and proof by a restore", ours["proven"], "s", None, of),
        Row("restore, beside `pg_restore` and `analyze`", ours["restore"] / plain["restore"], "times", AtMost(1.1),
            f"pg_restore, analyze: {plain['restore']:.1f} s"),
        Row("restore", ours["restore"], "s", None, of),
        Row("migration (an index), with what is in force looked up", ours["migrate"], "s", None,
            f"alembic {plain['migrate']:.1f} s"),
        Row("undo, with what is in force looked up twice", ours["undo"], "s", None, f"alembic {plain['undo']:.1f} s"),
        Row("writes refused by a reversible way back", measured.refused, "writes", AtMost(0),
            f"of {measured.writes:,}, one every 10 ms"),
        Row("stop of writes by a restore, with consent at once", measured.stopped, "s", None, of),
        Row("a write, p99, while a backup is taken and proven", p99["backup"], "ms", None,
            f"{p99['quiet']:.2f} ms without"),
    ]  # fmt: skip


async def _parts(server: PostgresServer, folder: Path, measured: Measured) -> None:
    """Back up and restore with the programs alone and with ours, in turn; of each the quickest time counts."""
    address = f"postgresql://{OWNER}@/{NAME}?host={server.socket}"
    dumping = ("pg_dump", "--format=directory", JOBS, "--dbname", address)
    commands = ShellCommands(folder / "commands", SystemClock())
    options = postgres.Options(url=SecretStr(server.url(NAME)))
    copies = postgres.create(
        options,
        name="main",
        folder=folder / "work",
        plan_folder=folder,
        commands=commands,
        clock=SystemClock(),
        fence=FakeFence(),
    ).copies
    backups = Backups("main", folder / "backups", BackupOptions(), copies, SystemClock())
    for turn in range(TURNS):
        dump = folder / f"plain-{turn}"
        _settle(server)
        _keep(measured.plain, "pg_dump", await timed(server, *dumping, f"--file={dump}"))
        _settle(server)
        began = time.perf_counter()
        taken = await backups.take("bench")
        _keep(measured.ours, "backup", time.perf_counter() - began)
        _settle(server)
        quick = await timed(server, *dumping, "--compress=1", f"--file={dump}-quick")
        _keep(measured.plain, "pg_dump quick", quick)
        restores = [_restored_by_ours(server, backups, taken), _restored_alone(server, f"{dump}-quick")]
        for restore in reversed(restores) if turn else restores:  # who goes first has it harder
            who, seconds = await restore
            _keep(who(measured), "restore", seconds)


async def _restored_by_ours(server: PostgresServer, backups: Backups, taken: Backup) -> tuple[Times, float]:
    _settle(server)
    began = time.perf_counter()
    await backups.restore(taken, "ours_restored")
    seconds = time.perf_counter() - began
    await backups.copies.drop("ours_restored")
    return lambda measured: measured.ours, seconds


async def _restored_alone(server: PostgresServer, dump: str) -> tuple[Times, float]:
    server.execute("create database plain_restored")
    _settle(server)
    where = ("--dbname", f"postgresql://{OWNER}@/plain_restored?host={server.socket}")
    seconds = await timed(server, "pg_restore", JOBS, *where, dump)
    seconds += await timed(server, "psql", "--command=analyze", *where)
    server.execute("drop database plain_restored")
    return lambda measured: measured.plain, seconds


def _settle(server: PostgresServer) -> None:
    """Let nothing of what came before be written while the next part is timed."""
    server.execute("checkpoint")
    os.sync()


def _keep(times: dict[str, float], part: str, seconds: float) -> None:
    times[part] = min(seconds, times.get(part, seconds))


async def _releases(server: PostgresServer, place: Shop, measured: Measured) -> None:
    """Release, call back: first with an undo, then with a restore."""
    place.plan.with_name(".env").write_text(f"BENCH_URL={server.url(NAME)}\n")
    code = place.folder / "versions" / "v2"
    _write_migrations(code, ("b2", "a1", *REVERSIBLE))
    measured.plain["migrate"] = await timed(server, "alembic", "-c", "bench.ini", "upgrade", "head", folder=code)
    measured.plain["undo"] = await timed(server, "alembic", "-c", "bench.ini", "downgrade", "a1", folder=code)
    writer = Writer(server)
    try:
        began = time.time()
        await asyncio.sleep(STEADY)
        first = await _called_back(place)
        measured.writes, measured.refused = len(writer.writes), sum(not each.taken for each in writer.writes)
        _, ended = first["step.ended", "database/main/backup"]
        since, _ = first["step.started", "database/main/backup"]
        measured.quiet = writer.between(began, began + STEADY)
        measured.during_backup = writer.between(since, ended["at"])
        measured.ours["proven"] = ended["seconds"]
        measured.ours["migrate"] = first["migration.ended", ""][1]["seconds"]
        measured.ours["undo"] = first["migration.undone", ""][1]["seconds"]
        _write_migrations(code, ("b2", "a1", *DESTRUCTIVE))
        second = await _called_back(place)
    finally:
        writer.leave()
    measured.stopped = second["writes.allowed", ""][0] - second["writes.stopped", ""][0]


async def _called_back(place: Shop) -> dict[tuple[str, str], tuple[float, Mapping[str, Any]]]:
    """Release v2, call it back from its first stage, agree to what is asked; return each event: when, and its data."""
    async with place.flight("run", "v2", "--plain") as run:
        release = await place.until(place.records.releases.unfinished, "the release")
        await place.until(lambda: _found(place, release.id).get(("stage.started", "")), "its stage", within=600)
        async with place.flight("abort", "--reason", "the benchmark wants it", "--no-wait") as asked:
            await asked.wait()
        while run.returncode is None:
            if ("question.asked", "") in _found(place, release.id):
                async with place.flight("approve") as approve:
                    await approve.wait()
            await asyncio.sleep(0.2)
    return _found(place, release.id)


def _found(place: Shop, release: str) -> dict[tuple[str, str], tuple[float, Mapping[str, Any]]]:
    entries = place.records.ledger.entries(release=release)
    return {(e.event.kind, str(e.event.data.get("step", ""))): (e.at, {"at": e.at, **e.event.data}) for e in entries}


def _write_migrations(code: Path, migration: tuple[str, str, str, str]) -> None:
    versions = code / "bench_migrations" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    (code / "bench.ini").write_text("[alembic]\nscript_location = %(here)s/bench_migrations\n")
    (versions.parent / "env.py").write_text(ENV)
    (versions / "a1.py").write_text('revision, down_revision = "a1", None\n')
    (versions / "b2.py").write_text(MIGRATION.format(*migration))
