"""Which releases there were, which one is under way, and how each ended."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, desc, literal_column, select
from sqlalchemy.dialects.sqlite import insert

from flightrules.domain.errors import FlightError
from flightrules.domain.rehearsals import Drill, Part, Rehearsing
from flightrules.state.database import State
from flightrules.state.tables import releases

RELEASE, ROLLBACK, SHUTDOWN, OPEN, DOWN = "release", "rollback", "shutdown", "open", "down"
"""What was carried out: `Release.kind`."""


@dataclass(frozen=True)
class Release:
    """One run of a plan. `plan_text` is the plan as it was when the release began, so that it cannot change.

    `kind` is `release`, `rollback`, `shutdown`, `open` or `down`; `arguments` are those of the command, JSON-ready.
    `created_at` and `ended_at` are seconds since 1970; the release is under way while `ended_at` is None.
    """

    id: str
    kind: str
    plan: str
    plan_text: str
    plan_digest: str
    started_by: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    created_at: float = 0.0
    ended_at: float | None = None
    outcome: str | None = None

    @property
    def rehearsing(self) -> Rehearsing | None:
        """Which rehearsal it is, or is part of; None in production."""
        return Rehearsing.from_record(self.arguments.get("rehearsal"))

    @property
    def was_rehearsed(self) -> bool:
        """Whether it is what was rehearsed, to its end, and no part that only set staging up."""
        rehearsing = self.rehearsing
        if rehearsing is None or rehearsing.part is not Part.WHOLE or self.outcome is None:
            return False
        return self.kind == RELEASE or (self.kind == ROLLBACK and rehearsing.drill is Drill.SERVICE)


class Releases:
    """The releases of one state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def create(self, release: Release) -> Release:
        """Record that `release` begins now, and return it as recorded; asking again changes nothing.

        Raises `FlightError` when another release has that id already.
        """
        mask = self._state.mask
        mask.keep(_versions_in(release))
        row = {
            "id": release.id,
            "kind": release.kind,
            "plan": release.plan,
            # As it is: the release goes on by it after a crash, and what stands in a plan in plain is no secret.
            "plan_text": release.plan_text,
            "plan_digest": release.plan_digest,
            "arguments": json.dumps(mask.data(release.arguments, "arguments")),
            "created_at": self._state.clock.now(),
            "started_by": mask.text(release.started_by),
        }
        self._state.write(lambda c: c.execute(insert(releases).values(row).on_conflict_do_nothing()))
        recorded = self.get(release.id)
        if (recorded.kind, recorded.plan_digest) != (release.kind, release.plan_digest):
            raise FlightError(
                f"there is another release {release.id} already: a {recorded.kind} of plan {recorded.plan}",
                "Start again; the new release gets an id of its own.",
            )
        return recorded

    def get(self, release: str) -> Release:
        """Return the release with this id. Raises `FlightError` where there is none."""
        found = self._state.read(lambda c: c.execute(select(releases).where(releases.c.id == release)).first())
        if found is None:
            raise FlightError(f"there is no release {release}", "`flight status --all` lists those that there are.")
        recorded = _release(found)
        self._state.mask.keep(_versions_in(recorded))
        return recorded

    def latest(self, kind: str | None = None) -> Release | None:
        """Return the release that began last, of all or of one kind."""
        newest = _newest_first if kind is None else _newest_first.where(releases.c.kind == kind)
        found = self._state.read(lambda c: c.execute(newest.limit(1)).first())
        return _release(found) if found else None

    def unfinished(self) -> Release | None:
        """Return the release that has not ended; the newest, should several have been cut off."""
        under_way = _newest_first.where(releases.c.ended_at.is_(None)).limit(1)
        found = self._state.read(lambda c: c.execute(under_way).first())
        return _release(found) if found else None

    def finish(self, release: str, outcome: str) -> None:
        """Record that the release ended now, and how. The first end counts; asking again changes nothing."""
        ended = (
            releases.update()
            .where(releases.c.id == release, releases.c.ended_at.is_(None))
            .values(ended_at=self._state.clock.now(), outcome=outcome)
        )
        self._state.write(lambda c: c.execute(ended))

    def list(self, limit: int = 100) -> tuple[Release, ...]:
        """Return the releases, the newest first."""
        rows = self._state.read(lambda c: c.execute(_newest_first.limit(limit)).all())
        return tuple(_release(row) for row in rows)


_newest_first = select(releases).order_by(desc(releases.c.created_at), desc(literal_column("rowid")))


def _versions_in(release: Release) -> Iterator[str]:
    """Yield the names and digests of the versions that `release` is about."""
    for parts in release.arguments.get("services", {}).values():
        for version in parts.values():
            yield from (version or {}).values()


def _release(row: Row[Any]) -> Release:
    return Release(**{**row._mapping, "arguments": json.loads(row.arguments)})
