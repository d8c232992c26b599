"""`flight --help`: the commands under the headings of a release. Plain text, since drawing it would take longer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from typer.core import TyperGroup


class Overview(TyperGroup):
    """Lists commands under the heading that each was registered with."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one section a heading, in the order of registration."""
        all_of_them = list(self._rows())
        headings = list(dict.fromkeys(heading for heading, _, _ in all_of_them))  # groups of commands come last
        for heading, rows in groupby(
            sorted(all_of_them, key=lambda row: headings.index(row[0])), key=lambda row: row[0]
        ):
            with formatter.section(heading):
                formatter.write_dl([(name, says) for _, name, says in rows])

    def _rows(self) -> Iterator[tuple[str, str, str]]:
        for name, command in self.commands.items():
            if command.hidden:
                continue
            heading = getattr(command, "rich_help_panel", None)
            yield (heading if isinstance(heading, str) else "Commands"), name, _first_sentence(command.help or "")


def _first_sentence(text: str) -> str:
    return text.strip().split("\n\n")[0].split(". ")[0].rstrip(".")
