"""What is in a database, short enough to keep: its schema, and of each table the number of rows and a checksum.

Two databases with the same fingerprint hold the same tables with the same rows, in whatever order they lie.
A figure that a kind of database cannot supply is empty, and nothing is ever concluded from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class TableContent:
    """What a table holds. `checksum` does not depend on the order of rows; empty where there is none."""

    rows: int
    checksum: str = ""


@dataclass(frozen=True)
class Fingerprint:
    """What a database holds. `schema` is a checksum of all that is declared in it; empty where there is none."""

    schema: str = ""
    tables: Mapping[str, TableContent] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """The rows of all tables together."""
        return sum(content.rows for content in self.tables.values())

    @property
    def complete(self) -> bool:
        """Whether the schema and every table have a checksum: only then are two databases known to be the same."""
        return bool(self.schema) and all(content.checksum for content in self.tables.values())


@dataclass(frozen=True)
class TableGrowth:
    """How a table changed between two looks. `changed` is None where that cannot be told from what there is."""

    table: str
    before: int
    now: int
    changed: bool | None


def differences(expected: Fingerprint, found: Fingerprint) -> tuple[str, ...]:
    """Return every way in which `found` is not what was `expected`, in words; empty when they are the same."""
    said = []
    if _differ(expected.schema, found.schema):
        said.append("the schema is another one")
    for table in sorted(expected.tables.keys() | found.tables.keys()):
        said += _of_table(table, expected.tables.get(table), found.tables.get(table))
    return tuple(said)


def growth(before: Fingerprint, now: Fingerprint) -> tuple[TableGrowth, ...]:
    """Return how each table changed since `before`, tables that came and went included; unchanged ones are left out."""
    empty = TableContent(0)
    looked = (
        (table, before.tables.get(table, empty), now.tables.get(table, empty))
        for table in sorted(before.tables.keys() | now.tables.keys())
    )
    found = (TableGrowth(table, old.rows, new.rows, _changed(old, new)) for table, old, new in looked)
    return tuple(one for one in found if one.changed is not False)


def fewer(before: Fingerprint, now: Fingerprint) -> tuple[TableGrowth, ...]:
    """Return every table that has fewer rows now than `before`; one that is gone has none."""
    return tuple(one for one in growth(before, now) if one.now < one.before)


def to_record(fingerprint: Fingerprint) -> dict[str, Any]:
    """Return it as JSON-ready data."""
    tables = {name: {"rows": one.rows, "checksum": one.checksum} for name, one in sorted(fingerprint.tables.items())}
    return {"schema": fingerprint.schema, "tables": tables}


def from_record(record: Mapping[str, Any]) -> Fingerprint:
    """Rebuild what `to_record` wrote."""
    tables = {name: TableContent(one["rows"], one["checksum"]) for name, one in record["tables"].items()}
    return Fingerprint(record["schema"], tables)


def _of_table(table: str, expected: TableContent | None, found: TableContent | None) -> list[str]:
    if expected is None or found is None:
        return [f"table {table} is {'missing' if found is None else 'not in the backup'}"]
    if expected.rows != found.rows:
        return [f"table {table} has {found.rows:,} rows, not {expected.rows:,}"]
    if _differ(expected.checksum, found.checksum):
        return [f"table {table} has the right number of rows ({found.rows:,}), but other values in them"]
    return []


def _changed(before: TableContent, now: TableContent) -> bool | None:
    if before.rows != now.rows:
        return True
    if not before.rows and not now.rows:
        return False
    return before.checksum != now.checksum if before.checksum and now.checksum else None


def _differ(expected: str, found: str) -> bool:
    return bool(expected) and bool(found) and expected != found
