"""What becomes of the databases when a release goes back: by the class of the migration, as agreed in the plan.

It begins when stable has all the traffic and the candidate is gone. What will be done, and why, is on record and told
before it is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flightrules.domain import fingerprints
from flightrules.domain.database_plan import Way
from flightrules.domain.migrations import MigrationClass
from flightrules.engine.database_run import DatabaseRun
from flightrules.engine.run import Run
from flightrules.phases import data_checks, restoring, row_counts, undoing
from flightrules.phases.databases_code import revision_of
from flightrules.phases.databases_later import or_later


async def go_back(run: Run) -> None:
    """Take every database back that is migrated further than stable knows, the last one first."""
    for each in reversed(run.databases):
        if _is_further(run, each):
            await _take_back(run, each)


def any_begun(run: Run) -> bool:
    """Return whether this release began to migrate a database."""
    return any(run.recorded(f"database/{each.name}/begun") is not None for each in run.databases)


def _is_further(run: Run, each: DatabaseRun) -> bool:
    """Whether this release began to migrate it, or releases did since the version that it returns to."""
    found = run.ledger.find(run.id, f"database/{each.name}/found")
    returns = found is not None and found.event.kind == "database.since"
    return returns or run.recorded(f"database/{each.name}/begun") is not None


async def _take_back(run: Run, each: DatabaseRun) -> None:
    decided = await run.step(f"database/{each.name}/way", lambda: or_later(each, _decide(run, each)))
    if decided["way"] == Way.UNDO:
        await run.step(f"database/{each.name}/undo", lambda: or_later(each, undoing.undo(run, each)))
        await run.step(f"database/{each.name}/rows-back", lambda: row_counts.after_undo(run, each))
    elif decided["way"] == Way.RESTORE:
        await restoring.restore(run, each)
    if decided["way"] != Way.STAY and each.agreed.checks:
        await run.step(f"database/{each.name}/checks-back", lambda: data_checks.back_again(run, each))


async def _decide(run: Run, each: DatabaseRun) -> dict[str, Any]:
    """Return the way and why, and tell people before anything is done."""
    found = run.recorded(f"database/{each.name}/found") or {}
    way, why = await _way(run, each, found)
    decided: dict[str, Any] = {"database": each.name, "way": str(way), "why": why, "class": found.get("class")}
    run.record("database.way_back", f"database/{each.name}/decided", **decided)
    words = {
        Way.STAY: f"database {each.name} stays as it is: {why}",
        Way.UNDO: f"the migration of database {each.name} is undone: {why}",
        Way.RESTORE: f"database {each.name} is to be restored from the backup taken before the migration: {why}",
    }
    await run.tell(words[way], urgent=way is Way.RESTORE, key=f"database/{each.name}/decided/told")
    return decided


async def _way(run: Run, each: DatabaseRun, found: Mapping[str, Any]) -> tuple[Way, str]:
    kind = MigrationClass(found["class"])
    agreed = each.agreed.way(kind)
    if agreed is Way.STAY:
        return agreed, f"the migration is {kind}, and the plan leaves it then"
    if await _left_nothing(run, each, found):
        return Way.STAY, "the migration did not end, and left nothing behind"
    return agreed, f"the migration is {kind}"


async def _left_nothing(run: Run, each: DatabaseRun, found: Mapping[str, Any]) -> bool:
    """Whether the migration did not end, and left everything as it was. False where nobody can tell.

    Where a revision tells what is in force, the schema has to be that of the backup too. Where none does, or the
    migration may have lost rows and left the schema alone (its tool may commit in between), so have the rows: then it
    is only known while nobody writes.
    """
    began, ended, taken = (run.recorded(f"database/{each.name}/{what}") for what in ("begun", "migrated", "backed-up"))
    if began is None or ended is not None or taken is None:
        return False
    assert each.database.migrations is not None
    await each.database.migrations.end_left_over()  # of a process that was killed: it might end well after this look
    before, now = each.backups.named(taken["backup"]).content, await each.database.copies.fingerprint()
    revision = await revision_of(run, each)
    if revision is not None and (revision != found["revision"] or not before.schema or before.schema != now.schema):
        return False
    if revision is not None and not found.get("rows_alone", True):
        return True
    return before.complete and not fingerprints.differences(before, now)
