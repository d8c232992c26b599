"""Reads the rows of a SQLite database in its own order, ahead of who asks for them."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flightrules.databases._sqlite import contents
from flightrules.databases._sqlite.files import Files, reading
from flightrules.domain.errors import DatabaseFailed
from flightrules.domain.row_differences import Row, Table, Value

AHEAD = 2000
"""How many rows are read at a time."""

T = TypeVar("T")


@dataclass(frozen=True)
class SqliteRows:
    """The `Rows` of a SQLite database."""

    files: Files

    async def tables(self, name: str | None = None) -> tuple[Table, ...]:
        """Return every table with rows of its own."""
        path = self.files.of(name)
        if not path.exists():
            raise DatabaseFailed(f"there is no database {name or path.stem}: {path}", "`flight backups` lists them.")
        return await self.files.read(path, contents.tables)

    def rows(self, table: Table, name: str | None = None) -> AsyncIterator[Row]:
        """Yield every row, all of them as they were at one moment."""
        return self._read(name, lambda connection: contents.rows(connection, table))

    def values(
        self, table: Table, rows: Sequence[Row], columns: Sequence[str], name: str | None = None
    ) -> AsyncIterator[tuple[Value, ...]]:
        """Yield the values of `columns` of those rows."""
        return self._read(name, lambda connection: contents.values(connection, table, rows, columns))

    async def _read(self, name: str | None, work: Callable[[sqlite3.Connection], Iterator[T]]) -> AsyncIterator[T]:
        """Yield what `work` does; a thread reads ahead, and is ended when nobody asks any more."""
        ahead: queue.Queue[list[T] | None] = queue.Queue(2)
        stop = threading.Event()
        reader = asyncio.ensure_future(
            self.files.read(self.files.of(name), lambda connection: _read_ahead(connection, work, ahead, stop))
        )
        try:
            while (some := await asyncio.to_thread(_take, ahead, stop)) is not None:
                for row in some:
                    yield row
            await reader
        finally:
            stop.set()
            await asyncio.gather(reader, return_exceptions=True)


def _read_ahead(
    connection: sqlite3.Connection,
    work: Callable[[sqlite3.Connection], Iterator[T]],
    ahead: queue.Queue[list[T] | None],
    stop: threading.Event,
) -> None:
    try:
        with reading(connection):
            some: list[T] = []
            for row in work(connection):
                some.append(row)
                if len(some) == AHEAD:
                    _put(ahead, some, stop)
                    some = []
            _put(ahead, some, stop)
    finally:
        _put(ahead, None, stop)


def _put(ahead: queue.Queue[list[T] | None], some: list[T] | None, stop: threading.Event) -> None:
    while not stop.is_set():
        with contextlib.suppress(queue.Full):
            return ahead.put(some, timeout=0.1)


def _take(ahead: queue.Queue[list[T] | None], stop: threading.Event) -> list[T] | None:
    while not stop.is_set():
        with contextlib.suppress(queue.Empty):
            return ahead.get(timeout=0.1)
    return None
