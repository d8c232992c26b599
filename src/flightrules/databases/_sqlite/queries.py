"""Asks a SQLite database: one statement, in a connection of its own that can only read.

Opening a file costs less than keeping it open would: what is kept open hinders a checkpoint. The file is opened for
reading, changes are forbidden once more (`query_only`), and no other file is attached, read or written.
"""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from typing import Any

from flightrules.databases._queries import no_roles, too_slow, unanswered
from flightrules.databases._sqlite.files import Files
from flightrules.domain.errors import DatabaseFailed

NO_ROLES = "SQLite has no roles"

BUSY_MILLISECONDS = 200
"""How long one try waits for a writer in the middle of a commit; it can be given up between two."""

_READING = frozenset({
    "data_version", "foreign_key_check", "foreign_key_list", "freelist_count", "index_info", "index_list",
    "index_xinfo", "integrity_check", "page_count", "page_size", "quick_check", "table_info", "table_list",
    "table_xinfo",
})  # fmt: skip
"""Pragmas that can be asked: what they say is of use in a check, and they change nothing, with a value or without."""


@dataclass(frozen=True)
class SqliteQueries:
    """The `Queries` of a SQLite database. `within` is how long a question may take where nothing is said."""

    files: Files
    within: float

    async def rows(
        self, sql: str, as_role: str | None = None, most: int = 100, within: float | None = None
    ) -> tuple[tuple[str, ...], ...]:
        """Return the first rows of `sql`. Raises `DatabaseFailed`, and `DatabaseUnusable` where there is no file."""
        if as_role is not None:
            raise no_roles(self.files.name, as_role, NO_ROLES)
        if not self.files.path.exists():
            raise self.files.missing()
        limit = self.within if within is None else within
        try:
            async with asyncio.timeout(limit):
                return await self._until_free(sql, most)
        except TimeoutError:
            raise too_slow(self.files.name, sql, limit) from None

    async def close(self) -> None:
        """Nothing is kept."""

    async def _until_free(self, sql: str, most: int) -> tuple[tuple[str, ...], ...]:
        while True:
            try:
                return await self.files.read(self.files.path, lambda connection: ask(connection, sql, most))
            except DatabaseFailed as error:
                if not _busy(error.__cause__):
                    raise unanswered(self.files.name, sql, str(error.__cause__)) from None


def ask(connection: sqlite3.Connection, sql: str, most: int) -> tuple[tuple[str, ...], ...]:
    """Return the first rows of `sql`, in a connection for nothing else. Raises `sqlite3.Error`."""
    connection.execute(f"pragma busy_timeout = {BUSY_MILLISECONDS}")
    connection.execute("pragma query_only = on")
    connection.set_authorizer(_only_this_file)
    try:
        cursor = connection.execute(sql)
    except sqlite3.Warning as several:  # a class of its own, which is no error of SQLite
        raise sqlite3.ProgrammingError(str(several)) from several
    return tuple(tuple(map(_text, row)) for row in cursor.fetchmany(most))


def _only_this_file(action: int, what: str | None, value: str | None, *_: str | None) -> int:
    """Refuse what reaches beyond the database: `vacuum into` attaches the file that it writes."""
    beyond = action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH)
    setting = action == sqlite3.SQLITE_PRAGMA and (what or "").lower() not in _READING
    return sqlite3.SQLITE_DENY if beyond or setting else sqlite3.SQLITE_OK


def _busy(cause: BaseException | None) -> bool:
    return isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bytes():
            return value.hex()
        case _:
            return str(value)
