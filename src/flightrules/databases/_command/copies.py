"""Backs a database up and restores it by commands; what is in it is what another command counts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from flightrules.databases._command.lines import Lines
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable
from flightrules.domain.fingerprints import Fingerprint, TableContent
from flightrules.ports.database import About
from flightrules.ports.fence import Fence


@dataclass(frozen=True)
class CommandCopies:
    """The `Copies` of a database that only commands know."""

    lines: Lines
    fence: Fence
    backup: str
    restoring: str
    count: str
    dropping: str

    async def look(self) -> About:
        """Count once: a database that cannot be counted cannot be backed up. Raises `DatabaseUnusable`."""
        try:
            await self.fingerprint()
        except DatabaseFailed as error:
            raise DatabaseUnusable(error.what, error.do, **error.details) from error
        return About(self.lines.name, "known by commands", None)

    async def back_up(self, folder: Path) -> Fingerprint:
        """Run the command, and count before and after: if rows came or went meanwhile, nobody knows what it holds."""
        before = await self.fingerprint()
        await self.lines.run("backup", self.backup, BACKUP=str(folder), DATABASE="")
        if not any(folder.rglob("*")):
            raise DatabaseFailed(
                f"`backup` of database {self.lines.name} wrote nothing into $BACKUP", "Let it write there."
            )
        after = await self.fingerprint()
        if before != after:
            raise DatabaseFailed(
                f"rows of database {self.lines.name} came or went while it was backed up, so nobody can tell what the "
                f"backup holds",
                "Stop what writes to it, or use a kind that looks at one moment: postgres, sqlite.",
            )
        return after

    async def restore(self, folder: Path, into: str) -> None:
        """Run the command; when it fails, remove what it has made so far.

        A database that can be counted is there already; it is refused, so that nobody else's is removed afterwards.
        """
        self.fence.check()
        if await self.is_there(into):
            raise DatabaseFailed(
                f"there is a database {into} already; it is left as it is", "Choose another name, or remove it."
            )
        try:
            await self.lines.run("restore", self.restoring, BACKUP=str(folder), DATABASE=into)
        except DatabaseFailed as error:
            raise await self._without_rest(into, error) from error
        except asyncio.CancelledError:
            await asyncio.shield(self.drop(into))
            raise

    async def _without_rest(self, into: str, error: DatabaseFailed) -> DatabaseFailed:
        """Remove what a restore has made before it failed; say so where that fails too."""
        try:
            await self.drop(into)
        except DatabaseFailed as left:
            return DatabaseFailed(f"{error.what}; {into} may be left half made: {left.what}", error.do, **error.details)
        return error

    async def is_there(self, name: str) -> bool:
        """Return whether a database can be counted."""
        try:
            await self.fingerprint(name)
        except DatabaseFailed as error:
            if not error.details.get("ended"):
                raise
            return False
        return True

    async def fingerprint(self, name: str | None = None) -> Fingerprint:
        """Return what the command counts."""
        printed = await self.lines.printed("count", self.count, DATABASE=name or "")
        return Fingerprint("", _counted(self.lines.name, printed))

    async def drop(self, name: str) -> None:
        """Run the command that removes a database. That it removes no other one is its own affair."""
        self.fence.check()
        await self.lines.run("drop", self.dropping, DATABASE=name)


def _counted(name: str, printed: Iterable[str]) -> dict[str, TableContent]:
    found = {}
    for line in filter(str.strip, printed):
        match line.split():
            case [table, rows] if rows.isdecimal():
                found[table] = TableContent(int(rows))
            case [table, rows, checksum] if rows.isdecimal():
                found[table] = TableContent(int(rows), checksum)
            case _:
                raise DatabaseFailed(
                    f"`count` of database {name} printed `{line.strip()[:80]}`", "Let it print `TABLE ROWS [CHECKSUM]`."
                )
    return found
