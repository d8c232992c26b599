"""Reads from the record what a release did to each database: what it migrated, what there was to go back to, what went.

Tolerant of a record that is newer, or cut off: what is not there is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flightrules.domain.events import Entry
from flightrules.domain.plan import Plan

Data = Mapping[str, Any]

LIMITED = ("undo", "restore/backup", "restore/copy")
"""Parts that may take as long as the database's `within` says."""


@dataclass(frozen=True)
class PartLine:
    """A part of a way back of a database. `seconds` are of all its tries; `bound` is None where the plan has none.

    `failed` says that its last try did.
    """

    name: str
    seconds: float
    bound: float | None = None
    failed: bool = False


@dataclass(frozen=True)
class DatabaseLine:
    """One database in a release; each mapping is what the record says of that moment, None where it never came.

    `backup` is the one from before the migration, `fresh` the one that was taken before a restore. `writes_stopped` are
    seconds; None where writes were never stopped, or are not allowed again.
    """

    name: str
    found: Data
    backup: Data | None = None
    migrated: Data | None = None
    way: Data | None = None
    undone: Data | None = None
    not_undone: Data | None = None
    fresh: Data | None = None
    counted: Data | None = None
    restored: Data | None = None
    left: Data | None = None
    stopped: bool = False
    writes_stopped: float | None = None
    parts: tuple[PartLine, ...] = ()


def databases(entries: tuple[Entry, ...], plan: Plan | None) -> tuple[DatabaseLine, ...]:
    """Return every database for which something was pending, in the order in which that was found out."""
    found = [entry.event.data for entry in entries if entry.event.kind in ("migration.pending", "database.since")]
    return tuple(_line(data, entries, plan) for data in found if data.get("database"))


def _line(found: Data, entries: tuple[Entry, ...], plan: Plan | None) -> DatabaseLine:
    name = found["database"]
    mine = [entry for entry in entries if entry.event.data.get("database") == name]
    last = {entry.event.kind: entry for entry in mine}  # a restore has its own kind of everything but the backup
    backups = [entry.event.data for entry in mine if entry.event.kind == "backup.taken"]
    stopped, allowed = last.get("writes.stopped"), last.get("writes.allowed")
    return DatabaseLine(
        name=name,
        found=found,
        backup=backups[0] if backups else None,
        migrated=_data(last.get("migration.ended")),
        way=_data(last.get("database.way_back")),
        undone=_data(last.get("migration.undone")),
        not_undone=_data(last.get("undo.left")),
        fresh=backups[-1] if stopped and len(backups) > 1 else None,
        counted=_data(last.get("writes.counted")),
        restored=_data(last.get("database.restored")),
        left=_data(last.get("database.left")),
        stopped=stopped is not None,
        writes_stopped=round(allowed.at - stopped.at, 3) if stopped and allowed else None,
        parts=_parts(name, entries, plan),
    )


def _data(entry: Entry | None) -> Data | None:
    return entry.event.data if entry else None


def _parts(name: str, entries: tuple[Entry, ...], plan: Plan | None) -> tuple[PartLine, ...]:
    """Return the parts of the way back, in their order; a part that was tried again has the time of all tries."""
    began = next((entry.number for entry in entries if entry.event.kind == "goback.started"), None)
    took: dict[str, float] = {}
    failed: dict[str, bool] = {}
    for entry in entries:
        step, prefix = entry.event.data.get("step", ""), f"database/{name}/"
        if began is not None and entry.number > began and step.startswith(prefix) and "seconds" in entry.event.data:
            part = step.removeprefix(prefix)
            took[part] = took.get(part, 0.0) + entry.event.data["seconds"]
            failed[part] = entry.event.kind == "step.failed"
    bounds = _bounds(name, plan)
    return tuple(PartLine(part, round(seconds, 3), bounds.get(part), failed[part]) for part, seconds in took.items())


def _bounds(name: str, plan: Plan | None) -> Mapping[str, float]:
    """Return how long the plan lets each part take that it says something about."""
    agreed = next((each for each in plan.databases if each.name == name), None) if plan else None
    if plan is None or agreed is None:
        return {}
    drain = max(service.router.options.drain for service in plan.services)
    return {**dict.fromkeys(LIMITED, agreed.adapter.options.within), "restore/stop-writes": drain}
