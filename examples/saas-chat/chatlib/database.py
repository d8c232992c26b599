"""Owns the connections to the database: a pool of few, as a server of PostgreSQL would give them.

The migrations beside this file make the tables, never a service that starts. What was inserted is committed before
anybody is told.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sqlite3
from collections.abc import Iterator

from chatlib.service import Refused

CONNECTIONS = 4
WAIT_FOR_ONE = 1.5
"""Seconds that a request waits for a connection, before it fails."""
WAIT_FOR_WRITERS = 10.0


class Pool:
    """`CONNECTIONS` to the file that `DATABASE` names. Whoever takes one keeps it from all others."""

    def __init__(self) -> None:
        self._path = os.environ["DATABASE"]
        self._free: queue.LifoQueue[sqlite3.Connection | None] = queue.LifoQueue()
        for _ in range(CONNECTIONS):
            self._free.put(None)  # made when it is needed

    @contextlib.contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Give a connection; each statement is a transaction of its own. Raises `Refused` where none gets free."""
        try:
            connection = self._free.get(timeout=WAIT_FOR_ONE)
        except queue.Empty:
            raise Refused(503, f"all {CONNECTIONS} connections to the database are taken") from None
        try:
            connection = connection or self._connect()
            yield connection
        finally:
            self._free.put(connection)

    def _connect(self) -> sqlite3.Connection:
        # The file has to be there: one that makes an empty one would hide a wrong path.
        connection = sqlite3.connect(
            f"file:{self._path}?mode=rw", uri=True, timeout=WAIT_FOR_WRITERS, isolation_level=None,
            check_same_thread=False,
        )  # fmt: skip
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")  # survives kill -9, not the loss of the machine
        return connection
