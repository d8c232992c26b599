"""Owns the connections to the database: a pool of few, as a server of PostgreSQL would give them.

The migrations beside this file make the tables, never a service that starts. What was inserted is committed before
anybody is told.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator

from chatlib.service import Refused

CONNECTIONS = 4
WAIT_FOR_ONE = 1.0
"""Seconds that a request waits for a connection, before it fails."""
WAIT_FOR_WRITERS = 10.0


class Pool:
    """At most `CONNECTIONS` at a time. Whoever takes one keeps it from all others."""

    def __init__(self) -> None:
        self._path = os.environ["DATABASE"]
        self._free = threading.Semaphore(CONNECTIONS)

    @contextlib.contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Give a connection; each statement is a transaction of its own. Raises `Refused` where none gets free."""
        if not self._free.acquire(timeout=WAIT_FOR_ONE):
            raise Refused(503, f"all {CONNECTIONS} connections to the database are taken")
        try:
            # The file has to be there: one that makes an empty one would hide a wrong path.
            where = f"file:{self._path}?mode=rw"
            with contextlib.closing(
                sqlite3.connect(where, uri=True, timeout=WAIT_FOR_WRITERS, isolation_level=None)
            ) as connection:
                connection.execute("pragma journal_mode = wal")
                yield connection
        finally:
            self._free.release()
