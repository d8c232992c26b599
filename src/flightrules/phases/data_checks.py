"""Claims about the data, asked before and after a migration and after a way back: each a query that returns no row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flightrules.domain.database_plan import DataCheck
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable, GateFailed, MigrationFailed, MigrationRefused
from flightrules.domain.row_differences import holds_revisions
from flightrules.engine.database_run import DatabaseRun
from flightrules.engine.run import Run


@dataclass(frozen=True)
class _Wrong:
    """A claim that does not hold, or that could not be asked."""

    says: str
    answered: bool


def require_askable(each: DatabaseRun) -> None:
    """Refuse checks that this kind of database can never answer. Raises `GateFailed`."""
    checks, cannot = each.agreed.checks, each.database.cannot
    if checks and each.database.queries is None:
        why = cannot.get("queries", "its kind cannot")
        raise GateFailed(
            f"database {each.name} cannot be asked whether {checks[0].name}: {why}", "remove `checks`, or mend that"
        )
    as_role = next((check for check in checks if check.as_role), None)
    if as_role and "roles" in cannot:
        raise GateFailed(
            f"database {each.name} cannot be asked as the role {as_role.as_role} whether {as_role.name}: "
            f"{cannot['roles']}",
            "remove `as_role`",
        )


async def before(run: Run, each: DatabaseRun) -> dict[str, Any]:
    """Ask everything before the migration. Raises `MigrationRefused`: what is wrong already is nobody's fault later.

    What a database cannot answer in which nothing is yet is passed over: its first migration makes the tables.
    """
    wrong = await _wrong(run, each, "before")
    unanswered = [one for one in wrong if not one.answered]
    if unanswered:
        raise MigrationRefused(
            f"the data of database {each.name} cannot be checked: {_in_words(unanswered)}",
            "mend the check in the plan; the database was not touched",
        )
    if wrong:
        raise MigrationRefused(
            f"the data of database {each.name} is not as agreed before the migration: {_in_words(wrong)}",
            "mend the data; the database was not touched",
        )
    return {"passed": len(each.agreed.checks)}


async def after(run: Run, each: DatabaseRun) -> dict[str, Any]:
    """Ask everything after the migration. Raises `MigrationFailed`."""
    wrong = await _wrong(run, each, "after")
    if wrong:
        raise MigrationFailed(
            f"the data of database {each.name} is not as agreed after the migration: {_in_words(wrong)}"
        )
    return {"passed": len(each.agreed.checks)}


async def back_again(run: Run, each: DatabaseRun) -> dict[str, Any]:
    """Ask everything after a way back. What is wrong then is told to people: there is nowhere further back to go."""
    wrong = await _wrong(run, each, "back")
    if wrong:
        said = f"after the way back the data of database {each.name} is not as agreed: {_in_words(wrong)}"
        await run.tell(said, urgent=True, key=f"database/{each.name}/checks-back/told")
    return {"wrong": [one.says for one in wrong]}


async def _wrong(run: Run, each: DatabaseRun, when: str) -> list[_Wrong]:
    """Return which claims do not hold; each answer is on record."""
    return [found for check in each.agreed.checks if (found := await _ask(run, each, check, when))]


async def _ask(run: Run, each: DatabaseRun, check: DataCheck, when: str) -> _Wrong | None:
    assert each.database.queries is not None, "a plan with checks for a kind that cannot be asked is refused before"
    try:
        rows = await each.database.queries.rows(check.sql, check.as_role, most=1)
        says = f"returned {_row(rows[0])}" if rows else "no row"
        found = _Wrong(f"{check.name} ({says})", answered=True) if rows else None
    except (DatabaseFailed, DatabaseUnusable) as failure:
        if when == "before" and await _is_empty(each):
            return None
        says, found = failure.what, _Wrong(f"{check.name} ({failure.what})", answered=False)
    key = f"database/{each.name}/checks-{when}/{check.name}"
    run.record("check.ended", key, check=check.name, passed=found is None, says=says, output=())
    return found


async def _is_empty(each: DatabaseRun) -> bool:
    """Whether no table has a row, but those in which migration tools keep their revision. False where nobody can tell.

    The revision in force does not tell: many tools have none to show, and some begin with 0.
    """
    try:
        tables = (await each.database.copies.fingerprint()).tables
    except (DatabaseFailed, DatabaseUnusable):
        return False
    return all(holds_revisions(name) or not content.rows for name, content in tables.items())


def _in_words(wrong: list[_Wrong]) -> str:
    return "; ".join(one.says for one in wrong)


def _row(row: tuple[str, ...]) -> str:
    return f"({', '.join(row)})"
