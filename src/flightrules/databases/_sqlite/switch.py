"""Closes a SQLite database to writers, and copies a restored one into its file.

Programs keep a SQLite database open by its file, so a file put in its place would not reach them: they would go on
writing into the old one. What was there is kept first; then the content changes in one transaction of SQLite.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from flightrules.databases._sqlite import contents
from flightrules.databases._sqlite.files import KEPT, RESTORED, Files, connect, copy, reading, remove
from flightrules.databases._sqlite.original import Original
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable
from flightrules.ports.fence import Fence

BUSY_TRIES, BUSY_PAUSE = 300, 0.1


@dataclass(frozen=True)
class SqliteSwitch:
    """The `Switch` of a SQLite database. It is closed by triggers, so it stays closed whatever happens to us."""

    files: Files
    fence: Fence

    async def look(self) -> None:
        """Raise `DatabaseUnusable` where the file, or the folder for what is kept beside it, cannot be written."""
        for path in (self.files.path, self.files.path.parent):
            if not os.access(path, os.W_OK):
                raise DatabaseUnusable(
                    f"database {self.files.name} can be read and not written: {path}; so it can neither be closed to "
                    f"writers nor restored",
                    "Make it writable for who runs `flight`.",
                )

    async def close_to_writers(self) -> None:
        """Let every table refuse writes, in connections that are open too."""
        self.fence.check()
        Original(self.files, self.files.path.resolve()).refuse_replaced()
        await self.files.write(self.files.path, contents.close)

    async def open_to_writers(self) -> None:
        """Let every table take writes again."""
        self.fence.check()
        await self.files.write(self.files.path, contents.open_again)

    async def swap(self, new: str, keep_as: str) -> None:
        """Keep what there is as `keep_as`, then copy `new` into the file, in one transaction. It is open afterwards."""
        self.fence.check()
        now, source, kept = self.files.path, self.files.of(new), self.files.of(keep_as)
        ours = self.files.marked(keep_as, KEPT)
        if kept.exists() and ours and not source.exists():
            return
        is_closed = await self.files.read(now, contents.closed)
        if not (kept.exists() and ours and not is_closed):
            self._ready(source, new, kept, keep_as, ours, is_closed)
            if not kept.exists():
                await self._keep(keep_as, kept)
            await self.files.write(now, lambda target: _carried_over(source, target))
        remove(source)
        self.files.mark(new).unlink(missing_ok=True)

    async def swapped(self, new: str, keep_as: str) -> bool:
        """Return whether what was there is kept and the database is open: what `new` held came in at once, and open."""
        kept = self.files.of(keep_as)
        if not (kept.exists() and self.files.marked(keep_as, KEPT)):
            return False
        return not self.files.of(new).exists() or not await self.files.read(self.files.path, contents.closed)

    async def _keep(self, keep_as: str, kept: Path) -> None:
        try:
            self.files.mark(keep_as).write_text(KEPT)
            await self.files.read(self.files.path, lambda connection: _kept(connection, kept))
        except OSError as error:
            raise DatabaseFailed(
                f"database {self.files.name} could not be kept as {keep_as}: {(error.strerror or str(error)).lower()}; "
                f"it is as it was",
                "Make room or mend the disk, and try again.",
            ) from error

    def _ready(self, source: Path, new: str, kept: Path, keep_as: str, ours: bool, is_closed: bool) -> None:
        name = self.files.name
        if not (source.exists() and self.files.marked(new, RESTORED)):
            raise DatabaseFailed(
                f"database {new} is not there, or is not restored to its end; {name} is as it was",
                "Restore the backup first.",
            )
        if kept.exists() and not ours:
            raise DatabaseFailed(
                f"there is a database {keep_as} already; {name} is as it was", "Choose another name to keep it as."
            )
        if not is_closed:
            raise DatabaseFailed(
                f"database {name} is open to writers; it is as it was", "Close it to writers before it is swapped."
            )


def _carried_over(source: Path, target: sqlite3.Connection) -> None:
    """Let the keys of AUTOINCREMENT go on where they are now, then overwrite: a key that was taken away is not given
    out again, so that what was exported can be put back.
    """
    with contextlib.closing(connect(f"{source.absolute().as_uri()}?mode=rw")) as restored, restored:
        known = {name for (name,) in restored.execute(AUTOINCREMENT)}
        for name, given in target.execute(GIVEN).fetchall() if _counts(target) else ():
            if name in known:
                restored.execute(AHEAD, {"name": name, "given": given})
                restored.execute(FIRST, {"name": name, "given": given})
    _overwrite(source, target)


AUTOINCREMENT = "select name from sqlite_master where type = 'table' and sql like '%autoincrement%'"
GIVEN = "select name, seq from sqlite_sequence"
AHEAD = "update sqlite_sequence set seq = max(seq, :given) where name = :name"
FIRST = """
    insert into sqlite_sequence (name, seq)
    select :name, :given where not exists (select 1 from sqlite_sequence where name = :name)
"""


def _counts(connection: sqlite3.Connection) -> bool:
    """Return whether any table of a database counts its keys by AUTOINCREMENT."""
    return connection.execute("select 1 from sqlite_master where name = 'sqlite_sequence'").fetchone() is not None


def _kept(connection: sqlite3.Connection, kept: Path) -> None:
    with reading(connection):
        copy(connection, kept)


def _overwrite(source: Path, target: sqlite3.Connection) -> None:
    """Let `target` hold what `source` does, and nothing else: all of it, or as it was."""
    tries = 0

    def look(status: int, remaining: int, total: int) -> None:
        nonlocal tries
        tries += status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if tries > BUSY_TRIES:
            raise DatabaseFailed("the database was in use all the time; it is as it was", "Stop what writes to it.")

    with contextlib.closing(connect(f"{source.absolute().as_uri()}?mode=ro")) as new:
        new.backup(target, progress=look, sleep=BUSY_PAUSE)
