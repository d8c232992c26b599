"""What was seen at every look: hundreds of thousands of rows in a long watch, so each call reads a part."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from sqlalchemy import Select, func, select

from flightrules.state.database import State
from flightrules.state.tables import observations

PAGE = 1000
"""Rows read in one transaction: a long read would keep SQLite from reusing its log."""

BACK_PAGE = 50
"""The same where a read goes back to a moment, which is near as a rule."""


@dataclass(frozen=True)
class Seen:
    """One look as it is stored: `number` orders them, `at` is seconds since 1970, `record` is JSON."""

    number: int
    stage: str
    at: float
    record: Mapping[str, Any]


class Observations:
    """The looks of every release of one state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, release: str, record: Mapping[str, Any]) -> int:
        """Store one look and return its number. `record` is JSON-ready and holds `stage` and `at` itself."""
        row = {
            "release": release,
            "stage": record["stage"],
            "at": record["at"],
            "record": json.dumps(self._state.mask.data(record, "observation"), separators=(",", ":")),
        }
        return self._state.write(
            lambda c: int(c.execute(observations.insert().returning(observations.c.id), row).scalar_one())
        )

    def of(self, release: str, stage: str | None = None, after: int = 0) -> Iterator[Seen]:
        """Yield the looks of a release, or of one of its stages, in order, those after number `after`."""
        wanted = select(observations).where(observations.c.release == release)
        if stage is not None:
            wanted = wanted.where(observations.c.stage == stage)
        while page := self._page(wanted.where(observations.c.id > after)):
            yield from page
            after = page[-1].number

    def count(self, release: str) -> int:
        """Return how many looks of a release there are."""
        wanted = select(func.count()).select_from(observations).where(observations.c.release == release)
        return int(self._state.read(lambda c: c.execute(wanted).scalar_one()))

    def last(self, release: str) -> int:
        """Return the number of the last look of a release; 0 where there is none."""
        wanted = select(func.max(observations.c.id)).where(observations.c.release == release)
        return int(self._state.read(lambda c: c.execute(wanted).scalar_one()) or 0)

    def first(self, release: str, stage: str | None = None) -> Seen | None:
        """Return the first look of a release, or of one of its stages; None where there is none."""
        wanted = select(observations).where(observations.c.release == release)
        if stage is not None:
            wanted = wanted.where(observations.c.stage == stage)
        row = self._state.read(lambda c: c.execute(wanted.order_by(observations.c.id).limit(1)).first())
        return None if row is None else Seen(row.id, row.stage, row.at, json.loads(row.record))

    def latest(self, release: str, most: int) -> tuple[Seen, ...]:
        """Return the last looks of a release, at most `most`, in order."""
        wanted = select(observations).where(observations.c.release == release)
        newest = wanted.order_by(observations.c.id.desc()).limit(most)
        rows = self._state.read(lambda c: c.execute(newest).all())
        return tuple(Seen(row.id, row.stage, row.at, json.loads(row.record)) for row in reversed(rows))

    def back_to(self, release: str, since: float, until: int) -> tuple[Seen, ...]:
        """Return the looks of a release up to number `until`, those from the moment `since` on, in order.

        They are read from the last one back, so the cost is that of what is returned.
        """
        found: list[Seen] = []
        wanted = select(observations).where(observations.c.release == release).order_by(observations.c.id.desc())
        while page := self._back_page(wanted.where(observations.c.id <= until), since):
            found += page
            until = page[-1].number - 1
        return tuple(reversed(found))

    def _back_page(self, wanted: Select[Any], since: float) -> list[Seen]:
        rows = self._state.read(lambda c: c.execute(wanted.limit(BACK_PAGE)).all())
        recent = takewhile(lambda row: row.at >= since, rows)
        return [Seen(row.id, row.stage, row.at, json.loads(row.record)) for row in recent]

    def _page(self, wanted: Select[Any]) -> list[Seen]:
        rows = self._state.read(lambda c: c.execute(wanted.order_by(observations.c.id).limit(PAGE)).all())
        return [Seen(row.id, row.stage, row.at, json.loads(row.record)) for row in rows]
