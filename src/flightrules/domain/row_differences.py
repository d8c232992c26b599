"""How two databases differ, table by table: rows that only one has, and rows that both have with other values.

Two streams of rows in the same order are merged, so tables of any size need no memory. A table without a primary key
cannot tell a changed row from two others: there, a change is one row only left and one only right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MOST_KEYS = 1000
"""How many keys are listed of each kind, for each table; the counts are always whole."""


Value = str | int | float | bytes | None
"""What stands in a row. A type that is none of these is the text by which its database writes it."""


@dataclass(frozen=True)
class Table:
    """A table: its name as SQL has it, its columns, and those of its primary key; no key where it has none.

    `generated` are the columns that the database computes from the others: nobody can write them.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()

    @property
    def written(self) -> tuple[str, ...]:
        """Return the columns that can be written."""
        return tuple(column for column in self.columns if column not in self.generated)


@dataclass(frozen=True)
class Row:
    """A row. `order` can be compared with that of any other row of the table, in either database, and is its identity.

    `key` holds the values of the primary key as text, empty without one; `digest` stands for all values.
    """

    order: tuple[Any, ...]
    key: tuple[str, ...]
    digest: str


class Side(StrEnum):
    """Where a row is."""

    LEFT = "only left"
    RIGHT = "only right"
    CHANGED = "changed"


@dataclass
class TableDifference:
    """What was found in one table. `why` says why its rows were not compared, or what is special about it."""

    table: str
    counts: dict[Side, int]
    keys: dict[Side, list[tuple[str, ...]]]
    compared: int = 0
    why: str = ""

    @classmethod
    def of(cls, table: str, why: str = "") -> TableDifference:
        """Return one in which nothing was found yet."""
        return cls(table, dict.fromkeys(Side, 0), {side: [] for side in Side}, 0, why)

    @property
    def same(self) -> bool:
        """Whether both sides have the table, with the same columns and the same rows."""
        return not any(self.counts.values()) and self.why in ("", NO_KEY)

    def add(self, side: Side, row: Row) -> None:
        """Count a row; list its key where it has one and there is room."""
        self.counts[side] += 1
        if row.key and len(self.keys[side]) < MOST_KEYS:
            self.keys[side].append(row.key)


REVISION_TABLES = frozenset(
    {"alembic_version", "_prisma_migrations", "schema_migrations", "django_migrations", "flyway_schema_history"}
)
"""Tables in which migration tools keep which revision is in force: no user wrote them."""

OF_THE_TOOL = "here the migration tool keeps its revision: no user wrote these rows, and nobody should carry them over"


def holds_revisions(table: str) -> bool:
    """Return whether a table, named with or without its schema, is one of a migration tool."""
    return table.rpartition(".")[2].strip('"').lower() in REVISION_TABLES


NO_KEY = "it has no primary key: a changed row counts as one only left and one only right, and no keys are listed"
OTHER_KEYS = "its primary keys differ, so it is compared as if it had none"


class Merge:
    """Finds out what two ordered streams of rows have in common, from the next row of each.

        while (left or right): move_left, move_right = step(left, right)

    A stream that is not in order is refused (`ValueError`): everything after that would be wrong. `found` is what the
    last step found, a changed row as it is on the right; None where both sides had the same.
    """

    found: tuple[Side, Row] | None

    def __init__(self, difference: TableDifference) -> None:
        self._difference = difference
        self._last: dict[Side, tuple[Any, ...]] = {}

    def step(self, left: Row | None, right: Row | None) -> tuple[bool, bool]:
        """Compare the next row of each side, None at its end; return which of them was dealt with."""
        self._in_order(Side.LEFT, left)
        self._in_order(Side.RIGHT, right)
        self._difference.compared += 1
        self.found = None
        if right is None or (left is not None and left.order < right.order):
            assert left is not None
            self._found(Side.LEFT, left)
            return True, False
        if left is None or right.order < left.order:
            self._found(Side.RIGHT, right)
            return False, True
        if left.digest != right.digest:
            self._found(Side.CHANGED, right)
        return True, True

    def _found(self, side: Side, row: Row) -> None:
        self.found = (side, row)
        self._difference.add(side, row)

    def _in_order(self, side: Side, row: Row | None) -> None:
        if row is None:
            return
        if side in self._last and row.order < self._last[side]:
            raise ValueError(f"rows of {self._difference.table} are not in order: {row.order} after {self._last[side]}")
        self._last[side] = row.order


def shared(left: Table, right: Table) -> tuple[Table, str]:
    """Return what two tables of one name can be compared by, and what is to be said about it."""
    columns = tuple(column for column in left.columns if column in right.columns)
    said = []
    if set(left.columns) != set(right.columns):
        said.append(f"compared by the columns that both have: {', '.join(columns) or 'none'}")
    key = left.key if left.key == right.key else ()
    if not key:
        said.append(OTHER_KEYS if left.key or right.key else NO_KEY)
    return Table(left.name, columns, key), "; ".join(said)


def paired(left: tuple[Table, ...], right: tuple[Table, ...]) -> Iterator[tuple[str, Table | None, Table | None]]:
    """Yield every table that either side has, by name, with what each side has of that name."""
    on_left, on_right = {table.name: table for table in left}, {table.name: table for table in right}
    for name in sorted(on_left.keys() | on_right.keys()):
        yield name, on_left.get(name), on_right.get(name)
