"""Rows as a table in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.rows import Row, rounded

MARKS = {True: "[green]holds[/]", False: "[bold red]missed[/]", None: ""}

_console = Console(highlight=False)


def announce(name: str, title: str, warning: str | None) -> None:
    """Say what is measured next, for some benchmarks take minutes, and what speaks against measuring now."""
    _console.print(f"\n[bold]{name}[/]: {title}")
    if warning:
        _console.print(f"[yellow]{warning}[/]")


def show(rows: Sequence[Row]) -> None:
    """Print the rows."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "value", "unit", "target", "peer", ""):
        table.add_column(heading, justify="right" if heading == "value" else "left")
    for row in rows:
        target = str(row.target) if row.target else ""
        table.add_row(row.name, figure(row.value), row.unit, target, row.peer, MARKS[row.holds])
    _console.print(table)


def figure(value: float) -> str:
    """Return a value as it is shown: `0.63`, `41,203`."""
    return f"{rounded(value):,}"
