"""What is in a PostgreSQL database: its tables, how many rows each has, and a checksum that needs no order.

The checksum of a table is the sum, modulo 2^64, of the server's own 64-bit hash of every row's text, twice with
different seeds: rows may lie in any order, and the server reads the table once. Its hash costs little more than making
the text, where MD5 took two thirds of the time. It guards against mistakes and broken disks, not against somebody who
looks for rows that add up alike.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from flightrules.domain.fingerprints import TableContent
from flightrules.domain.row_differences import Table

if TYPE_CHECKING:
    from psycopg import AsyncConnection, sql

LARGE_OBJECTS = "(large objects)"

_TABLES = """
    select n.nspname, c.relname,
        array(select a.attname::text from pg_attribute a
              where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum),
        array(select a.attname::text from pg_index i, unnest(i.indkey) with ordinality k(number, place)
              join pg_attribute a on a.attnum = k.number
              where i.indrelid = c.oid and a.attrelid = c.oid and i.indisprimary order by k.place),
        array(select a.attname::text from pg_attribute a
              where a.attrelid = c.oid and a.attnum > 0 and a.attgenerated <> '' order by a.attnum)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and c.relpersistence <> 't'
        and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass
                        and d.objid = c.oid and d.deptype = 'e')
    order by 1, 2
"""
"""Partitions each by itself, their parents not; nothing of extensions, which are made anew and not copied."""

_CONTENT = """
    select count(*),
        coalesce(sum(hashtextextended(h, 0)), 0), coalesce(sum(hashtextextended(h, 1)), 0)
    from ({} offset 0) as texts  -- the offset keeps the server from making each text twice
"""

_BYTES = """
    select coalesce(sum(pg_table_size(c.oid)), 0) from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
"""


async def tables(connection: AsyncConnection[tuple[Any, ...]]) -> tuple[Table, ...]:
    """Return every table with rows of its own; names are written as SQL needs them."""
    cursor = await connection.execute(_TABLES)
    return tuple(
        Table(f"{quoted(schema)}.{quoted(name)}", tuple(columns), tuple(key), tuple(generated))
        for schema, name, columns, key, generated in await cursor.fetchall()
    )


async def contents(connection: AsyncConnection[tuple[Any, ...]]) -> dict[str, TableContent]:
    """Return what each table holds, as this connection sees it. The session must be a steady one."""
    from psycopg import sql

    found = {}
    for table in await tables(connection):
        rows = sql.SQL('select (flight_row.*)::text collate "C" h from only {} flight_row').format(_as_sql(table))
        found[table.name] = await _content(connection, rows)
    objects = sql.SQL(
        "select md5(oid || ':' || encode(lo_get(oid), 'hex')) collate \"C\" h from pg_largeobject_metadata"
    )
    if (large := await _content(connection, objects)).rows:
        found[LARGE_OBJECTS] = large
    return found


async def bytes_of(connection: AsyncConnection[tuple[Any, ...]]) -> int:
    """Return how much room its tables take, without indexes: a backup takes no more, mostly far less."""
    (found,) = await (await connection.execute(_BYTES)).fetchall()
    return int(found[0])


def schema_checksum(dumped: str) -> str:
    """Return a checksum of what `pg_dump --schema-only` prints, without what differs each time."""
    kept = (line for line in dumped.splitlines() if line and not re.match(r"--|SET |SELECT pg_catalog\.|\\", line))
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()


def quoted(name: str) -> str:
    """Return a name as SQL needs it."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


async def _content(connection: AsyncConnection[tuple[Any, ...]], rows: sql.Composable) -> TableContent:
    from psycopg import sql

    cursor = await connection.execute(sql.SQL(_CONTENT).format(rows))
    ((count, high, low),) = await cursor.fetchall()
    return TableContent(count, f"{int(high) % 2**64:016x}{int(low) % 2**64:016x}")


def _as_sql(table: Table) -> sql.Composable:
    """Return a table's name to put into a statement; it was quoted when it was read."""
    from psycopg import sql

    return sql.SQL(table.name)
