"""What two databases do not have in common, as `flight data-diff` shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flightrules.cli.clean import clean
from flightrules.cli.exits import Exit
from flightrules.domain.row_differences import MOST_KEYS, OF_THE_TOOL, Side, TableDifference, holds_revisions
from flightrules.recovery.exporting import SUMS, File

MOST_SHOWN = 20
"""How many keys of each kind a person is shown; `--json` has up to `MOST_KEYS`."""


@dataclass(frozen=True)
class Compared:
    """Two databases that were compared; `files` has the rows of the right one, by table, where they were exported."""

    left: str
    right: str
    tables: tuple[TableDifference, ...]
    files: tuple[tuple[str, File], ...] = ()

    @property
    def status(self) -> Exit:
        """How the command ends."""
        return Exit.DONE if all(table.same for table in self.tables) else Exit.DIFFERENT


def lines(compared: Compared) -> Iterator[str]:
    """Yield what a person reads."""
    differ = [table for table in compared.tables if not table.same]
    for table in differ:
        yield from _of_table(table)
    same = len(compared.tables) - len(differ)
    if same:
        yield f"{same} {'table is' if same == 1 else 'tables are'} the same"
    if not compared.tables:
        yield "neither database has a table"
    for name, file in compared.files:
        of_the_tool = f" ({OF_THE_TOOL})" if holds_revisions(name) else ""
        yield f"wrote {clean(str(file.path))}: {file.rows:,} rows of {clean(name)}{of_the_tool}"
    for _, file in compared.files[:1]:
        yield f"wrote {clean(str(file.path.with_name(SUMS)))}"


def _of_table(table: TableDifference) -> Iterator[str]:
    counts = ", ".join(f"{count:,} {side}" for side, count in table.counts.items() if count)
    told = "; ".join(filter(None, (table.why, OF_THE_TOOL if holds_revisions(table.table) else "")))
    yield f"{clean(table.table)}: {counts or 'the same rows'}{f' ({clean(told)})' if told else ''}"
    for side, keys in table.keys.items():
        if keys:
            more = table.counts[side] - len(keys[:MOST_SHOWN])
            shown = ", ".join(_key(key) for key in keys[:MOST_SHOWN])
            yield f"  {side}: {shown}{f', and {more:,} more' if more else ''}"


def _key(key: tuple[str, ...]) -> str:
    return clean(key[0] if len(key) == 1 else f"({', '.join(key)})")


def as_json(compared: Compared) -> dict[str, Any]:
    """Return what a program reads."""
    return {
        "left": compared.left,
        "right": compared.right,
        "same": compared.status is Exit.DONE,
        "most_keys": MOST_KEYS,
        "tables": [_table_json(table) for table in compared.tables],
        "written": [
            {
                "table": name,
                "file": str(file.path),
                "rows": file.rows,
                "bytes": file.bytes,
                "sha256": file.sha256,
                "of_the_migration_tool": holds_revisions(name),
            }
            for name, file in compared.files
        ],
        "exit_status": int(compared.status),
    }


def _table_json(table: TableDifference) -> dict[str, Any]:
    words = {Side.LEFT: "only_left", Side.RIGHT: "only_right", Side.CHANGED: "changed"}
    return {
        "table": table.table,
        "same": table.same,
        **{words[side]: count for side, count in table.counts.items()},
        "keys": {words[side]: [list(key) for key in keys] for side, keys in table.keys.items()},
        "why": table.why,
        "of_the_migration_tool": holds_revisions(table.table),
    }
