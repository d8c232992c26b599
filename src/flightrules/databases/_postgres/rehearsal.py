"""Points the team's tool at a copy of a PostgreSQL database, and watches its locks and rewrites there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from flightrules.databases._migrations import TeamMigrations
from flightrules.databases._postgres.server import Server
from flightrules.domain.migrations import Touched
from flightrules.ports.clock import Clock
from flightrules.ports.database import Migrations

if TYPE_CHECKING:
    from flightrules.databases._postgres.creating import Connection

EVERY = 0.02
"""Seconds between two looks at the locks."""

NOWHERE = "flight_no_such_database"

STOPS_SOMEBODY = {
    "ShareLock": "stops writers",
    "ShareRowExclusiveLock": "stops writers",
    "ExclusiveLock": "stops writers",
    "AccessExclusiveLock": "stops readers and writers",
}
"""By PostgreSQL's own documentation of its lock modes."""

_LOCKS = """
    select c.oid::regclass::text, l.mode from pg_locks l join pg_class c on c.oid = l.relation
    where l.granted and l.pid <> pg_backend_pid() and l.database = (select oid from pg_database where datname = %s)
        and c.relkind in ('r', 'p', 'm') and c.relnamespace not in ('pg_catalog'::regnamespace)
"""
_FILES = """
    select oid::regclass::text, relfilenode from pg_class
    where relkind in ('r', 'm') and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
"""


@dataclass(frozen=True)
class PostgresRehearsal:
    """The `Rehearsal` of a PostgreSQL database."""

    server: Server
    migrations: TeamMigrations
    clock: Clock

    def on(self, name: str) -> Migrations:
        """Return the tool with the address of that database."""
        address = urlsplit(self.migrations.environment["DATABASE_URL"])
        url = urlunsplit(address._replace(path=f"/{quote(name)}"))
        return replace(self.migrations, environment={**self.migrations.environment, "DATABASE_URL": url})

    def nowhere(self) -> Migrations:
        """Return it with the address of a database that is not there."""
        return self.on(NOWHERE)

    @contextlib.asynccontextmanager
    async def watched(self, name: str) -> AsyncIterator[Touched]:
        """Look at the locks all the time, and at the files of the tables before and after."""
        touched = Touched()
        async with self.server.connected(name) as connection:
            before = await _files(connection)
            watching = asyncio.ensure_future(self._watch(connection, name, touched))
            try:
                yield touched
            finally:
                watching.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watching
        async with self.server.connected(name) as connection:  # a statement may have been under way in the other
            after = await _files(connection)
        touched.rewritten = tuple(sorted(table for table in before if after.get(table, before[table]) != before[table]))

    async def _watch(self, connection: Connection, name: str, touched: Touched) -> None:
        since: dict[tuple[str, str], float] = {}
        while True:
            now = self.clock.monotonic()
            rows = await (await connection.execute(_LOCKS, (name,))).fetchall()
            held = {(table, mode) for table, mode in rows if mode in STOPS_SOMEBODY}
            since = {lock: since.get(lock, now) for lock in held}
            for (table, mode), began in since.items():
                _note(touched, table, mode, now - began)
            await self.clock.sleep(EVERY)


def _note(touched: Touched, table: str, mode: str, seconds: float) -> None:
    words, longest = STOPS_SOMEBODY[mode], max(seconds, EVERY)
    known, before = touched.locks.get(table, ("", 0.0))
    stronger = words if "readers" in words or not known else known
    touched.locks[table] = (stronger, round(max(before, longest), 3))


async def _files(connection: Connection) -> dict[str, int]:
    return dict(await (await connection.execute(_FILES)).fetchall())
