"""Answers questions about rows in memory, any SQL of SQLite, at once. Part of the fake database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flightrules.databases._queries import too_slow, unanswered
from flightrules.databases._sqlite.queries import ask

Tables = Mapping[str, Mapping[int, str]]
"""Rows by their key, by table."""

LONGEST_QUERY = 100
"""How often SQLite may report 10,000 of its instructions before a query counts as one that takes too long."""


@dataclass(frozen=True)
class FakeQueries:
    """The `Queries` of a database in memory; every table has the columns `key` and `value`.

    `roles` has, by the name of a role, what that role sees of all that there is.
    """

    name: str
    tables: Callable[[], Tables]
    roles: Mapping[str, Callable[[Tables], Tables]]

    async def rows(
        self, sql: str, as_role: str | None = None, most: int = 100, within: float | None = None
    ) -> tuple[tuple[str, ...], ...]:
        """Return the first rows of `sql`, as a role sees them."""
        connection, reports = _loaded(self._seen(sql, as_role)), iter(range(LONGEST_QUERY))
        connection.set_progress_handler(lambda: int(next(reports, None) is None), 10_000)
        try:
            return ask(connection, sql, most)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                raise too_slow(self.name, sql, within or 1.0) from error
            raise unanswered(self.name, sql, str(error)) from error
        finally:
            connection.close()

    async def close(self) -> None:
        """Nothing is kept."""

    def _seen(self, sql: str, as_role: str | None) -> Tables:
        if as_role is None:
            return self.tables()
        if as_role not in self.roles:
            raise unanswered(self.name, sql, f'role "{as_role}" does not exist')
        return self.roles[as_role](self.tables())


def _loaded(tables: Tables) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for name, rows in tables.items():
        connection.execute(f'create table "{name}" (key integer primary key, value text)')
        connection.executemany(f'insert into "{name}" values (?, ?)', rows.items())
    return connection
