"""What candidate and stable were asked between two looks, beside what the comparison made of it.

It all follows from the observations; it is kept so that charts and the live view need not judge weeks of looks anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert

from flightrules.state.database import State
from flightrules.state.observations import PAGE
from flightrules.state.tables import increments


@dataclass(frozen=True)
class Increment:
    """One service between two looks: requests of each version, how many of them went wrong, and the evidence since.

    `look` is the number of the observation that ends it. `evidence` is JSON-ready, as the comparison wrote it.
    """

    look: int
    service: str
    at: float
    stage: str
    candidate_requests: int
    candidate_bad: int
    stable_requests: int
    stable_bad: int
    evidence: Mapping[str, Any]


class Increments:
    """The increments of every release of one state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, release: str, rows: Sequence[Increment]) -> None:
        """Store what one look added; what is there already stays as it is."""
        values = [
            {**asdict(row), "release": release, "evidence": json.dumps(row.evidence, separators=(",", ":"))}
            for row in rows
        ]
        if values:
            self._state.note(lambda c: c.execute(insert(increments).on_conflict_do_nothing(), values))

    def of(self, release: str, after: int = 0) -> Iterator[Increment]:
        """Yield the increments of a release in order, those of looks after number `after`."""
        while page := self._page(release, after):
            yield from page
            after = page[-1].look

    def last_look(self, release: str) -> int:
        """Return the number of the last look whose increments are stored; 0 where there are none."""
        wanted = select(func.max(increments.c.look)).where(increments.c.release == release)
        return self._state.read(lambda c: c.scalar(wanted)) or 0

    def _page(self, release: str, after: int) -> list[Increment]:
        """Return the next increments, never half of a look."""
        mine = increments.c.release == release
        looks = select(increments.c.look).where(mine, increments.c.look > after).distinct().order_by("look").limit(PAGE)
        columns = [increments.c[name] for name in Increment.__dataclass_fields__]
        wanted = select(*columns).where(mine, increments.c.look.in_(looks)).order_by("look", "service")
        rows = self._state.read(lambda c: c.execute(wanted).all())
        return [Increment(**{**row._mapping, "evidence": json.loads(row.evidence)}) for row in rows]
