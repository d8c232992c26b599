"""Points the team's tool at a copy of a SQLite database."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from flightrules.databases._migrations import TeamMigrations
from flightrules.databases._sqlite.files import Files
from flightrules.databases._sqlite.original import held
from flightrules.domain.migrations import Touched
from flightrules.ports.database import Migrations
from flightrules.ports.fence import Fence


@dataclass(frozen=True)
class SqliteRehearsal:
    """The `Rehearsal` of a SQLite database: it has one lock, for the whole file, so there is none of a table to see."""

    files: Files
    migrations: TeamMigrations
    fence: Fence

    def on(self, name: str) -> Migrations:
        """Return the tool with the address of that file."""
        return self._at(self.files.of(name))

    def nowhere(self) -> Migrations:
        """Return it with a file in a folder that is not there: SQLite would make a file that is missing, no folder."""
        return self._at(self.files.path.parent / ".no-such-folder.flight" / self.files.path.name)

    @contextlib.asynccontextmanager
    async def watched(self, name: str) -> AsyncIterator[Touched]:
        """Watch nothing."""
        yield Touched()

    def _at(self, path: Path) -> Migrations:
        environment = {**self.migrations.environment, "DATABASE_URL": f"sqlite:///{path.absolute()}"}
        return replace(self.migrations, environment=environment, held=lambda: held(self.files, path, self.fence))
