"""Reads the rows of a PostgreSQL database in an order that any two servers share.

Whole numbers and UUIDs are put in order by the server's own type; every other key as text, byte by byte, whatever
the collation. The order of a table without a key is that of its rows' digests.

Values are handed over as the server writes them, except for whole numbers and `bytea`: so a row can be written again,
whatever its types.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flightrules.databases._postgres import contents
from flightrules.databases._postgres.server import Server
from flightrules.domain.row_differences import Row, Table, Value

if TYPE_CHECKING:
    from flightrules.databases._postgres.creating import Connection

AT_A_TIME = 5000
VALUES_AT_A_TIME = 200
_IN_ORDER = {"int2", "int4", "int8"}
_AS_THEY_ARE = {*_IN_ORDER, "bytea"}
_TYPES = """
    select a.attname, t.typname, format_type(a.atttypid, a.atttypmod)
    from pg_attribute a join pg_type t on t.oid = a.atttypid
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
            types = await _types(connection, table)
            async with connection.cursor("flight_rows") as cursor:
                cursor.itersize = AT_A_TIME
                await cursor.execute(_query(table, types))
                async for found in cursor:
                    yield _row(found)

    async def values(
        self, table: Table, rows: Sequence[Row], columns: Sequence[str], name: str | None = None
    ) -> AsyncIterator[tuple[Value, ...]]:
        """Yield the values of `columns` of those rows, by the index of the key where there is one."""
        from psycopg import AsyncRawServerCursor

        async with self.server.steady(name) as connection, connection.transaction():
            await connection.execute("set transaction read only")
            types = await _types(connection, table)
            query, given = (
                _by_key(table, rows, columns, types) if table.key else _by_digest(table, rows, columns, types)
            )
            # Of the names in this query, a percent sign is no placeholder.
            async with AsyncRawServerCursor(connection, "flight_values") as cursor:
                cursor.itersize = VALUES_AT_A_TIME
                await cursor.execute(query, given)
                async for found in cursor:
                    yield found


@dataclass(frozen=True)
class _Type:
    """The type of a column: its own name, and how SQL writes it."""

    name: str
    written: str


async def _types(connection: Connection, table: Table) -> dict[str, _Type]:
    cursor = await connection.execute(_TYPES, (table.name,))
    return {column: _Type(name, written) for column, name, written in await cursor.fetchall()}


def _digest(table: Table) -> Any:
    from psycopg import sql

    columns = sql.SQL(", ").join(sql.SQL("flight_row.{}").format(sql.Identifier(name)) for name in table.columns)
    return sql.SQL("md5(row({})::text)").format(columns)


def _shown(columns: Sequence[str], types: dict[str, _Type]) -> Any:
    from psycopg import sql

    return sql.SQL(", ").join(
        sql.SQL("flight_row.{}" if types[name].name in _AS_THEY_ARE else "flight_row.{}::text").format(
            sql.Identifier(name)
        )
        for name in columns
    )


def _by_key(
    table: Table, rows: Sequence[Row], columns: Sequence[str], types: dict[str, _Type]
) -> tuple[Any, list[list[str]]]:
    """Return the query, and the keys as one list for each of their columns."""
    from psycopg import sql

    names = [sql.Identifier(f"flight_key_{place}") for place in range(len(table.key))]
    given = sql.SQL(", ").join(sql.SQL(f"${number}::text[]") for number in range(1, len(names) + 1))
    same = sql.SQL(" and ").join(
        sql.SQL("flight_row.{} = flight_key.{}::{}").format(
            sql.Identifier(column), name, sql.SQL(types[column].written)
        )
        for column, name in zip(table.key, names, strict=True)
    )
    query = sql.SQL("select {} from unnest({}) flight_key({}) join only {} flight_row on {}").format(
        _shown(columns, types), given, sql.SQL(", ").join(names),
        sql.SQL(table.name), same,
    )  # fmt: skip
    return query, [list(parts) for parts in zip(*(row.key for row in rows), strict=True)]


def _by_digest(
    table: Table, rows: Sequence[Row], columns: Sequence[str], types: dict[str, _Type]
) -> tuple[Any, list[Any]]:
    """Return the query, and each digest with the number of rows that are wanted of it: rows may be the same."""
    from psycopg import sql

    digest, wanted = _digest(table), Counter(row.digest for row in rows)
    numbered = sql.SQL(
        "select *, {0} flight_digest, row_number() over (partition by {0}) flight_number from only {1} flight_row "
        "where {0} = any($1)"
    ).format(digest, sql.SQL(table.name))
    query = sql.SQL(
        "select {} from ({}) flight_row join unnest($2::text[], $3::int8[]) flight_key(digest, count) "
        "on flight_row.flight_digest = flight_key.digest and flight_row.flight_number <= flight_key.count"
    ).format(_shown(columns, types), numbered)
    return query, [list(wanted), list(wanted), list(wanted.values())]


def _query(table: Table, types: dict[str, _Type]) -> Any:
    from psycopg import sql

    digest = _digest(table)
    keys = [_ordered(name, types[name].name) for name in table.key]
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
