"""Claims about the data, asked before and after a migration and after a way back: each a query that returns no row."""

from __future__ import annotations

from typing import Any

from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable, MigrationFailed, MigrationRefused
from flightrules.engine.database_run import DatabaseRun
from flightrules.engine.run import Run


async def before(run: Run, each: DatabaseRun) -> dict[str, Any]:
    """Ask everything before the migration. Raises `MigrationRefused`: what is wrong already is nobody's fault later."""
    wrong = await _wrong(run, each, "before")
    if wrong:
        raise MigrationRefused(
            f"the data of database {each.name} is not as agreed before the migration: {'; '.join(wrong)}",
            "mend the data; the database was not touched",
        )
    return {"passed": len(each.agreed.checks)}


async def after(run: Run, each: DatabaseRun) -> dict[str, Any]:
    """Ask everything after the migration. Raises `MigrationFailed`."""
    wrong = await _wrong(run, each, "after")
    if wrong:
        raise MigrationFailed(
            f"the data of database {each.name} is not as agreed after the migration: {'; '.join(wrong)}"
        )
    return {"passed": len(each.agreed.checks)}


async def back_again(run: Run, each: DatabaseRun) -> dict[str, Any]:
    """Ask everything after a way back. What is wrong then is told to people: there is nowhere further back to go."""
    wrong = await _wrong(run, each, "back")
    if wrong:
        said = f"after the way back the data of database {each.name} is not as agreed: {'; '.join(wrong)}"
        await run.tell(said, urgent=True, key=f"database/{each.name}/checks-back/told")
    return {"wrong": wrong}


async def _wrong(run: Run, each: DatabaseRun, when: str) -> list[str]:
    """Return in words which claims do not hold; each answer is on record."""
    queries, wrong = each.database.queries, []
    for check in each.agreed.checks:
        assert queries is not None, "a plan with checks for a kind that cannot be asked is refused before"
        try:
            found = await queries.rows(check.sql, check.as_role, most=1)
            says = f"returned {_row(found[0])}" if found else "no row"
        except (DatabaseFailed, DatabaseUnusable) as failure:
            found, says = ((),), failure.what
        key = f"database/{each.name}/checks-{when}/{check.name}"
        run.record("check.ended", key, check=check.name, passed=not found, says=says, output=())
        if found:
            wrong.append(f"{check.name} ({says})")
    return wrong


def _row(row: tuple[str, ...]) -> str:
    return f"({', '.join(row)})"
