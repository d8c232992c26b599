"""Migrations that earlier rehearsals left in force on staging: what is in force already is not rehearsed again.

A rehearsal brings staging to the version that production serves, not to its data. A migration that only adds stays on a
way back, and one of a rehearsal that went well is in force in any case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flightrules.domain.events import Entry
from flightrules.domain.migrations_in_force import KINDS, in_force
from flightrules.domain.plan import Plan
from flightrules.ledger.ledger import Ledger
from flightrules.records import Records


@dataclass(frozen=True)
class Left:
    """A migration of `database` that `release` carried out on staging. `revision` is empty where none is known."""

    database: str
    revision: str
    release: str

    def __str__(self) -> str:
        to = f" to {self.revision}" if self.revision else ""
        return f"the migration of database {self.database}{to}, in force on staging since {self.release}"


def left(rehearsals: Records, production: Ledger, plan: Plan, before: str | None = None) -> tuple[Left, ...]:
    """Return what earlier rehearsals migrated, production has not, and nothing took back: before release `before`."""
    entries = _until(rehearsals.ledger, before)
    ours = {each.id for each in rehearsals.releases.list() if each.was_rehearsed}
    theirs = production.of_kind("migration.ended")
    found: dict[tuple[str, str], Left] = {}  # one that was carried out twice was taken back by other means in between
    for each in plan.databases:
        for one in in_force(entries, each.name):
            revision = str(one.ended.event.data["revision"] or "")
            if one.release in ours and not any(_is_the_same(one.ended, other) for other in theirs):
                found[each.name, revision] = Left(each.name, revision, one.release)
    return tuple(found.values())


def not_rehearsed(rehearsals: Records, production: Ledger, plan: Plan, release: str) -> tuple[Left, ...]:
    """Return those of databases that `release`, a rehearsal, therefore did not migrate."""
    ended = [
        each.event.data["database"] for each in rehearsals.ledger.of_kind("migration.ended") if _is_of(each, release)
    ]
    return tuple(each for each in left(rehearsals, production, plan, release) if each.database not in ended)


def in_words(migrations: Sequence[Left]) -> str:
    """Return which they are, and what to do so that they are rehearsed."""
    that = "that database" if len({each.database for each in migrations}) == 1 else "those databases"
    return f"{'; '.join(map(str, migrations))}: make {that} of staging anew to rehearse it"


def _until(ledger: Ledger, before: str | None) -> list[Entry]:
    """Return what tells of migrations, the oldest first, up to the first word of release `before`."""
    first = next((each.number for each in ledger.entries(release=before, limit=1)), None) if before else None
    found = sorted(_of_migrations(ledger), key=lambda each: each.number)
    return [each for each in found if first is None or each.number < first]


def _of_migrations(ledger: Ledger) -> Iterator[Entry]:
    for kind in KINDS:
        yield from ledger.of_kind(kind)


def _is_of(entry: Entry, release: str) -> bool:
    return entry.event.release == release


def _is_the_same(ours: Entry, theirs: Entry) -> bool:
    """Whether production was migrated to the same revision, or by the same version."""
    one, other = ours.event, theirs.event
    if one.data["database"] != other.data["database"]:
        return False
    revision = one.data["revision"]
    return one.version == other.version or (bool(revision) and revision == other.data["revision"])
