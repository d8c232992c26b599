"""Runs a shell line of the team about a database, and says in words how it failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flightrules.databases._complaints import complaint
from flightrules.domain.errors import DatabaseFailed
from flightrules.domain.figures import duration
from flightrules.ports.commands import Command, Commands

LAST_LINES = 20


@dataclass(frozen=True)
class Lines:
    """The lines of the database that the plan calls `name`, run in `folder`, each for at most `within` seconds."""

    name: str
    folder: Path
    within: float
    commands: Commands
    environment: Mapping[str, str]

    async def run(self, what: str, line: str, **known: str) -> tuple[str, ...]:
        """Run a line to its end; return what it printed. `known` are variables.

        Raises `DatabaseFailed`; `details["ended"]` says whether it came to an end by itself.
        """
        ended = await self.commands.run(
            Command(f"database-{self.name}-{what}", line, str(self.folder), self.within, {**self.environment, **known})
        )
        if ended.status == 0:
            return ended.output
        log = [self._without_secrets(said) for said in ended.output[-LAST_LINES:]]
        how = f"took longer than {duration(self.within)} and was ended"
        if ended.status is not None:
            how = f"ended with status {ended.status}: {complaint(log)}"
        raise DatabaseFailed(
            f"`{what}` of database {self.name} {how}", "Mend what its last lines say, and try again.", log=log,
            ended=ended.status is not None,
        )  # fmt: skip

    def _without_secrets(self, line: str) -> str:
        for value in self.environment.values():
            line = line.replace(value, "…") if len(value) > 3 else line
        return line
