"""Puts the last results into docs/reference/benchmarks.md, between the markers of their benchmark.

All around the markers is written by people. A page without the markers of a benchmark is an error: a benchmark that
nobody explained is no use.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bench.rows import Row
from bench.table import figure

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "benchmarks.md"
MARKS = {True: "holds", False: "**missed**", None: ""}


def put(name: str, rows: Sequence[Row], around: str, page: Path = PAGE) -> None:
    """Replace what stands between the markers of `name`. Raises `LookupError` where there are none."""
    text = page.read_text(encoding="utf-8")
    between = re.compile(rf"(<!-- bench:{name} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not between.search(text):
        raise LookupError(
            f"{page.name} says nothing of {name}: explain it, with <!-- bench:{name} --> and <!-- end -->"
        )
    page.write_text(between.sub(lambda found: found[1] + as_table(rows, around) + found[2], text), encoding="utf-8")


def as_table(rows: Sequence[Row], around: str) -> str:
    """Return the rows as a table in Markdown, with the circumstances below."""
    lines = ["| what | value | target | peer | |", "|---|---|---|---|---|"]
    for row in rows:
        cells = (row.name, f"{figure(row.value)} {row.unit}".strip(), str(row.target or ""), row.peer, MARKS[row.holds])
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"Measured {around}.", ""])
