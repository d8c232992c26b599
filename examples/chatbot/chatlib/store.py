"""Owns the messages in a file of SQLite. What returns was committed; tables are made by the migrations, never here."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator

WAITS_FOR_WRITERS = 10.0
"""Seconds for which SQLite waits while somebody else writes, a migration for one."""


class Messages:
    """The messages of all conversations; each thread has a connection of its own."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._mine = threading.local()

    def add(self, **columns: str) -> int:
        """Keep a message and return its number."""
        names, marks = ", ".join(columns), ", ".join("?" for _ in columns)  # names are those of this code
        with self._connected() as connection:
            done = connection.execute(f"insert into messages ({names}) values ({marks})", tuple(columns.values()))
            assert done.lastrowid is not None
            return done.lastrowid

    def of(self, conversation: str, latest: int | None) -> list[dict[str, str]]:
        """Return the `latest` messages of a conversation, or all of them, oldest first."""
        asked = "select role, text from messages where conversation = ? order by number desc limit ?"
        with self._connected() as connection:
            found = connection.execute(asked, (conversation, -1 if latest is None else latest)).fetchall()
        return [{"role": role, "content": text} for role, text in reversed(found)]

    def count(self) -> int:
        """Return how many messages there are."""
        with self._connected() as connection:
            return int(connection.execute("select count(*) from messages").fetchone()[0])

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        connection: sqlite3.Connection | None = getattr(self._mine, "connection", None)
        if connection is None:
            address = f"file:{self._path}?mode=rw"  # a file that is not there is a mistake, and no empty database
            connection = sqlite3.connect(address, uri=True, timeout=WAITS_FOR_WRITERS, isolation_level=None)
            connection.execute("pragma journal_mode = wal")
            self._mine.connection = connection
        yield connection
