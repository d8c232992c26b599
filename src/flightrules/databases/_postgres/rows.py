"""Reads the rows of a PostgreSQL database in an order that any two servers share.

Whole numbers and UUIDs are put in order by the server's own type; every other key as text, byte by byte, whatever
the collation. The order of a table without a key is that of its rows' digests.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from flightrules.databases._postgres import contents
from flightrules.databases._postgres.server import Server
from flightrules.domain.row_differences import Row, Table

AT_A_TIME = 5000
_IN_ORDER = {"int2", "int4", "int8"}
_TYPES = """
    select a.attname, t.typname from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = %s::regclass and a.attnum > 0
"""


@dataclass(frozen=True)
class PostgresRows:
    """The `Rows` of a PostgreSQL database."""

    server: Server

    async def tables(self, name: str | None = None) -> tuple[Table, ...]:
        """Return every table with rows of its own; each partition by itself."""
        async with self.server.steady(name) as connection:
            return await contents.tables(connection)

    async def rows(self, table: Table, name: str | None = None) -> AsyncIterator[Row]:
        """Yield every row, read in portions, all of them as they were at one moment."""
        async with self.server.steady(name) as connection, connection.transaction():
            await connection.execute("set transaction read only")
            types = dict(await (await connection.execute(_TYPES, (table.name,))).fetchall())
            async with connection.cursor("flight_rows") as cursor:
                cursor.itersize = AT_A_TIME
                await cursor.execute(_query(table, types))
                async for found in cursor:
                    yield _row(found)


def _query(table: Table, types: dict[str, str]) -> Any:
    from psycopg import sql

    columns = sql.SQL(", ").join(sql.SQL("flight_row.{}").format(sql.Identifier(name)) for name in table.columns)
    digest = sql.SQL("md5(row({})::text)").format(columns)
    keys = [_ordered(name, types[name]) for name in table.key]
    return sql.SQL("select {} from only {} flight_row order by {}").format(
        sql.SQL(", ").join([*keys, digest]),
        sql.SQL(table.name),
        sql.SQL(", ").join(sql.SQL(str(place)) for place in range(1, len(keys) + 1)) if keys
        else digest + sql.SQL(' collate "C"'),
    )  # fmt: skip


def _ordered(column: str, type_name: str) -> Any:
    from psycopg import sql

    name = sql.SQL("flight_row.{}").format(sql.Identifier(column))
    return name if type_name in _IN_ORDER else name + sql.SQL('::text collate "C"')


def _row(found: tuple[Any, ...]) -> Row:
    *key, digest = found
    order = tuple(part if isinstance(part, int) else part.encode() for part in key)
    return Row(order or (digest,), tuple(str(part) for part in key), digest)
