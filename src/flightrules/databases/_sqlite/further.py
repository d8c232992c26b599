"""Lists the SQLite databases in a folder that carry the mark of Flight Rules."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flightrules.databases._sqlite.files import KEPT, MARK, RESTORED, Files
from flightrules.ports.database import FurtherDatabase


@dataclass(frozen=True)
class SqliteFurther:
    """The `Further` of a SQLite database: whatever carries a mark in its folder."""

    files: Files

    async def listing(self) -> tuple[FurtherDatabase, ...]:
        """Return them, with what their files take."""
        return tuple(await asyncio.to_thread(lambda: list(self._found())))

    def _found(self) -> Iterator[FurtherDatabase]:
        for mark in sorted(self.files.path.parent.glob(f".*{MARK}")):
            name = mark.name[1:].removesuffix(MARK)
            path, what = self.files.of(name), {RESTORED: "restored", KEPT: "kept"}.get(mark.read_text())
            if what is not None and path.exists():
                yield FurtherDatabase(name, what, _bytes(path))


def _bytes(path: Path) -> int:
    return sum(each.stat().st_size for each in (path, path.with_name(f"{path.name}-wal")) if each.exists())
