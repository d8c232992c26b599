"""Compares two databases row by row, in as much memory as a row takes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from flightrules.domain.row_differences import Merge, Row, Table, TableDifference, paired, shared
from flightrules.ports.database import Rows


@dataclass(frozen=True)
class Side:
    """A database to compare: how it is read, and its name there; the plan's own without one."""

    rows: Rows
    name: str | None = None

    async def tables(self) -> tuple[Table, ...]:
        """Return its tables."""
        return await self.rows.tables(self.name)

    def read(self, table: Table | None) -> AsyncIterator[Row]:
        """Yield the rows of a table; none where there is no such table."""
        return self.rows.rows(table, self.name) if table is not None else _nothing()


async def data_diff(left: Side, right: Side) -> tuple[TableDifference, ...]:
    """Return how the rows of each table differ, tables by name. Both are read at the same time, neither is changed.

    A restored backup on the left and the present database on the right show what was written since the backup.
    """
    return tuple(
        [
            await _compare(name, left, on_left, right, on_right)
            for name, on_left, on_right in paired(await left.tables(), await right.tables())
        ]
    )


async def _compare(
    name: str, left: Side, on_left: Table | None, right: Side, on_right: Table | None
) -> TableDifference:
    if on_left is None or on_right is None:
        difference = TableDifference.of(name, f"only the {'right' if on_left is None else 'left'} database has it")
    else:
        on_left, said = shared(on_left, on_right)
        on_right = on_left
        difference = TableDifference.of(name, said)
    await _merge(left.read(on_left), right.read(on_right), difference)
    return difference


async def _merge(left: AsyncIterator[Row], right: AsyncIterator[Row], difference: TableDifference) -> None:
    merge = Merge(difference)
    try:
        on_left, on_right = await anext(left, None), await anext(right, None)
        while on_left is not None or on_right is not None:
            move_left, move_right = merge.step(on_left, on_right)
            on_left = await anext(left, None) if move_left else on_left
            on_right = await anext(right, None) if move_right else on_right
    finally:
        for stream in (left, right):
            if close := getattr(stream, "aclose", None):
                await close()


async def _nothing() -> AsyncIterator[Row]:
    rows: tuple[Row, ...] = ()
    for row in rows:
        yield row
