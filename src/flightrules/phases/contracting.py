"""Contracting: what only the old version used goes, when nothing is left to go back to.

The approval is asked for within the stretch that can be undone; what follows it lies outside of that. So a failure
there holds the release and people are told: nothing goes back by itself any more.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from flightrules.domain.errors import BackupUnusable, ContractFailed, DatabaseUnusable, MigrationFailed
from flightrules.engine.database_run import DatabaseRun
from flightrules.engine.run import Run
from flightrules.phases import approval
from flightrules.phases.aftercare import SUPERSEDED
from flightrules.phases.databases_code import code_of


async def approved(run: Run) -> tuple[DatabaseRun, ...]:
    """Ask about every database of which something is to be removed; return those that a person agreed to.

    Where the release made room for another one nobody is asked: that one asks.
    """
    if run.recorded(SUPERSEDED) is not None:
        return ()
    asked = [each for each in run.databases if each.agreed.contracts]
    return tuple([each for each in asked if await _is_approved(run, each)])


async def _is_approved(run: Run, each: DatabaseRun) -> bool:
    answered = await run.step(f"database/{each.name}/contract/approval", lambda: _ask(run, each))
    return bool(answered["approved"])


async def _ask(run: Run, each: DatabaseRun) -> dict[str, Any]:
    says = (
        f"what only the old version used is to be removed from database {each.name} (`contract` of the plan); "
        "after that the release cannot go back by itself"
    )
    answered = await approval.answer_to(run, f"database/{each.name}/contract", says, each.agreed.role)
    await run.decided()
    return dict(answered)


async def carry_out(run: Run, databases: tuple[DatabaseRun, ...]) -> None:
    """Take a last backup of each of `databases`, and remove from it what was agreed."""
    for each in databases:
        await run.step(f"database/{each.name}/contract/backup", lambda e=each: _or_hold(_back_up(run, e)))  # type: ignore[misc]
        await run.step(f"database/{each.name}/contract/run", lambda e=each: _or_hold(_run(run, e)))  # type: ignore[misc]


async def _back_up(run: Run, each: DatabaseRun) -> dict[str, Any]:
    backup = await each.backups.take_proven(f"before contracting in {run.id}")
    taken: dict[str, Any] = {"database": each.name, "backup": backup.id, "bytes": backup.bytes}
    run.record("backup.taken", f"database/{each.name}/contract/backed-up", rows=backup.content.rows, **taken)
    return taken


async def _run(run: Run, each: DatabaseRun) -> None:
    assert each.database.migrations is not None
    await each.database.migrations.contract(code_of(run, each))
    run.record("database.contracted", f"database/{each.name}/contract/done", database=each.name)


async def _or_hold(attempt: Awaitable[Any]) -> Any:
    """Let a failure hold the release: what would take it back by itself must not, any more."""
    try:
        return await attempt
    except (MigrationFailed, DatabaseUnusable, BackupUnusable) as failure:
        raise ContractFailed(failure.what, failure.do, **failure.details) from failure
