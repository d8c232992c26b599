"""PostgreSQL's own programs: found, compared with the server's version, and run to their end."""

from __future__ import annotations

import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from flightrules.databases._postgres.server import Server
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable
from flightrules.domain.figures import duration
from flightrules.ports.commands import Command, CommandResult, Commands

DUMP, RESTORE = "pg_dump", "pg_restore"
LAST_LINES = 20


@dataclass(frozen=True)
class Tools:
    """The programs in `folder`, or wherever the path leads without one. `within` is in seconds."""

    server: Server
    commands: Commands
    work: Path
    within: float
    folder: str | None = None

    async def versions(self, server_version: int) -> tuple[str, ...]:
        """Return each program with its version. Raises `DatabaseUnusable` where one is missing or too old."""
        return (await self._version(DUMP, server_version), await self._version(RESTORE, server_version))

    async def run(self, program: str, *arguments: str, database: str | None = None) -> None:
        """Run a program on a database to its end. Raises `DatabaseFailed` with its last lines."""
        self.work.mkdir(parents=True, exist_ok=True)
        where = ("--no-password", "--dbname", self.server.address(database))
        line = shlex.join([self._found(program), *where, *arguments])
        ended = await self.commands.run(
            Command(f"database-{self.server.name}-{program}", f"exec {line}", str(self.work), self.within,
                    {**self.server.secrets, "LC_ALL": "C"})
        )  # fmt: skip
        if ended.status != 0:
            raise self._failed(program, ended)

    async def _version(self, program: str, server_version: int) -> str:
        self.work.mkdir(parents=True, exist_ok=True)
        line = shlex.join([self._found(program), "--version"])
        ended = await self.commands.run(
            Command(f"database-{self.server.name}-version", f"exec {line}", str(self.work), 30)
        )
        found = re.search(r"\(PostgreSQL\) (\d+)[.\w]*", "\n".join(ended.output))
        if ended.status != 0 or found is None:
            said = ended.output[-1] if ended.output else "nothing"
            raise DatabaseUnusable(f"{line} does not tell its version: {said}", "Look what it is, and set `tools`.")
        if int(found[1]) < server_version // 10000:
            raise self._too_old(program, found[0].split()[-1], server_version)
        return f"{program} {found[0].split()[-1]}"

    def _found(self, program: str) -> str:
        there = shutil.which(program, path=self.folder)
        if there is None:
            where = f"in {self.folder}" if self.folder else "on the path"
            raise DatabaseUnusable(
                f"{program} is not there ({where}); database {self.server.name} cannot be backed up without it",
                "Install PostgreSQL's client programs (Debian: apt-get install postgresql-client), or set `tools` to "
                "the folder that has them.",
            )
        return there

    def _too_old(self, program: str, version: str, server_version: int) -> DatabaseUnusable:
        server = f"{server_version // 10000}.{server_version % 10000}"
        return DatabaseUnusable(
            f"{program} is of version {version}, older than the server of database {self.server.name} ({server}): "
            f"it refuses to work with it",
            f"Install the client programs of version {server_version // 10000} or later, and set `tools` to the "
            f"folder that has them.",
        )

    def _failed(self, program: str, ended: CommandResult) -> DatabaseFailed:
        log = list(ended.output[-LAST_LINES:])
        how = f"took longer than {duration(self.within)} and was ended"
        if ended.status is not None:
            # The first complaint is the cause; what follows is mostly counting.
            said = next((line for line in log if "error:" in line), log[-1] if log else "it said nothing")
            how = f"ended with status {ended.status}: {said.removeprefix(f'{program}: ').removeprefix('error: ')}"
        return DatabaseFailed(
            f"{program} of database {self.server.name} {how}", "Mend what it says, and try again.", log=log
        )
