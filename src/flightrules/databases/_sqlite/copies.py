"""Copies a SQLite database by its own backup interface, while it is in use, and makes new ones from such copies."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from flightrules.databases._sqlite import contents
from flightrules.databases._sqlite.files import RESTORED, Files, connect, copy, flush, reading, remove
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable
from flightrules.domain.fingerprints import Fingerprint
from flightrules.ports.database import About
from flightrules.ports.fence import Fence

COPY = "database.sqlite"


@dataclass(frozen=True)
class SqliteCopies:
    """The `Copies` of a SQLite database."""

    files: Files
    fence: Fence

    async def look(self) -> About:
        """Return what there is. Raises `DatabaseUnusable` where the file is none of SQLite, or not there."""
        if not self.files.path.is_file():
            raise self.files.missing()
        try:
            pages, page = await self.files.read(self.files.path, _pages)
        except DatabaseFailed as error:
            raise DatabaseUnusable(
                f"database {self.files.name} cannot be read: {self.files.path}: {error.__cause__}",
                "Check that `path` leads to a database of SQLite that `flight` may read.",
            ) from error
        return About(
            self.files.path.stem, f"SQLite {sqlite3.sqlite_version}", pages * page, beside=self.files.path.parent
        )

    async def back_up(self, folder: Path) -> Fingerprint:
        """Copy the database as it is at one moment, and look at that same moment what is in it."""

        def work(connection: sqlite3.Connection) -> Fingerprint:
            with reading(connection):
                copy(connection, folder / COPY)
                return contents.fingerprint(connection)

        if not self.files.path.is_file():
            raise self.files.missing()
        return await self.files.read(self.files.path, work)

    async def restore(self, folder: Path, into: str) -> None:
        """Make the database `into` from a copy, beside the plan's own."""
        self.fence.check()
        target = self.files.of(into)
        if target.exists():
            raise DatabaseFailed(
                f"there is a database {into} already; it is left as it is", "Choose another name, or remove it."
            )
        mark = self.files.mark(into)
        try:
            mark.write_text(RESTORED)
            await self.files.read_unchanging(folder / COPY, lambda source: _restored(source, target))
        # However it ended, also when it was given up: half a database must not lie there under that name.
        except BaseException as error:
            remove(target)
            mark.unlink(missing_ok=True)
            if not isinstance(error, OSError):
                raise
            raise DatabaseFailed(
                f"database {into} could not be written: {error.strerror}; there is none", "Make room, and try again."
            ) from error

    async def fingerprint(self, name: str | None = None) -> Fingerprint:
        """Return what is in a database, all of it seen at one moment."""

        def work(connection: sqlite3.Connection) -> Fingerprint:
            with reading(connection):
                return contents.fingerprint(connection)

        return await self.files.read(self.files.of(name), work)

    async def drop(self, name: str) -> None:
        """Remove a database that we made; nothing happens where there is none of that name."""
        self.fence.check()
        path, mark = self.files.of(name), self.files.mark(name)
        if path.exists() and not (self.files.marked(name, RESTORED) and path != self.files.path):
            raise DatabaseFailed(
                f"database {name} was not made from a backup by Flight Rules, or is in use since; it is left as it is",
                "Remove it yourself if you are sure.",
            )
        remove(path)
        mark.unlink(missing_ok=True)


def _pages(connection: sqlite3.Connection) -> tuple[int, int]:
    with reading(connection):
        ((pages,),) = connection.execute("pragma page_count").fetchall()
        ((page,),) = connection.execute("pragma page_size").fetchall()
    return int(pages), int(page)


def _restored(source: sqlite3.Connection, target: Path) -> None:
    """Copy a backup to its place, sound and open to writers."""
    part = target.with_name(f".{target.name}.restoring")
    try:
        copy(source, part)
        with contextlib.closing(connect(part.absolute().as_uri())) as restored:
            contents.open_again(restored)
            sound = restored.execute("pragma integrity_check").fetchone()[0]
        if sound != "ok":
            raise DatabaseFailed(f"the backup holds a damaged database: {sound}", "Use an older backup.")
        flush(part)
        part.rename(target)
        flush(target.parent)
    finally:
        remove(part)
