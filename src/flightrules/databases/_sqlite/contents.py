"""What is in a SQLite database: its schema, its rows in order, a digest of each, and the triggers that close it.

A row's digest is BLAKE2b of its values with their types; a table's checksum is the sum of those modulo 2^128, so that
the order of rows is without meaning.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from flightrules.domain.fingerprints import Fingerprint, TableContent
from flightrules.domain.row_differences import Row, Table, Value

CLOSING = "flight_closed_"
"""How the names of the triggers begin that close a database to writers."""

NULL, NUMBER, TEXT, BLOB = range(4)
"""How SQLite puts values of different sorts in order."""

_OURS = CLOSING.replace("_", r"\_") + "%"
_SCHEMA = r"""select type, name, tbl_name, coalesce(sql, '') from sqlite_master
    where not (type = 'trigger' and name like ? escape '\') order by 1, 2"""
_TABLES = r"""select name from sqlite_master where type = 'table' and sql not like 'create virtual%'
    and (name not like 'sqlite\_%' escape '\' or name = 'sqlite_sequence') order by 1"""


def fingerprint(connection: sqlite3.Connection) -> Fingerprint:
    """Return what this connection sees."""
    return Fingerprint(_schema(connection), {table.name: _content(connection, table) for table in tables(connection)})


def tables(connection: sqlite3.Connection) -> tuple[Table, ...]:
    """Return every table with rows of its own: those of virtual tables are in tables of their own."""
    return tuple(_table(connection, name) for (name,) in connection.execute(_TABLES).fetchall())


def rows(connection: sqlite3.Connection, table: Table) -> Iterator[Row]:
    """Yield every row in the order of `Row.order`: of the key, or of all values where there is none."""
    columns = [quoted(column) for column in table.columns]
    keys = [quoted(column) for column in table.key]
    order = [f"{key} collate binary" for key in keys]
    order = order or [f"{column} collate binary, typeof({column})" for column in columns]
    for found in connection.execute(
        f"select {', '.join([*keys, *columns])} from {quoted(table.name)} order by {', '.join(order)}"
    ):
        key, values = found[: len(keys)], found[len(keys) :]
        ordered = tuple(map(_rank, key)) if key else tuple((_rank(value), isinstance(value, float)) for value in values)
        yield Row(ordered, tuple(map(_shown, key)), _digest(values).hex())


def values(
    connection: sqlite3.Connection, table: Table, wanted: Sequence[Row], columns: Sequence[str]
) -> Iterator[tuple[Value, ...]]:
    """Yield `columns` of the rows that are wanted: each by its key; without one, those with the same digest."""
    if not table.key:
        yield from _by_digest(connection, table, wanted, columns)
        return
    said = f"select {_listed(columns)} from {quoted(table.name)} where"
    for order in dict.fromkeys(row.order for row in wanted):
        # A text may hold bytes that are no UTF-8, so it is handed over as bytes.
        same = (
            f"{quoted(column)} is {'cast(? as text)' if rank == TEXT else '?'}"
            for column, (rank, _) in zip(table.key, order, strict=True)
        )
        yield from connection.execute(
            f"{said} {' and '.join(same)}", tuple(None if rank == NULL else value for rank, value in order)
        )


def _by_digest(
    connection: sqlite3.Connection, table: Table, wanted: Sequence[Row], columns: Sequence[str]
) -> Iterator[tuple[Value, ...]]:
    left, width = Counter(row.digest for row in wanted), len(table.columns)
    for found in connection.execute(f"select {_listed([*table.columns, *columns])} from {quoted(table.name)}"):
        digest = _digest(found[:width]).hex()
        if left[digest] > 0:
            left[digest] -= 1
            yield found[width:]


def closed(connection: sqlite3.Connection) -> bool:
    """Whether the database is closed to writers; one without tables has nothing that they could write."""
    return bool(_closing_triggers(connection)) or not tables(connection)


def close(connection: sqlite3.Connection) -> None:
    """Let every table refuse writes, all of them at the same moment."""
    connection.execute("begin immediate")
    for table in tables(connection):
        if table.name.startswith("sqlite_"):
            continue
        for event in ("insert", "update", "delete"):
            connection.execute(
                f"create trigger if not exists {quoted(f'{CLOSING}{event}_{table.name}')} before {event} "
                f"on {quoted(table.name)} begin select raise(abort, 'closed to writes by flight'); end"
            )
    connection.execute("commit")


def open_again(connection: sqlite3.Connection) -> None:
    """Let every table take writes again, all of them at the same moment."""
    if not closed(connection):
        return
    connection.execute("begin immediate")
    for name in _closing_triggers(connection):
        connection.execute(f"drop trigger if exists {quoted(name)}")
    connection.execute("commit")


def quoted(name: str) -> str:
    """Return a name as SQL needs it."""
    return '"' + name.replace('"', '""') + '"'


def _closing_triggers(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute(
        r"select name from sqlite_master where type = 'trigger' and name like ? escape '\'", (_OURS,)
    )
    return [name for (name,) in found]


def _schema(connection: sqlite3.Connection) -> str:
    said = [repr(row) for row in connection.execute(_SCHEMA, (_OURS,))]
    said += [repr(connection.execute(f"pragma {name}").fetchone()) for name in ("user_version", "application_id")]
    return hashlib.sha256("\n".join(said).encode("utf-8", "surrogateescape")).hexdigest()


def _table(connection: sqlite3.Connection, name: str) -> Table:
    # Rowids may change when a database is copied by other means, so only a declared key counts.
    found = connection.execute(f"pragma table_xinfo({quoted(name)})").fetchall()
    columns = [(column, place, hidden) for _, column, _, _, _, place, hidden in found if hidden != 1]
    key = sorted((place, column) for column, place, _ in columns if place)
    generated = tuple(column for column, _, hidden in columns if hidden)
    return Table(name, tuple(column for column, _, _ in columns), tuple(column for _, column in key), generated)


def _content(connection: sqlite3.Connection, table: Table) -> TableContent:
    count, total = 0, 0
    for row in connection.execute(f"select {_listed(table.columns)} from {quoted(table.name)}"):
        count += 1
        total += int.from_bytes(_digest(row))
    return TableContent(count, f"{total % 2**128:032x}")


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(map(quoted, columns))


def _digest(values: tuple[Any, ...]) -> bytes:
    # What Python prints of a value tells its type as well: 1, 1.0, '1' and b'1' are four different ones.
    return hashlib.blake2b(repr(values).encode("utf-8", "surrogateescape"), digest_size=16).digest()


def _rank(value: Any) -> tuple[int, Any]:
    """Return what puts values in SQLite's own order: null, numbers, text by bytes, blobs."""
    match value:
        case None:
            return (NULL, 0)
        case int() | float():
            return (NUMBER, value)
        case str():
            return (TEXT, value.encode("utf-8", "surrogateescape"))
        case _:
            return (BLOB, bytes(value))


def _shown(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
