"""Closes a PostgreSQL database to writers, and lets a restored one take its place.

Both names change in one transaction of the server. While it waits for connections to end, nobody new is let in, and
when anything fails, or this process is killed, the server takes all of it back by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from flightrules.databases._postgres import closing, creating, sequences
from flightrules.databases._postgres.creating import READ_ONLY, RESTORED
from flightrules.databases._postgres.server import Server
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable
from flightrules.ports.clock import Clock
from flightrules.ports.fence import Fence

if TYPE_CHECKING:
    from flightrules.databases._postgres.creating import Connection

AGAIN_SECONDS = 0.1
_END_OF_ALL = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = any(%s) and backend_type = 'client backend' and pid <> all(%s)
"""
_CLOSED = """
    select count(*) from pg_db_role_setting x join pg_database d on d.oid = x.setdatabase
    where d.datname = %s and x.setrole = 0 and 'default_transaction_read_only=on' = any(x.setconfig)
"""
_OWNER = """
    select pg_has_role(datdba, 'USAGE'), current_user, pg_get_userbyid(datdba) from pg_database where datname = %s
"""
_ROLES = """
    select wanted.name, r.oid is not null,
        pg_has_role(r.oid, 'USAGE') or (not r.rolsuper and pg_has_role('pg_signal_backend', 'USAGE')),
        exists (select from pg_db_role_setting x, unnest(x.setconfig) s
            where x.setrole = r.oid and s = 'default_transaction_read_only=off'
                and x.setdatabase in (0, (select oid from pg_database where datname = %s)))
    from unnest(%s::text[]) wanted(name) left join pg_roles r on r.rolname = wanted.name
"""
"""Of each role: whether it is there, may have its connections ended, and has a word of its own on writing."""


@dataclass(frozen=True)
class PostgresSwitch:
    """The `Switch` of a PostgreSQL database. `roles` are those that the application connects as."""

    server: Server
    roles: tuple[str, ...]
    fence: Fence
    clock: Clock

    async def look(self) -> None:
        """Raise `DatabaseUnusable` where a right is missing that closing or swapping takes."""
        database, name = self.server.database, self.server.name
        async with self._maintenance() as connection:
            ((owns, user, owner),) = await (await connection.execute(_OWNER, (database,))).fetchall()
            roles = await (await connection.execute(_ROLES, (database, list(self.roles)))).fetchall()
        if not owns:
            raise DatabaseUnusable(
                f"the role {user} does not own database {name}, {owner} does; so it can neither close it to writers "
                f"nor let a restored one take its place",
                f'Run: ALTER DATABASE "{database}" OWNER TO "{user}";',
            )
        for role, is_there, may_end, has_own_word in roles:
            self._require(user, role, is_there, may_end, has_own_word)

    def _require(self, user: str, role: str, is_there: bool, may_end: bool, has_own_word: bool) -> None:
        name = self.server.name
        if not is_there:
            raise DatabaseUnusable(f"there is no role {role} on the server of database {name}", "Check `app_roles`.")
        if not may_end:
            raise DatabaseUnusable(
                f"the role {user} may not end the connections of {role}, so it cannot close database {name} to writers",
                f'Run: GRANT "{role}" TO "{user}"; or, as a superuser: GRANT pg_signal_backend TO "{user}";',
            )
        if has_own_word:
            raise DatabaseUnusable(
                f"the role {role} has {READ_ONLY} off as a default of its own, so database {name} cannot be closed to "
                f"it",
                f'Run: ALTER ROLE "{role}" RESET {READ_ONLY};',
            )

    async def close_to_writers(self) -> None:
        """Make every transaction in the database read-only, and wait until every earlier connection is gone.

        New ones obey. Not only the application's: whoever could still write would write what the restore takes away.
        """
        self.fence.check()
        async with self._maintenance() as connection:
            since = await self._set_read_only(connection, "set {} to on")
            await closing.until_gone(connection, self.server, since, self.clock)

    async def open_to_writers(self) -> None:
        """Take that back, and end the connections that were made under it."""
        async with self._maintenance() as connection:
            if await self._closed(connection, self.server.database):
                self.fence.check()
                since = await self._set_read_only(connection, "reset {}")
                await closing.end_earlier(connection, self.server, since)

    async def swap(self, new: str, keep_as: str) -> None:
        """Give the names anew in one transaction; connections to either database are ended until it is through."""
        self.fence.check()
        async with self._maintenance() as connection, self._maintenance() as ending:
            if await self._is_swapped(connection, new, keep_as):
                return
            await self._ready(connection, new, keep_as)
            await sequences.carry_over(self.server, new)
            renaming = asyncio.ensure_future(self._rename(connection, new, keep_as))
            try:
                await self._end_connections_until(renaming, ending, connection, new)
            finally:
                renaming.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await renaming

    async def swapped(self, new: str, keep_as: str) -> bool:
        """Return whether the new name is gone, and the other two are there: they change in one transaction."""
        async with self._maintenance() as connection:
            return await self._is_swapped(connection, new, keep_as)

    def _maintenance(self) -> contextlib.AbstractAsyncContextManager[Connection]:
        return self.server.connected(self.server.maintenance)

    async def _set_read_only(self, connection: Connection, how: str) -> datetime:
        """Change the setting; return the server's time at which it was in force."""
        from psycopg import sql

        which = sql.SQL("alter database {} ").format(sql.Identifier(self.server.database))
        await connection.execute(which + sql.SQL(how).format(sql.Identifier(READ_ONLY)))
        ((since,),) = await (await connection.execute("select clock_timestamp()")).fetchall()
        assert isinstance(since, datetime)
        return since

    async def _closed(self, connection: Connection, database: str) -> bool:
        """Whether everybody in it is held to reading."""
        ((closed,),) = await (await connection.execute(_CLOSED, (database,))).fetchall()
        return bool(closed)

    async def _is_swapped(self, connection: Connection, new: str, keep_as: str) -> bool:
        """Whether an earlier call got through: the new name is gone, and all else is there."""
        marks = [await creating.mark(connection, name) for name in (new, keep_as, self.server.database)]
        return marks[0] is None and None not in marks[1:]

    async def _ready(self, connection: Connection, new: str, keep_as: str) -> None:
        name = self.server.name
        if await creating.mark(connection, new) != RESTORED:
            raise DatabaseFailed(
                f"database {new} is not there, or is not restored to its end; {name} is as it was",
                "Restore the backup first.",
            )
        if await creating.mark(connection, keep_as) is not None:
            raise DatabaseFailed(
                f"there is a database {keep_as} already; {name} is as it was", "Choose another name to keep it as."
            )
        if not await self._closed(connection, self.server.database):
            raise DatabaseFailed(
                f"database {name} is open to writers; it is as it was", "Close it to writers before it is swapped."
            )

    async def _rename(self, connection: Connection, new: str, keep_as: str) -> None:
        now = self.server.database
        async with connection.transaction():
            comment = await creating.mark(connection, now)
            await creating.rename(connection, now, keep_as)
            await creating.set_mark(connection, keep_as, creating.KEPT)
            await creating.rename(connection, new, now)
            await creating.set_mark(connection, now, comment or "")

    async def _end_connections_until(
        self, renaming: asyncio.Future[None], ending: Connection, renamer: Connection, new: str
    ) -> None:
        ours = [ending.info.backend_pid, renamer.info.backend_pid]
        while not renaming.done():
            await ending.execute(_END_OF_ALL, ([self.server.database, new], ours))
            await self.clock.sleep(AGAIN_SECONDS)
        renaming.result()
