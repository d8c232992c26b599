"""Where the judging of a release stood after a look: a shortcut past all the looks before it, and never more than that.

The looks are the truth. What is stored here follows from them, is written without waiting for the disk, and may be
lost, cut off or deleted: then the looks are shown to the judges again. Only the newest two of a release are kept. What
a checkpoint holds is the business of whoever writes it; this owns that it is read as it was written, or not at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select

from flightrules.state.database import State
from flightrules.state.tables import checkpoints, hold_looks

KEPT = 2

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """What followed from all looks of a release up to the one with the number `look`.

    `record` is JSON-ready; None where it is not as it was written.
    """

    look: int
    record: Record | None


class Checkpoints:
    """The checkpoints of every release of one state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, release: str, look: int, record: Record, hold: Sequence[Record], after: int) -> None:
        """Store a checkpoint and forget what it replaces: all of that, or nothing.

        `hold` are looks of the hold that is on, JSON-ready: those since the checkpoint at the look `after`, whose own
        stay. 0 where no checkpoint belongs to the same hold; then what is stored of another one goes.
        """
        row = {"look": look, "release": release, **self._sealed(record)}
        part = {"look": look, "release": release, **self._sealed(hold)}
        last = select(checkpoints.c.look).where(checkpoints.c.release == release)
        kept = last.order_by(checkpoints.c.look.desc()).limit(KEPT - 1)

        def replace(connection: Connection) -> None:
            connection.execute(delete(hold_looks).where(hold_looks.c.release == release, hold_looks.c.look > after))
            connection.execute(
                delete(checkpoints).where(checkpoints.c.release == release, checkpoints.c.look.not_in(kept))
            )
            connection.execute(hold_looks.insert(), part)
            connection.execute(checkpoints.insert(), row)

        self._state.note(replace)

    def newest_first(self, release: str) -> tuple[Checkpoint, ...]:
        """Return the checkpoints of a release."""
        mine = select(checkpoints).where(checkpoints.c.release == release).order_by(checkpoints.c.look.desc())
        rows = self._state.read(lambda c: c.execute(mine).all())
        return tuple(Checkpoint(row.look, _opened(row.record, row.digest)) for row in rows)

    def hold(self, release: str, until: int) -> tuple[Record, ...] | None:
        """Return the looks of the hold that belong to the checkpoint at the look `until`; None where one is broken."""
        mine = select(hold_looks).where(hold_looks.c.release == release, hold_looks.c.look <= until)
        rows = self._state.read(lambda c: c.execute(mine.order_by(hold_looks.c.look)).all())
        parts = [_opened(row.record, row.digest) for row in rows]
        return None if None in parts else tuple(look for part in parts for look in part)

    def forget(self, release: str) -> None:
        """Delete what is stored of a release: one that has ended is not gone on with."""

        def clear(connection: Connection) -> None:
            for table in (hold_looks, checkpoints):
                connection.execute(delete(table).where(table.c.release == release))

        self._state.note(clear)

    def _sealed(self, data: Record | Sequence[Record]) -> dict[str, str]:
        text = json.dumps(self._state.mask.data(data, "checkpoint"), separators=(",", ":"))
        return {"record": text, "digest": _digest(text)}


def _opened(text: str, digest: str) -> Any:
    """Return the data in `text`; None where it is not what was written."""
    return json.loads(text) if _digest(text) == digest else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
