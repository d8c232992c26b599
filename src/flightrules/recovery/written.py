"""What was written into a database since a backup, table by table; exact where rows can be read one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flightrules.domain import fingerprints
from flightrules.domain.fingerprints import Fingerprint
from flightrules.domain.row_differences import Side as Where
from flightrules.ports.database import Rows
from flightrules.recovery.difference import Side, data_diff


@dataclass(frozen=True)
class Written:
    """What happened to one table: rows that were added, changed and removed.

    `exact` is False where rows cannot be told apart: then `added` is how many more there are, and the others are 0.
    `file` is where the rows themselves were exported to.
    """

    table: str
    added: int
    changed: int = 0
    removed: int = 0
    exact: bool = True
    file: str | None = None


async def since(
    rows: Rows | None, restored: str, before: Fingerprint, now: Fingerprint, export: Mapping[str, str], folder: Path
) -> tuple[Written, ...]:
    """Return what was written between the backup, restored as `restored`, and the present state, by table."""
    if rows is None:
        grown = fingerprints.growth(before, now)
        return tuple(Written(one.table, one.now - one.before, exact=False) for one in grown)
    found = await data_diff(Side(rows, restored), Side(rows))
    return tuple(
        Written(one.table, one.counts[Where.RIGHT], one.counts[Where.CHANGED], one.counts[Where.LEFT])
        for one in found
        if not one.same
    )


def to_record(found: Sequence[Written]) -> list[dict[str, Any]]:
    """Return it as JSON-ready data."""
    return [asdict(one) for one in found]


def in_words(tables: Sequence[Mapping[str, Any]]) -> str:
    """Return what `to_record` wrote, as people read it."""
    return "; ".join(_table(one) for one in tables) or "nothing"


def _table(one: Mapping[str, Any]) -> str:
    if not one["exact"]:
        return f"{one['table']}: {one['added']:+} rows, perhaps others changed"
    parts = [f"{one[what]} {what}" for what in ("added", "changed", "removed") if one[what]]
    return f"{one['table']}: {', '.join(parts) or 'other columns'}"
