"""Several parts in a row, and below each other where the terminal is too narrow: never broken within a part."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text


def rows(parts: Iterable[Text], between: str, width: int) -> list[Text]:
    """Return the lines with all parts, as many of them in a line as fit in `width` columns."""
    lines: list[Text] = []
    for part in parts:
        if lines and lines[-1].cell_len + len(between) + part.cell_len <= width:
            lines[-1] = Text.assemble(lines[-1], between, part)
        else:
            lines.append(part)
    return lines
