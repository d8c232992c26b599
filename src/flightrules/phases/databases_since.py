"""A return to an earlier version: which migrations lie between that version and what serves now.

The version that comes back knows nothing of them. What they were is on record, so it is known before anything moves
whether the databases can stay, can be undone, or stand in the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flightrules.domain.database_plan import Way
from flightrules.domain.errors import ReturnRefused
from flightrules.domain.events import Entry
from flightrules.domain.migrations import MigrationClass, worst_class
from flightrules.domain.migrations_in_force import in_force
from flightrules.engine.database_run import DatabaseRun
from flightrules.engine.run import Run


async def require(run: Run) -> None:
    """Put on record what the return does with each database. Raises `ReturnRefused`; nothing was touched then."""
    for each in run.databases:
        if each.agreed.migrates and any(service.name == each.agreed.service for service in run.services):
            await run.step(f"database/{each.name}/since", lambda e=each: _since(run, e))  # type: ignore[misc]


async def _since(run: Run, each: DatabaseRun) -> dict[str, Any]:
    migrations = in_force(_since_it_served(run, each), each.name)
    if not migrations:
        return {"class": None}
    found = worst_class(MigrationClass(one.pending["class"]) for one in migrations)
    way = each.agreed.way(found)
    if way is Way.RESTORE:
        raise ReturnRefused(
            f"since then database {each.name} was migrated ({found}), and only a restore takes that back",
            "`flight backups` lists what can be restored, `flight restore` restores it beside the database",
        )
    first = migrations[0]
    taken = run.ledger.find(first.release, f"database/{each.name}/backed-up")
    record = {
        "database": each.name,
        "class": str(found),
        "revision": first.pending["revision"],
        "way": str(way),
        "backup": taken.event.data.get("backup") if taken else None,  # what it was before the first of them
    }
    run.record("database.since", f"database/{each.name}/found", **record)
    return record


def _since_it_served(run: Run, each: DatabaseRun) -> Iterator[Entry]:
    """Yield everything on record since the version that is returned to was put in service."""
    service = next(service for service in run.services if service.name == each.agreed.service)
    served = next((one for one in run.kept.serving.history(service.name) if one.version == service.stable), None)
    put = run.ledger.find(served.release, "ended") if served else None
    return run.ledger.entries(after=put.number if put else 0)
