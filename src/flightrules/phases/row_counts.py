"""How many rows each table has after a migration, and after its undo, beside what the backup before it holds.

A table that has fewer is named. Whether that is a failure, the plan says: the site goes on meanwhile, and may have
removed rows of its own accord.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flightrules.domain.errors import BackupUnusable, DatabaseFailed, DatabaseUnusable, FlightError, MigrationFailed
from flightrules.domain.fingerprints import TableGrowth, fewer
from flightrules.engine.database_run import DatabaseRun
from flightrules.engine.run import Run

MOST_NAMED = 5


async def after_migration(run: Run, each: DatabaseRun) -> dict[str, Any]:
    """Count, and name what fell. Raises `MigrationFailed` where the plan lets no table fall."""
    try:
        fell = await _fell(run, each)
    except (DatabaseFailed, DatabaseUnusable, BackupUnusable) as failure:
        return await _uncounted(run, each, failure)
    counted = _record(run, each, "rows-after", fell)
    if fell and not each.agreed.rows_may_fall:
        raise MigrationFailed(f"database {each.name} has fewer rows after the migration: {in_words(fell)}")
    if fell:
        said = f"database {each.name} has fewer rows after the migration: {in_words(fell)}"
        await run.tell(said, urgent=False, key=f"database/{each.name}/rows-after/told")
    return counted


async def after_undo(run: Run, each: DatabaseRun) -> dict[str, Any]:
    """Count once more, and tell people what fell: there is nowhere further back to go."""
    if run.recorded(f"database/{each.name}/backed-up") is None:
        return {}
    try:
        fell = await _fell(run, each)
    except (DatabaseFailed, DatabaseUnusable, BackupUnusable):
        return {}  # stable serves, and nothing depends on it
    if fell:
        said = f"database {each.name} has fewer rows than before the migration: {in_words(fell)}"
        await run.tell(said, urgent=True, key=f"database/{each.name}/rows-back/told")
    return _record(run, each, "rows-back", fell)


def in_words(fell: Iterable[TableGrowth]) -> str:
    """Return which tables fell, the hardest first, from how many rows to how many."""
    worst = sorted(fell, key=lambda one: (one.now - one.before, one.table))
    said = [f"{one.table} {one.now:,} of {one.before:,}" for one in worst[:MOST_NAMED]]
    return ", ".join([*said, f"{len(worst) - MOST_NAMED:,} more tables"] if len(worst) > MOST_NAMED else said)


async def _fell(run: Run, each: DatabaseRun) -> tuple[TableGrowth, ...]:
    taken = run.recorded(f"database/{each.name}/backed-up")
    assert taken is not None, "no migration runs without a backup"
    return fewer(each.backups.named(taken["backup"]).content, await each.database.copies.fingerprint())


def _record(run: Run, each: DatabaseRun, when: str, fell: tuple[TableGrowth, ...]) -> dict[str, Any]:
    tables = {one.table: {"before": one.before, "now": one.now} for one in fell}
    counted: dict[str, Any] = {"database": each.name, "fell": tables, "says": in_words(fell)}
    run.record("rows.counted", f"database/{each.name}/{when}/counted", **counted)
    return counted


async def _uncounted(run: Run, each: DatabaseRun, failure: FlightError) -> dict[str, Any]:
    said = f"the rows of database {each.name} cannot be counted after the migration: {failure.what}"
    if not each.agreed.rows_may_fall:
        raise MigrationFailed(said, failure.do) from failure
    await run.tell(said, urgent=False, key=f"database/{each.name}/rows-after/told")
    return {"why": failure.what}
