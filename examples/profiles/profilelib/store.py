"""Owns the database of the site: a pool of connections to SQLite, and a cache of the profiles that were read."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

MOST_CONNECTIONS = 50
WAITS = 0.5
"""Seconds that somebody waits for a connection while all are taken."""


class AllTaken(Exception):
    """Every connection to the database is taken."""


class Connections:
    """Up to fifty connections to one file, which has to be there; each is made when it is first needed."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._free: queue.LifoQueue[sqlite3.Connection | None] = queue.LifoQueue()
        for _ in range(MOST_CONNECTIONS):
            self._free.put(None)

    @property
    def taken(self) -> int:
        """How many are in use."""
        return MOST_CONNECTIONS - self._free.qsize()

    def take(self) -> sqlite3.Connection:
        """Return a connection that nobody else has. Raises `AllTaken`."""
        try:
            return self._free.get(timeout=WAITS) or self._new()
        except queue.Empty:
            raise AllTaken(f"all {MOST_CONNECTIONS} connections to the database are taken") from None

    def give_back(self, connection: sqlite3.Connection) -> None:
        """Let others have it."""
        self._free.put(connection)

    def _new(self) -> sqlite3.Connection:
        address = f"file:{self._path}?mode=rw"
        made = sqlite3.connect(address, uri=True, timeout=10, isolation_level=None, check_same_thread=False)
        made.execute("pragma journal_mode = wal")
        return made


class Store:
    """The profiles. `after_saving` gets the connection with which one was saved, and gives it back.

    `keeps` are the columns that this version knows of a profile.
    """

    def __init__(
        self,
        connections: Connections,
        after_saving: Callable[[sqlite3.Connection], None],
        keeps: tuple[str, ...] = ("name",),
    ) -> None:
        self.connections = connections
        columns, marks = ", ".join(keeps), ", ".join("?" for _ in keeps)  # those of the code, never a user's
        news = ", ".join(f"{column} = excluded.{column}" for column in keeps)
        self._saves = f"insert into profiles (handle, {columns}) values (?, {marks}) on conflict do update set {news}"
        self._keeps = keeps
        self._after_saving = after_saving
        self._cache: dict[str, str | None] = {}
        self._counting = threading.Lock()
        self.reads = self.hits = 0

    def save(self, handle: str, profile: Mapping[str, str]) -> None:
        """Keep what this version knows of a profile; it is committed when this returns. It has a name."""
        values = (profile["name"], *(profile.get(column) for column in self._keeps[1:]))
        connection = self.connections.take()
        try:
            connection.execute(self._saves, (handle, *values))
        except BaseException:  # whatever it was, others need the connection
            self.connections.give_back(connection)
            raise
        self._cache.pop(handle, None)
        self._after_saving(connection)

    def name_of(self, handle: str) -> str | None:
        """Return whose handle that is, None for nobody's."""
        with self._counting:
            self.reads += 1
            self.hits += handle in self._cache
        if handle not in self._cache:
            with self._one() as connection:
                row = connection.execute("select name from profiles where handle = ?", (handle,)).fetchone()
            self._cache[handle] = row[0] if row else None
        return self._cache[handle]

    def answers(self) -> bool:
        """Return whether the database answers."""
        with self._one() as connection:
            return bool(connection.execute("select 1").fetchone() == (1,))

    @contextmanager
    def _one(self) -> Iterator[sqlite3.Connection]:
        connection = self.connections.take()
        try:
            yield connection
        finally:
            self.connections.give_back(connection)
