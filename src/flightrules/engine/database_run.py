"""One database in a release under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flightrules.domain.database_plan import DatabasePlan
from flightrules.domain.errors import DatabaseFailed
from flightrules.domain.traffic import Version

if TYPE_CHECKING:
    from flightrules.ports.database import Database
    from flightrules.recovery.backups import Backups


@dataclass(frozen=True)
class DatabaseRun:
    """One database in this release.

    `reach` makes the adapter and its backups when they are needed first: it raises `VariableNotSet` where the plan's
    variables have no value here, which most ways back do not need. `code` is the folder in which a version's migrations
    lie. `files` is the folder for what is exported.
    """

    name: str
    agreed: DatabasePlan
    reach: Callable[[], tuple[Database, Backups]]
    code: Callable[[Version], Path]
    files: Path

    @cached_property
    def _reached(self) -> tuple[Database, Backups]:
        return self.reach()

    async def rows(
        self, sql: str, as_role: str | None = None, most: int = 100, within: float | None = None
    ) -> tuple[tuple[str, ...], ...]:
        """Ask it, as its `Queries` would. Raises `VariableNotSet`, `DatabaseUnusable`, `DatabaseFailed`."""
        queries = self.database.queries
        if queries is None:
            why = self.database.cannot.get("queries", "its kind cannot")
            raise DatabaseFailed(f"database {self.name} cannot be asked: {why}")
        return await queries.rows(sql, as_role, most, within)

    async def close(self) -> None:
        """Let go of what is kept open to ask it."""
        if "_reached" in self.__dict__ and self.database.queries is not None:
            await self.database.queries.close()

    @property
    def database(self) -> Database:
        """The adapter."""
        return self._reached[0]

    @property
    def backups(self) -> Backups:
        """Its backups."""
        return self._reached[1]
