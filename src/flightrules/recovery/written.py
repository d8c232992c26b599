"""What was written into a database since a backup, table by table; exact where rows can be read one by one.

Then the rows themselves, as they are now, go into files: what a restore takes away can be carried over afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flightrules.domain import fingerprints
from flightrules.domain.fingerprints import Fingerprint
from flightrules.domain.row_differences import Side as Where
from flightrules.domain.row_differences import TableDifference, holds_revisions
from flightrules.ports.database import Rows
from flightrules.recovery.difference import Side, data_diff
from flightrules.recovery.exporting import File, exporting


@dataclass(frozen=True)
class Written:
    """What happened to one table: rows that were added, changed and removed.

    `exact` is False where rows cannot be told apart: then `added` is how many more there are, and the others are 0.
    `file` is where the rows that were added or changed were exported to, with its SHA-256; None where there are none.
    `first` and `last` are the smallest and the largest value of `column` among them, where the plan names it.
    """

    table: str
    added: int
    changed: int = 0
    removed: int = 0
    exact: bool = True
    file: str | None = None
    sha256: str | None = None
    column: str = ""
    first: str = ""
    last: str = ""


async def since(
    rows: Rows | None, restored: str, before: Fingerprint, now: Fingerprint, export: Mapping[str, str], folder: Path
) -> tuple[Written, ...]:
    """Return what was written between the backup, restored as `restored`, and the present state, by table.

    The rows are exported into `folder`; by table, `export` names the column whose range is told. Raises
    `DatabaseFailed` where they cannot be read or written: then nothing is in `folder`.
    """
    if rows is None:
        grown = fingerprints.growth(before, now)
        return tuple(Written(one.table, one.now - one.before, exact=False) for one in grown)
    # What has the same checksum need not be read: writes are stopped for as long as this takes.
    unchanged = {table for table, held in now.tables.items() if held.checksum and held == before.tables.get(table)}
    async with exporting(Side(rows), folder, export) as exported:
        found = await data_diff(
            Side(rows, restored), Side(rows), wanted=lambda table: table not in unchanged, taking=exported.rows_of
        )
    return tuple(_written(one, exported.files.get(one.table)) for one in found if not one.same)


def _written(one: TableDifference, file: File | None) -> Written:
    counts = (one.counts[Where.RIGHT], one.counts[Where.CHANGED], one.counts[Where.LEFT])
    if file is None:
        return Written(one.table, *counts)
    return Written(
        one.table, *counts, True, str(file.path), file.sha256, file.column if file.first else "", file.first, file.last
    )


def to_record(found: Sequence[Written]) -> list[dict[str, Any]]:
    """Return it as JSON-ready data."""
    return [asdict(one) for one in found]


def in_words(tables: Sequence[Mapping[str, Any]]) -> str:
    """Return what `to_record` wrote, as people read it: what users wrote, and what the migration tool did."""
    by_users = "; ".join(_table(one) for one in tables if not holds_revisions(one["table"])) or "nothing"
    by_tools = ", ".join(one["table"] for one in tables if holds_revisions(one["table"]))
    return (
        f"{by_users} (not counted: {by_tools}, where the migration tool keeps its revision)" if by_tools else by_users
    )


def folder_of(tables: Sequence[Mapping[str, Any]]) -> str:
    """Return the folder with the files of the rows, as `to_record` wrote it; empty without any."""
    return next((str(Path(one["file"]).parent) for one in tables if one.get("file")), "")


def _table(one: Mapping[str, Any]) -> str:
    if not one["exact"]:
        return f"{one['table']}: {one['added']:+,} rows, perhaps others changed"
    parts = [f"{one[what]:,} {what}" for what in ("added", "changed", "removed") if one[what]]
    told = f" ({one['column']} {one['first']} to {one['last']})" if one.get("first") else ""
    return f"{one['table']}: {', '.join(parts) or 'other columns'}{told}"
