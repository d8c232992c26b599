"""Rehearsing a migration on a restored copy of the database, before the database itself is touched."""

from __future__ import annotations

from typing import Any

from flightrules.domain.errors import MigrationRefused
from flightrules.engine.database_run import DatabaseRun
from flightrules.engine.run import Run


async def carry_out(run: Run, each: DatabaseRun) -> dict[str, Any]:
    """Run migration and undo on a copy, and put on record what they did. Raises `MigrationRefused`."""
    raise MigrationRefused(f"the migration of database {each.name} cannot be rehearsed yet", "remove `rehearse`")
