"""Asks a PostgreSQL database: one statement, in a read-only transaction that is rolled back.

A connection is kept between two questions, so that a metric costs a site no connection per look. It is tried before it
is used: after a restart of the server, or when somebody ended it, a new one is made. Two questions at the same time
have two connections. The statement goes by the extended protocol, which takes one and not several, behind
`DECLARE … CURSOR FOR`, which takes only what reads, and yields no more rows than are wanted.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from flightrules.databases._postgres.server import Server, first_line
from flightrules.databases._queries import too_slow, unanswered

if TYPE_CHECKING:
    from psycopg import AsyncConnection

MOST_KEPT = 2
"""Connections that are kept open between two questions."""

LONGER = 1.0
"""Seconds after which a server is given up that does not itself end a statement whose time is over."""

_LIMIT = "select set_config('statement_timeout', %s, true)"
_UNLOCK = "select pg_advisory_unlock_all()"
"""Such locks belong to the session: a rollback leaves them."""


class PostgresQueries:
    """The `Queries` of a PostgreSQL database. `within` is how long a question may take where nothing is said."""

    def __init__(self, server: Server, within: float) -> None:
        self._server = server
        self._within = within
        self._kept: list[AsyncConnection[tuple[Any, ...]]] = []

    async def rows(
        self, sql: str, as_role: str | None = None, most: int = 100, within: float | None = None
    ) -> tuple[tuple[str, ...], ...]:
        """Return the first rows of `sql`, as the server writes them. Raises `DatabaseFailed`, `DatabaseUnusable`."""
        from psycopg import Error
        from psycopg.errors import QueryCanceled

        limit = self._within if within is None else within
        try:
            async with asyncio.timeout(limit + LONGER), self._connection() as connection:
                return await _asked(connection, sql, as_role, most, limit)
        except (QueryCanceled, TimeoutError):
            raise too_slow(self._server.name, sql, limit) from None
        except Error as error:
            said = error.diag.message_primary or first_line(error)
            raise unanswered(self._server.name, sql, said, self._server.secrets.values()) from None

    async def close(self) -> None:
        """Close what is kept."""
        while self._kept:
            await self._kept.pop().close()

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection[tuple[Any, ...]]]:
        """Yield a connection that answers; keep it afterwards, where nothing is left of the question in it."""
        connection = await self._that_answers()
        try:
            yield connection
        finally:
            await self._put_back(connection)

    async def _put_back(self, connection: AsyncConnection[tuple[Any, ...]]) -> None:
        clean = False
        try:
            clean = await _left_clean(connection)
        finally:
            if clean and len(self._kept) < MOST_KEPT:
                self._kept.append(connection)
            else:
                await connection.close()

    async def _that_answers(self) -> AsyncConnection[tuple[Any, ...]]:
        import psycopg

        while self._kept:
            kept = self._kept.pop()
            try:
                await kept.execute("select 1")
            except psycopg.Error:
                await kept.close()
            # Given up while the server did not answer: nobody else would close it.
            except asyncio.CancelledError:
                await kept.close()
                raise
            else:
                return kept
        connection = await self._server.connect(self._server.database)
        await connection.set_read_only(True)
        await connection.execute("set default_transaction_read_only = on")
        return connection


async def _left_clean(connection: AsyncConnection[tuple[Any, ...]]) -> bool:
    import psycopg
    from psycopg.pq import TransactionStatus

    if connection.info.transaction_status is not TransactionStatus.IDLE:
        return False
    try:
        await connection.execute(_UNLOCK)
    except psycopg.Error:
        return False
    return True


async def _asked(
    connection: AsyncConnection[tuple[Any, ...]], sql: str, as_role: str | None, most: int, limit: float
) -> tuple[tuple[str, ...], ...]:
    from psycopg.sql import SQL, Identifier

    async with connection.transaction(force_rollback=True):
        await connection.execute(_LIMIT, (f"{max(1, round(limit * 1000))}ms",))
        if as_role is not None:
            await connection.execute(SQL("set local role {}").format(Identifier(as_role)))
        async with connection.cursor("flight_query") as cursor:
            await cursor.execute(sql.encode())
            await cursor.fetchmany(most)
            found = cursor.pgresult
            assert found is not None
            columns = range(found.nfields)
            return tuple(
                tuple(_text(found.get_value(row, column)) for column in columns) for row in range(found.ntuples)
            )


def _text(value: bytes | None) -> str:
    """Return a value as the server writes it: what Python makes of it would look different."""
    return "" if value is None else value.decode(errors="replace")
