"""What fails with a database on the way back: the way back holds and tries again by itself, stable serves meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from flightrules.domain.errors import (
    BackupUnusable,
    DatabaseFailed,
    DatabaseUnusable,
    MigrationFailed,
    NoWayBack,
    VariableNotSet,
)
from flightrules.engine.database_run import DatabaseRun


async def or_later(each: DatabaseRun, attempt: Awaitable[Any]) -> Any:
    """Let what fails here hold the way back, which then tries again by itself: stable serves meanwhile."""
    try:
        return await attempt
    except (MigrationFailed, DatabaseFailed, DatabaseUnusable, BackupUnusable, VariableNotSet) as failure:
        raise NoWayBack(
            f"database {each.name} cannot be taken back yet: {failure.what}",
            failure.do or "stable has all the traffic; mend it, it is tried again by itself",
            **failure.details,
        ) from failure
