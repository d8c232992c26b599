"""The databases of a release on the way forward: looked at, backed up, migrated, checked.

What comes before the migration touches nothing but backups and copies. Every part is a step of its own, so that a
crash repeats no backup and no migration that had ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flightrules.domain.database_plan import Way
from flightrules.domain.errors import (
    BackupUnusable,
    DatabaseFailed,
    DatabaseUnusable,
    GateFailed,
    MigrationFailed,
    MigrationRefused,
)
from flightrules.domain.migrations import MigrationClass, PendingMigration, by_class
from flightrules.engine.database_run import DatabaseRun
from flightrules.engine.run import Run
from flightrules.phases import approval, data_checks, deployment_day, freezing, migration_rehearsal, row_counts
from flightrules.phases.databases_code import code_of, revision_of
from flightrules.ports.database import Migrations

MOST_SHOWN = 20
"""Statements of each class that the record shows; the rest are counted."""


async def require(run: Run) -> None:
    """Refuse what would fail later, or on the way back, before anybody is asked for anything. Raises `GateFailed`."""
    for each in run.databases:
        await run.step(f"database/{each.name}/look", lambda e=each: _look(e))  # type: ignore[misc]


async def require_still(run: Run) -> None:
    """Look once more before anything is touched: people may have taken days to answer. Raises `GateFailed`."""
    for each in run.databases:
        await run.step(f"database/{each.name}/look-again", lambda e=each: _look(e))  # type: ignore[misc]


async def _look(each: DatabaseRun) -> dict[str, Any]:
    restored = [str(one) for one in MigrationClass if each.agreed.way(one) is Way.RESTORE]
    try:
        about = await each.backups.look()
        if each.agreed.migrates and restored and each.database.switch is not None:
            await each.database.switch.look()
    except DatabaseUnusable as failure:
        raise GateFailed(failure.what, failure.do) from failure
    if each.agreed.migrates and restored and each.database.switch is None:
        why = each.database.cannot.get("switch", "its kind cannot")
        raise GateFailed(
            f"database {each.name} cannot be restored, which is the way back that was agreed: {why}",
            f"agree on another way back for migrations that are {' or '.join(restored)}: `back:`",
        )
    data_checks.require_askable(each)
    if each.agreed.export and each.database.rows is None:
        why = each.database.cannot.get("rows", "its kind cannot")
        raise GateFailed(
            f"the rows of database {each.name} cannot be exported on a way back, which was agreed: {why}",
            "remove `export`, or use a kind that reads single rows: postgres, sqlite",
        )
    return {"database": about.name, "server": about.server, "bytes": about.bytes, "tools": list(about.tools)}


async def migrate(run: Run) -> None:
    """Back up and migrate every database that has something pending. Raises `MigrationRefused`, `MigrationFailed`."""
    await deployment_day.begins(run, "databases")
    for each in run.databases:
        if each.agreed.migrates:
            await _migrate(run, each)


async def _migrate(run: Run, each: DatabaseRun) -> None:
    pending = await run.step(f"database/{each.name}/pending", lambda: _pending(run, each))
    if not pending["pending"]:
        return
    if pending["class"] not in {str(one) for one in each.agreed.allowed}:
        await run.step(f"database/{each.name}/approval", lambda: _approved(run, each, pending))
    if each.agreed.checks:
        await run.step(f"database/{each.name}/checks-before", lambda: data_checks.before(run, each))
    await run.step(f"database/{each.name}/backup", lambda: _back_up(run, each))
    if each.agreed.rehearse:
        await run.step(f"database/{each.name}/rehearsal", lambda: migration_rehearsal.carry_out(run, each))
    await run.step(f"database/{each.name}/migrate", lambda: _carry_out(run, each))
    await run.step(f"database/{each.name}/rows-after", lambda: row_counts.after_migration(run, each))
    if each.agreed.checks:
        await run.step(f"database/{each.name}/checks-after", lambda: data_checks.after(run, each))


async def _pending(run: Run, each: DatabaseRun) -> dict[str, Any]:
    """Put on record what would run, what each statement is, and which way back that leaves."""
    assert each.database.migrations is not None
    found = await _looked_up(run, each, each.database.migrations)
    is_something = bool(found.revisions or found.findings or found.why)
    record = {"pending": is_something, **_described(found)}
    if is_something:
        way = each.agreed.way(found.migration_class)
        run.record("migration.pending", f"database/{each.name}/found", database=each.name, way=str(way), **record)
    return record


async def _looked_up(run: Run, each: DatabaseRun, migrations: Migrations) -> PendingMigration:
    """Return what is pending. Raises `MigrationRefused` where that cannot be told.

    A database may be ahead of the candidate: a migration that only adds stays after a way back, and the next version
    need not have it. Then nothing is pending.
    """
    try:
        return await migrations.pending(code_of(run, each))
    except MigrationFailed as failure:
        ahead = failure.details.get("ahead")
        if ahead and _stayed(run, each, ahead):
            return PendingMigration(ahead)
        more = f"it is at {ahead}, which {run.services[0].candidate} does not know: " if ahead else ""
        raise MigrationRefused(
            f"what is pending for database {each.name} cannot be told: {more}{failure.what}", failure.do,
            **failure.details,
        ) from failure  # fmt: skip


def _stayed(run: Run, each: DatabaseRun, revision: str) -> bool:
    """Whether a migration to `revision`, which only added, was left there by the last way back."""
    of_it = [entry.event for entry in run.ledger.entries() if entry.event.data.get("database") == each.name]
    migrated = next((one for one in reversed(of_it) if one.kind == "migration.ended"), None)
    back = next((one for one in reversed(of_it) if one.kind == "database.way_back"), None)
    return (
        migrated is not None
        and back is not None
        and migrated.release == back.release
        and migrated.data["revision"] == revision
        and back.data["way"] == Way.STAY
        and back.data["class"] == MigrationClass.EXPAND_ONLY
    )


def _described(found: PendingMigration) -> dict[str, Any]:
    return {
        "class": str(found.migration_class),
        "revision": found.revision,
        "revisions": list(found.revisions),
        "statements": {
            str(one): [{"sql": each.statement, "why": each.why} for each in findings[:MOST_SHOWN]]
            for one, findings in by_class(found.findings).items()
        },
        "counts": {str(one): len(findings) for one, findings in by_class(found.findings).items()},
        "dangers": [{"rule": each.rule, "line": each.line, "says": each.message} for each in found.dangers],
        "rows_alone": found.rows_alone,
        "why": found.why,
        "linted": found.linted,
    }


async def _approved(run: Run, each: DatabaseRun, pending: Mapping[str, Any]) -> dict[str, Any]:
    """Wait until a person agrees to a migration that does not go by itself. Raises `MigrationRefused`."""
    way = each.agreed.way(MigrationClass(pending["class"]))
    says = f"the migration of database {each.name} is {pending['class']}: {_worst(pending)}; its way back: {way}"
    answered = await approval.answer_to(run, f"database/{each.name}/approval", says, each.agreed.role)
    if not answered["approved"]:
        raise MigrationRefused(
            f"the migration of database {each.name} was rejected by {approval.by(answered)}; nothing was touched"
        )
    await freezing.outside(run)  # it may have waited into one
    return dict(answered)


def _worst(pending: Mapping[str, Any]) -> str:
    if pending["why"]:
        return str(pending["why"])
    first = next(iter(pending["statements"][pending["class"]]))
    count = pending["counts"][pending["class"]]
    more = f", and {count - 1} more" if count > 1 else ""
    return f"`{_short(first['sql'])}` ({first['why']}){more}"


def _short(sql: str) -> str:
    line = " ".join(sql.split())
    return line if len(line) <= 80 else f"{line[:79]}…"


async def _back_up(run: Run, each: DatabaseRun) -> dict[str, Any]:
    """Take the backup that a way back would restore. Raises `MigrationRefused`; nothing was touched then."""
    began = run.clock.monotonic()
    try:
        backup = await (each.backups.take_proven if each.agreed.proves else each.backups.take)(f"before {run.id}")
        gone = each.backups.thin()
    except (DatabaseUnusable, DatabaseFailed, BackupUnusable) as failure:
        raise MigrationRefused(
            f"there is no backup to go back to: {failure.what}", failure.do, **failure.details
        ) from failure
    proof = {"seconds": round(backup.proof.seconds, 3), "compared": backup.proof.compared} if backup.proof else None
    taken: dict[str, Any] = {
        "database": each.name,
        "backup": backup.id,
        "bytes": backup.bytes,
        "rows": backup.content.rows,
        "seconds": round(run.clock.monotonic() - began, 3),
        "proof": proof,
        "removed": list(gone),
    }
    run.record("backup.taken", f"database/{each.name}/backed-up", **taken)
    return taken


async def _carry_out(run: Run, each: DatabaseRun) -> dict[str, Any]:
    """Run the migration, unless it had ended before a crash. Raises `MigrationFailed`."""
    assert each.database.migrations is not None
    run.record("migration.started", f"database/{each.name}/begun", database=each.name)
    began = run.clock.monotonic()
    await each.database.migrations.migrate(code_of(run, each))
    revision = await revision_of(run, each)
    ended: dict[str, Any] = {
        "database": each.name,
        "revision": revision,
        "seconds": round(run.clock.monotonic() - began, 3),
    }
    run.record("migration.ended", f"database/{each.name}/migrated", **ended)
    return ended
