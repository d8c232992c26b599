"""Backs a PostgreSQL database up with `pg_dump`, and makes new databases from that with `pg_restore`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flightrules.databases._postgres import contents, creating, point
from flightrules.databases._postgres.server import Server
from flightrules.databases._postgres.tools import DUMP, RESTORE, Tools
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable
from flightrules.domain.fingerprints import Fingerprint
from flightrules.ports.database import About
from flightrules.ports.fence import Fence

QUICKLY = "--compress=1"
"""Level 1 of gzip: a few percent larger than the usual one, in little more than half the time of the processor, which
counts the rows meanwhile."""

_RIGHT = "select rolcreatedb or rolsuper, rolname from pg_roles where rolname = current_user"


@dataclass(frozen=True)
class PostgresCopies:
    """The `Copies` of a PostgreSQL database. `jobs` tables at a time are written and read."""

    server: Server
    tools: Tools
    fence: Fence
    jobs: int

    async def look(self) -> About:
        """Return what there is. Raises `DatabaseUnusable` for what would make a backup or a restore fail."""
        async with self.server.connected() as connection:
            version = connection.info.server_version
            room = await contents.bytes_of(connection)
            ((may_create, role),) = await (await connection.execute(_RIGHT)).fetchall()
        if not may_create:
            raise DatabaseUnusable(
                f"the role {role} may not create databases on the server of database {self.server.name}, so no backup "
                f"can be proven or restored",
                f'As a superuser, run: ALTER ROLE "{role}" CREATEDB;',
            )
        async with self.server.connected(self.server.maintenance):
            tools = await self.tools.versions(version)
        return About(self.server.database, f"PostgreSQL {version // 10000}.{version % 10000}", room, tools)

    async def back_up(self, folder: Path) -> Fingerprint:
        """Dump into `folder`, and count and sum up in the same snapshot: what others write meanwhile is in neither."""
        async with self.server.steady() as connection, connection.transaction():
            await connection.execute("set transaction isolation level repeatable read, read only")
            ((snapshot,),) = await (await connection.execute("select pg_export_snapshot()")).fetchall()
            dumping = self.tools.run(
                DUMP, "--format=directory", QUICKLY, f"--jobs={self.jobs}", f"--snapshot={snapshot}", f"--file={folder}"
            )
            _, tables = await both(dumping, contents.contents(connection))
            return Fingerprint(await self._schema(None, f"--snapshot={snapshot}"), tables)

    async def restore(self, folder: Path, into: str) -> None:
        """Make database `into` from a dump. What was left half restored under that name is made anew."""
        self.fence.check()
        creating.require_name(into)
        if point.is_in(folder):
            raise DatabaseFailed(
                f"this backup of database {self.server.name} is a point in time, and the plan does not say who keeps "
                f"the archive",
                "Put `point_in_time` back into the plan, with the stanza that it had.",
            )
        async with self.server.connected(self.server.maintenance) as connection:
            there = await creating.mark(connection, into)
            if there not in (None, creating.RESTORING):
                raise DatabaseFailed(
                    f"there is a database {into} already; it is left as it is", "Choose another name, or remove it."
                )
            await creating.drop(connection, into)
        try:
            async with self.server.connected(self.server.maintenance) as connection:
                await creating.create_like(connection, self.server.database, into)
            await self.tools.run(RESTORE, "--exit-on-error", f"--jobs={self.jobs}", str(folder), database=into)
            await self._finish(into)
        # However it ended, also when it was given up: half a database must not lie there under that name.
        except BaseException:
            await asyncio.shield(self.drop(into))
            raise

    async def fingerprint(self, name: str | None = None) -> Fingerprint:
        """Return what is in a database, all of it seen at one moment."""
        async with self.server.steady(name) as connection, connection.transaction():
            await connection.execute("set transaction isolation level repeatable read, read only")
            ((snapshot,),) = await (await connection.execute("select pg_export_snapshot()")).fetchall()
            return await self.seen(connection, snapshot, name)

    async def seen(self, connection: creating.Connection, snapshot: str, name: str | None = None) -> Fingerprint:
        """Return what is in a database as a steady connection sees it in its transaction, which exported `snapshot`."""
        tables = await contents.contents(connection)
        return Fingerprint(await self._schema(name, f"--snapshot={snapshot}"), tables)

    async def drop(self, name: str) -> None:
        """Remove a database that carries our mark; nothing happens where there is none of that name."""
        self.fence.check()
        creating.require_name(name)
        async with self.server.connected(self.server.maintenance) as connection:
            await creating.drop_half_made(connection, name)
            there = await creating.mark(connection, name)
            if there is None:
                return
            if there not in (creating.RESTORING, creating.RESTORED):
                raise DatabaseFailed(
                    f"database {name} was not made from a backup by Flight Rules, or is in use since; it is left as "
                    f"it is",
                    "Remove it yourself if you are sure.",
                )
            await creating.drop(connection, name)

    async def _finish(self, into: str) -> None:
        async with self.server.connected(into) as connection:
            # A dump has no statistics; without them, the first queries of the site are planned blindly.
            await connection.execute("analyze")
        async with self.server.connected(self.server.maintenance) as connection:
            await creating.set_mark(connection, into, creating.RESTORED)

    async def _schema(self, name: str | None, *further: str) -> str:
        where = self.tools.work / f"schema-{name or self.server.database}.sql"
        where.parent.mkdir(parents=True, exist_ok=True)
        try:
            await self.tools.run(DUMP, "--schema-only", f"--file={where}", *further, database=name)
            return contents.schema_checksum(where.read_text())
        finally:
            where.unlink(missing_ok=True)


async def both(one: Coroutine[Any, Any, Any], other: Coroutine[Any, Any, Any]) -> tuple[Any, Any]:
    """Run both at the same time; when one fails, end the other and raise that error alone."""
    try:
        async with asyncio.TaskGroup() as group:
            first, second = group.create_task(one), group.create_task(other)
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from several
    return first.result(), second.result()
