"""Where the migrations of a database lie, and which of them are in force."""

from __future__ import annotations

from pathlib import Path

from flightrules.domain.errors import MigrationFailed
from flightrules.engine.database_run import DatabaseRun
from flightrules.engine.run import Run


def code_of(run: Run, each: DatabaseRun) -> Path:
    """Return the folder with the candidate's migrations: also the undo is always that of the newer version."""
    service = next(service for service in run.services if service.name == each.agreed.service)
    return each.code(service.candidate)


async def revision_of(run: Run, each: DatabaseRun) -> str | None:
    """Return the revision in force; None where nothing can tell."""
    assert each.database.migrations is not None
    try:
        return await each.database.migrations.revision(code_of(run, each))
    except MigrationFailed:
        return None
