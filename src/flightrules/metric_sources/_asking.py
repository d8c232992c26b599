"""Asking a database for one row, and what a number in it is. Private to the sources of this package."""

from __future__ import annotations

from flightrules.domain.errors import FlightError, SourceUnreachable
from flightrules.domain.measured import number_in
from flightrules.ports.database import Queries

LONGEST_NUMBER = 100
LONGEST_WORDS = 500
"""Characters."""


async def one_row(queries: Queries, sql: str, within: float) -> tuple[str, ...] | None:
    """Return the only row that `sql` gives; None where it gives none. Raises `SourceUnreachable`."""
    try:
        found = await queries.rows(sql, most=2, within=within)
    except FlightError as error:
        raise SourceUnreachable(" ".join(error.what.split())[:LONGEST_WORDS]) from error
    if len(found) > 1:
        raise SourceUnreachable("the query gives several rows, not one; aggregate them, for example with count(*)")
    return found[0] if found else None


def only_value(row: tuple[str, ...] | None) -> float | None:
    """Return the number of a row of one column; None for no row, null, NaN and infinity."""
    if row is None:
        return None
    if len(row) != 1:
        raise SourceUnreachable(f"the query gives {len(row)} columns, not one number")
    if len(row[0]) > LONGEST_NUMBER:
        raise SourceUnreachable(f"the query gives a text of {len(row[0])} characters, not a number")
    return number_in(row[0], "what the query gives")
