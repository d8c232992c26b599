"""Which of the migrations on record are still in force: those that neither an undo nor a restore took back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flightrules.domain.events import Entry

KINDS = ("migration.pending", "migration.ended", "migration.undone", "database.restored")
"""The kinds of events that tell."""


@dataclass(frozen=True)
class Migrated:
    """A migration that ended. `pending` is what was on record before it began, its `revision` that from before."""

    release: str
    pending: Mapping[str, Any]
    ended: Entry


def in_force(entries: Iterable[Entry], database: str) -> tuple[Migrated, ...]:
    """Return what `entries`, the oldest first, leave in force of the migrations of `database`, the oldest first."""
    pending: dict[str, Mapping[str, Any]] = {}
    migrated: dict[str, Migrated] = {}
    for entry in entries:
        event = entry.event
        release = event.release
        if event.data.get("database") != database or release is None:
            continue
        if event.kind == "migration.pending":
            pending[release] = event.data
        elif event.kind == "migration.ended" and release in pending:
            migrated[release] = Migrated(release, pending[release], entry)
        elif event.kind == "database.restored":
            migrated.pop(release, None)
        elif event.kind == "migration.undone":
            migrated = dict(_before(event.data, release, migrated))
    return tuple(migrated.values())


def _before(
    undone: Mapping[str, Any], release: str, migrated: Mapping[str, Migrated]
) -> Iterator[tuple[str, Migrated]]:
    """Yield the migrations that an undo left in force: those before the one it went back to."""
    for name, one in migrated.items():
        if name == release or (undone["revision"] is not None and one.pending["revision"] == undone["revision"]):
            return
        yield name, one
