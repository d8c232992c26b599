"""Owns the dashboard's rows in a file of SQLite. What returns was committed; the migrations make the tables."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from typing import Any

WAITS_FOR_WRITERS = 10.0
"""Seconds for which SQLite waits while somebody else writes, a migration for one."""


class Store:
    """One database; each thread has a connection of its own."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._mine = threading.local()

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Return what a query finds."""
        with self._connected() as connection:
            return [dict(row) for row in connection.execute(query, values)]

    def number(self, query: str, *values: Any) -> int:
        """Return the one number that a query finds."""
        with self._connected() as connection:
            return int(connection.execute(query, values).fetchone()[0])

    def change(self, statement: str, *values: Any) -> int:
        """Carry out a statement and return the number of the row that it added, if any."""
        with self._connected() as connection:
            return connection.execute(statement, values).lastrowid or 0

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        connection: sqlite3.Connection | None = getattr(self._mine, "connection", None)
        if connection is None:
            address = f"file:{self._path}?mode=rw"  # a file that is not there is a mistake, and no empty database
            connection = sqlite3.connect(address, uri=True, timeout=WAITS_FOR_WRITERS, isolation_level=None)
            connection.execute("pragma journal_mode = wal")
            connection.row_factory = sqlite3.Row
            self._mine.connection = connection
        yield connection
