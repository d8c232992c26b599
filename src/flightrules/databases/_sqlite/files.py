"""The files of SQLite databases: where each lies, how it is opened, and which ones are ours to remove.

Further databases lie in the folder of the plan's own, under other names. Beside a database that we made lies a file
`.NAME.flight` that says from what: only one that was restored is ever removed or swapped in.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable

T = TypeVar("T")

MARK = ".flight"
RESTORED, KEPT = "restored from a backup\n", "kept when another took its place\n"

BUSY_SECONDS = 30.0
"""How long a statement waits for the writer before it; SQLite has one writer at a time."""


@dataclass(frozen=True)
class Files:
    """The database in the file `path`, which the plan calls `name`, and those beside it."""

    name: str
    path: Path

    def of(self, database: str | None) -> Path:
        """Return the file of a database. Raises `DatabaseFailed` for a name that is no plain name."""
        if database is None or database == self.path.stem:
            return self.path
        if not database or database.startswith(".") or "/" in database or "\0" in database:
            raise DatabaseFailed(f"`{database}` is no name for a database", "Use letters, digits, `-` and `_`.")
        return self.path.with_name(f"{database}{self.path.suffix}")

    def mark(self, database: str) -> Path:
        """Return the file that says a database is ours."""
        return self.path.with_name(f".{database}{MARK}")

    def marked(self, database: str, text: str) -> bool:
        """Return whether a database is ours, of this sort."""
        mark = self.mark(database)
        return mark.exists() and mark.read_text() == text

    async def read(self, path: Path, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` in a thread, with the file open for reading. It is interrupted when the asking is given up."""
        return await self._do(f"{path.absolute().as_uri()}?mode=ro", work)

    async def read_unchanging(self, path: Path, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do the same with a file that nobody writes: nothing is written beside it either."""
        return await self._do(f"{path.absolute().as_uri()}?immutable=1", work)

    async def write(self, path: Path, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` in a thread, with the file, which has to be there, open for writing."""
        return await self._do(f"{path.absolute().as_uri()}?mode=rw", work)

    async def _do(self, uri: str, work: Callable[[sqlite3.Connection], T]) -> T:
        stop = threading.Event()
        opened: list[sqlite3.Connection] = []

        def carry_out() -> T:
            with contextlib.closing(connect(uri)) as connection:
                opened.append(connection)
                # Looked at every so often while a statement runs; a thread cannot be ended from outside.
                connection.set_progress_handler(lambda: int(stop.is_set()), 10_000)
                return work(connection)

        working = asyncio.ensure_future(asyncio.to_thread(carry_out))
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            stop.set()
            with contextlib.suppress(sqlite3.ProgrammingError):  # closed: the work is done already
                for connection in opened:
                    connection.interrupt()
            with contextlib.suppress(sqlite3.Error, asyncio.CancelledError):
                await working
            raise
        except sqlite3.Error as error:
            raise self.failed(error) from error

    def failed(self, error: sqlite3.Error) -> DatabaseFailed:
        """Return what SQLite complained about, as an error of the database."""
        return DatabaseFailed(f"SQLite refused what database {self.name} was asked for: {error}", "See what it says.")

    def missing(self) -> DatabaseUnusable:
        """Return the error for a file that is not there."""
        return DatabaseUnusable(
            f"database {self.name} is not there: {self.path}",
            "Check `path`; for a new service make an empty one: touch FILE.",
        )


def connect(uri: str) -> sqlite3.Connection:
    """Open a file by its URI; every statement stands by itself. Text that is no UTF-8 is kept as it is."""
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    return connection


@contextlib.contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[None]:
    """See the database as it is now, whatever others write meanwhile."""
    connection.execute("begin")
    try:
        connection.execute("select count(*) from sqlite_master").fetchone()
        yield
    finally:
        if connection.in_transaction:
            connection.execute("rollback")


def copy(source: sqlite3.Connection, path: Path) -> None:
    """Copy what `source` sees into a new file; it is on the disk, whole, when its name is there."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        with contextlib.closing(sqlite3.connect(part)) as target:
            source.backup(target)
        flush(part)
        part.rename(path)
        flush(path.parent)
    finally:
        part.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Remove a database with what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Return when a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
