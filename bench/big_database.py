"""A PostgreSQL database of any size for a benchmark, and an application that writes into it all the time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.shop import Failed, environment
from flightrules.testing.postgres_server import PASSWORD, PostgresServer

NAME, APPLICATION = "big", "bench_app"
TABLES = 4
ROW_BYTES = 196
"""What a row below takes on the disk, its share of the key's index left out."""

_TABLE = """
    create table orders_{0} (id bigint primary key, customer int not null, placed timestamptz not null,
        total numeric(10,2), note text, old text)
"""
_ROWS = """
    insert into orders_{0} select g, g % 1000, '2026-01-01'::timestamptz + g * interval '1 second',
        (g % 100000) / 100.0, md5(g::text) || md5((g * 7)::text) || repeat(substr(md5((g % 50)::text), 1, 8), 6)
    from generate_series(1, {1}) g
"""
_OTHERS = (
    "create table alembic_version (version_num varchar(32) primary key)",
    "insert into alembic_version values ('a1')",
    "create table written (number bigint primary key, note text)",
    f"grant insert on written to {APPLICATION}",
    "analyze",
)


def fill(server: PostgresServer, megabytes: int) -> int:
    """Make the database, with tables of so many megabytes in all; return how many rows it has."""
    rows = (megabytes << 20) // TABLES // ROW_BYTES
    server.execute(f"create database {NAME}", f"create role {APPLICATION} login password 'app'")
    for number in range(TABLES):
        server.execute(_TABLE.format(number), _ROWS.format(number, rows), database=NAME)
    server.execute(*_OTHERS, database=NAME)
    return rows * TABLES


async def timed(server: PostgresServer, *words: str, folder: Path | None = None) -> float:
    """Run a program of PostgreSQL, or alembic, to its end; return the seconds. Raises `Failed`."""
    known = {**environment(), "PGPASSWORD": PASSWORD, "DATABASE_URL": server.url(NAME)}
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *words, cwd=folder or Path.cwd(), env=known, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise Failed(f"{' '.join(words)} ended with {process.returncode}: {said.decode()[-500:]}")
    return time.perf_counter() - began


@dataclass(frozen=True)
class Write:
    """One write of the application: when it was begun (seconds since 1970), how long it took, whether it was taken."""

    at: float
    seconds: float
    taken: bool


class Writer:
    """An application that writes a row every 10 ms over one connection, and makes a new one when it is lost."""

    def __init__(self, server: PostgresServer) -> None:
        self.writes: list[Write] = []
        self._url = server.url(NAME, APPLICATION, "app")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on)
        self._thread.start()

    def leave(self) -> None:
        """End it."""
        self._over.set()
        self._thread.join()

    def between(self, first: float, last: float) -> Sequence[Write]:
        """Return what was begun between two moments."""
        return [each for each in self.writes if first <= each.at <= last]

    def _go_on(self) -> None:
        import psycopg

        number, connection = 0, None
        while not self._over.wait(0.01):
            number, began, at = number + 1, time.perf_counter(), time.time()
            try:
                if connection is None:
                    connection = psycopg.connect(self._url, autocommit=True, connect_timeout=3)
                connection.execute("insert into written values (%s, 'paid')", (number,))
                taken = True
            except psycopg.Error:
                connection, taken = None, False
            self.writes.append(Write(at, time.perf_counter() - began, taken))
