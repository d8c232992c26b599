"""Rehearsing a migration on a restored copy of the database, before the database itself is touched.

The copy is made from the backup that was just taken. The team's tool runs on it, and its undo; what it locked, what it
wrote anew, how long it took and whether the undo brings back the same schema and rows is on record. A tool that does
not heed DATABASE_URL is found out first: on such a one a rehearsal would be no rehearsal.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flightrules.domain import fingerprints
from flightrules.domain.database_names import beside
from flightrules.domain.database_plan import Way
from flightrules.domain.errors import (
    BackupUnusable,
    DatabaseFailed,
    DatabaseUnusable,
    MigrationFailed,
    MigrationRefused,
)
from flightrules.domain.fingerprints import Fingerprint
from flightrules.domain.migrations import BOOKKEEPING, MigrationClass
from flightrules.engine.database_run import DatabaseRun
from flightrules.engine.run import Run
from flightrules.phases.databases_code import code_of
from flightrules.ports.database import Migrations, Rehearsal

ENDING = "_flight_rehearsal"


async def carry_out(run: Run, each: DatabaseRun) -> dict[str, Any]:
    """Run migration and undo on a copy, and put on record what they did. Raises `MigrationRefused`."""
    rehearsal = each.database.rehearsal
    if rehearsal is None:
        why = each.database.cannot.get("rehearsal", "its kind cannot")
        raise MigrationRefused(f"the migration of database {each.name} cannot be rehearsed: {why}", "remove `rehearse`")
    try:
        return await _on_a_copy(run, each, rehearsal)
    except (MigrationFailed, DatabaseFailed, DatabaseUnusable, BackupUnusable) as failure:
        raise MigrationRefused(
            f"the rehearsal of the migration of database {each.name} failed: {failure.what}",
            f"the database itself was not touched; {failure.do}" if failure.do else "the database was not touched",
            **failure.details,
        ) from failure


async def _on_a_copy(run: Run, each: DatabaseRun, rehearsal: Rehearsal) -> dict[str, Any]:
    taken = run.recorded(f"database/{each.name}/backed-up") or {}
    await _heeds_the_address(run, each, rehearsal)
    about = await each.database.copies.look()
    name = beside(about.name, ENDING)
    await each.database.copies.drop(name)
    try:
        await each.backups.restore(each.backups.named(taken["backup"]), name)
        did = await _did(run, each, rehearsal, name)
    finally:
        await each.database.copies.drop(name)
    run.record("migration.rehearsed", f"database/{each.name}/rehearsed", **did)
    if did["differs"]:
        raise MigrationRefused(
            f"on a copy the undo of database {each.name} does not bring back what was: {'; '.join(did['differs'])}",
            "mend the undo, or agree on `restore` for this class; the database was not touched",
        )
    return did


async def _heeds_the_address(run: Run, each: DatabaseRun, rehearsal: Rehearsal) -> None:
    """Find out whether the tool goes where DATABASE_URL says, by sending it nowhere. Raises `MigrationRefused`."""
    nowhere = rehearsal.nowhere()
    try:
        await nowhere.revision(code_of(run, each))
    except MigrationFailed as failure:
        if "log" in failure.details:  # it was run, and came back with nothing
            return
        raise
    raise MigrationRefused(
        f"the migration tool of database {each.name} does not heed DATABASE_URL: pointed at a database that is not "
        "there it found one all the same, so a rehearsal would migrate the real one",
        "let its settings read DATABASE_URL from the environment, or remove `rehearse`; the database was not touched",
    )


async def _did(run: Run, each: DatabaseRun, rehearsal: Rehearsal, name: str) -> dict[str, Any]:
    code, tool, copies = code_of(run, each), rehearsal.on(name), each.database.copies
    before = await copies.fingerprint(name)
    began = run.clock.monotonic()
    async with rehearsal.watched(name) as touched:
        await tool.migrate(code)
    seconds = run.clock.monotonic() - began
    undone = await _undone(run, each, tool, code)
    after = await copies.fingerprint(name) if undone is not None else before
    return {
        "database": each.name,
        "seconds": round(seconds, 3),
        "undo_seconds": undone,
        "locks": {table: {"does": does, "seconds": held} for table, (does, held) in sorted(touched.locks.items())},
        "rewritten": list(touched.rewritten),
        "differs": list(fingerprints.differences(*_without_bookkeeping(before, after))),
    }


def _without_bookkeeping(before: Fingerprint, after: Fingerprint) -> tuple[Fingerprint, Fingerprint]:
    """Leave the tables out in which tools keep their place; where one is new, the schema says nothing any more."""
    same = before.tables.keys() & BOOKKEEPING == after.tables.keys() & BOOKKEEPING
    first, second = (_counted(one, one.schema if same else "") for one in (before, after))
    return first, second


async def _undone(run: Run, each: DatabaseRun, tool: Migrations, code: Path) -> float | None:
    """Undo it on the copy too, where that would be the way back; return the seconds it took."""
    found = run.recorded(f"database/{each.name}/found") or {}
    if each.agreed.way(MigrationClass(found["class"])) is not Way.UNDO:
        return None
    began = run.clock.monotonic()
    await tool.undo(code, str(found["revision"]))
    return round(run.clock.monotonic() - began, 3)


def _counted(one: Fingerprint, schema: str) -> Fingerprint:
    return Fingerprint(schema, {name: held for name, held in one.tables.items() if name not in BOOKKEEPING})
