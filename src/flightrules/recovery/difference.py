"""Compares two databases row by row, in as much memory as a row takes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from flightrules.domain.row_differences import Merge, Row, Table, TableDifference, paired, shared
from flightrules.domain.row_differences import Side as Where
from flightrules.ports.database import Rows

Take = Callable[[Where, Row], Awaitable[None]]
"""Gets each row that differs, a changed one as it is on the right."""

Taking = Callable[[Table, Table | None], contextlib.AbstractAsyncContextManager[Take]]
"""Opens a `Take` for one table: the table by what it is compared, and as a whole, as the right side has it."""


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


@contextlib.asynccontextmanager
async def take_none(compared: Table, whole: Table | None) -> AsyncIterator[Take]:
    """Let rows that differ be counted and listed alone."""

    async def take(side: Where, row: Row) -> None:
        pass

    yield take


async def data_diff(
    left: Side, right: Side, wanted: Callable[[str], bool] = lambda table: True, taking: Taking = take_none
) -> tuple[TableDifference, ...]:
    """Return how the rows of each table differ, tables by name. Both are read at the same time, neither is changed.

    A restored backup on the left and the present database on the right show what was written since the backup.
    `wanted` says by a table's name whether it is compared; `taking` gets the rows that differ while they are read.
    """
    return tuple(
        [
            await _compare(name, left, on_left, right, on_right, taking)
            for name, on_left, on_right in paired(await left.tables(), await right.tables())
            if wanted(name)
        ]
    )


async def _compare(
    name: str, left: Side, on_left: Table | None, right: Side, on_right: Table | None, taking: Taking
) -> TableDifference:
    whole = on_right
    if on_left is None or on_right is None:
        difference = TableDifference.of(name, f"only the {'right' if on_left is None else 'left'} database has it")
    else:
        on_left, said = shared(on_left, on_right)
        on_right = on_left
        difference = TableDifference.of(name, said)
    compared = on_right or on_left
    assert compared is not None
    async with taking(compared, whole) as take:
        await _merge(left.read(on_left), right.read(on_right), difference, take)
    return difference


async def _merge(left: AsyncIterator[Row], right: AsyncIterator[Row], difference: TableDifference, take: Take) -> None:
    merge = Merge(difference)
    try:
        on_left, on_right = await anext(left, None), await anext(right, None)
        while on_left is not None or on_right is not None:
            move_left, move_right = merge.step(on_left, on_right)
            on_left = await anext(left, None) if move_left else on_left
            on_right = await anext(right, None) if move_right else on_right
            if merge.found is not None:
                await take(*merge.found)
    finally:
        for stream in (left, right):
            if close := getattr(stream, "aclose", None):
                await close()


async def _nothing() -> AsyncIterator[Row]:
    rows: tuple[Row, ...] = ()
    for row in rows:
        yield row
