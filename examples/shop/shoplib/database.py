"""Owns the orders in a database: SQLite, or PostgreSQL with the driver psycopg.

Who makes the tables are the migrations beside this file, never a shop that starts. An order was committed before
anybody is told its number.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from typing import Any, Protocol

from shoplib.store import Order

WAITS_FOR_WRITERS = 10.0
"""Seconds for which SQLite waits while somebody else writes, a migration for one."""


class Kind(Protocol):
    """What differs between two kinds of database."""

    mark: str
    """How SQL names a value that comes separately."""

    def connect(self) -> Any:
        """Return a new connection as Python's DB-API has it; each statement is a transaction of its own."""


class Sqlite:
    """A file of SQLite, which has to be there: a shop that makes an empty one would hide a wrong path."""

    mark = "?"

    def __init__(self, path: str) -> None:
        self._path = path

    def connect(self) -> Any:
        """Open the file, so that readers and the one writer do not wait for each other."""
        connection = sqlite3.connect(
            f"file:{self._path}?mode=rw", uri=True, timeout=WAITS_FOR_WRITERS, isolation_level=None,
            check_same_thread=False,
        )  # fmt: skip
        connection.execute("pragma journal_mode = wal")
        return connection


class Postgres:
    """A database of a PostgreSQL server, by its address."""

    mark = "%s"

    def __init__(self, address: str) -> None:
        self._address = address

    def connect(self) -> Any:
        """Connect to the server."""
        import psycopg

        return psycopg.connect(self._address, autocommit=True)


class OrdersInDatabase:
    """Keeps orders in the table `orders`, over one connection, which is made anew after an error."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._connection: Any = None
        self._one_at_a_time = threading.Lock()

    async def add(self, order: Order) -> Order:
        """Insert an order and return it with its number, once it is committed."""
        names, marks = ", ".join(order), ", ".join(self._kind.mark for _ in order)  # names are those of the shop's code
        sql = f"insert into orders ({names}) values ({marks}) returning number"
        ((number,),) = await asyncio.to_thread(self._run, sql, tuple(order.values()))
        return {"number": number, **order}

    async def latest(self, most: int) -> list[Order]:
        """Return the newest orders, newest first."""
        sql = f"select number, item, pieces from orders order by number desc limit {int(most)}"
        rows = await asyncio.to_thread(self._run, sql, ())
        return [dict(zip(("number", "item", "pieces"), row, strict=True)) for row in rows]

    def _run(self, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with self._connected() as connection:
            return list(connection.execute(sql, values).fetchall())

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Any]:
        with self._one_at_a_time:
            if self._connection is None:
                self._connection = self._kind.connect()
            try:
                yield self._connection
            except BaseException:
                broken, self._connection = self._connection, None
                # Which errors a driver has is its own affair, and what is broken need not close well.
                with contextlib.suppress(Exception):
                    broken.close()
                raise
