"""What a release did to a database, in words: the same in Markdown and in HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flightrules.domain.figures import duration, size
from flightrules.recovery.written import folder_of, in_words
from flightrules.report.databases import DatabaseLine, PartLine

MOST_SHOWN = 5
"""Statements of the worst class that are shown; the record has more."""

ASKED = "restore/approval"

PARTS: Mapping[str, tuple[str, str]] = {
    "way": ("decide", "until it was decided what becomes of it"),
    "undo": ("undo", "the undo of the new version, while stable served"),
    "rows-back": ("count rows", "the rows of each table, beside those from before the migration"),
    "checks-back": ("checks", "what the plan claims about the data"),
    "restore/look": ("look", "whether it answered, and whether there was room"),
    "restore/stop-writes": ("stop writes", "the page was shown, requests in flight ended, the database was closed"),
    "restore/backup": ("back up", "a fresh backup of the present state, proven"),
    "restore/copy": ("restore", "the old backup, restored beside it and compared"),
    "restore/count": ("count", "what was written since the old backup"),
    ASKED: ("ask", "until a person answered"),
    "restore/swap": ("swap", "what was restored took its place"),
    "restore/not-done": ("leave", "what was restored was removed again"),
    "restore/open": ("open", "until it took writes, and stable had its traffic"),
}
"""By the step's name in the record: how a part of a way back is called, and what it is."""


def facts(line: DatabaseLine) -> tuple[tuple[str, str], ...]:
    """Return what happened to a database, each with its name. Another program may have written the record."""
    try:
        return tuple(_facts(line))
    except (KeyError, TypeError, AttributeError, ValueError):
        return (("Record", "what it says of this database cannot be read"),)


def _facts(line: DatabaseLine) -> Iterator[tuple[str, str]]:
    yield "Migration", migration(line.found)
    for statement in _worst(line.found):
        yield "", statement
    for danger in line.found.get("dangers", ()):
        yield "Danger", f"{danger['says']} ({danger['rule']})"
    if line.backup:
        yield "Backup", backup(line.backup)
    if line.migrated:
        yield "Migrated", f"{_at(line.migrated)}in {duration(line.migrated['seconds'])}"
    if line.way:
        yield "Way back", f"{_WAYS.get(line.way['way'], line.way['way'])}: {line.way['why']}"
        yield from _went(line)


_WAYS = {"stay": "it stays as it is", "undo": "by its undo", "restore": "by a restore"}


def _went(line: DatabaseLine) -> Iterator[tuple[str, str]]:
    if line.undone:
        at = line.undone.get("revision")
        yield "Undone", f"{f'revision {at} is in force again, ' if at else ''}after {duration(line.undone['seconds'])}"
    if line.not_undone:
        yield "Not undone", f"it stays as it is: {line.not_undone['why']}"
    if line.fresh:
        yield "Before the restore", backup(line.fresh)
    if line.counted:
        folder = folder_of(line.counted["tables"])
        rows = f"; the rows are in {folder}" if folder else ""
        yield "Written since the backup", in_words(line.counted["tables"]) + rows
    if line.restored:
        yield "Restored", f"from backup {line.restored['backup']}; what it was is kept as {line.restored['kept_as']}"
    if line.left:
        yield "Not restored", f"it is as it was: {line.left['why']}"
    yield "Writes", writes(line)


def migration(found: Mapping[str, Any]) -> str:
    """Return which revisions, what class, and how many statements that is about."""
    revisions = ", ".join(found.get("revisions", ()))
    named = f"{revisions}: " if revisions else ""
    counts = found.get("counts", {})
    of = f", {counts[found['class']]:,} of {sum(counts.values()):,} statements" if found.get("class") in counts else ""
    return f"{named}{found.get('class', 'unknown')}{of}{f'; {why}' if (why := found.get('why')) else ''}"


def _worst(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the statements that make the migration what it is, and why; nothing where it only adds."""
    if found.get("class") != "expand-only":
        for each in found.get("statements", {}).get(found.get("class"), ())[:MOST_SHOWN]:
            yield f"{' '.join(each['sql'].split())}: {each['why']}"


def backup(taken: Mapping[str, Any]) -> str:
    """Return how a backup is called, what is in it, and how it was proven."""
    said = f"{taken['backup']}: {size(taken['bytes'])}, {taken['rows']:,} rows"
    if "seconds" in taken:
        said += f", after {duration(taken['seconds'])}"
    proof = taken.get("proof")
    if proof is None:
        return said if "proof" not in taken else f"{said}; not proven"
    return f"{said}; proven: restored and compared ({proof['compared']}) in {duration(proof['seconds'])}"


def _at(migrated: Mapping[str, Any]) -> str:
    return f"revision {migrated['revision']} is in force, " if migrated.get("revision") else ""


def writes(line: DatabaseLine) -> str:
    """Return for how long the database took no writes."""
    if not line.stopped:
        return "were never stopped"
    return "are stopped" if line.writes_stopped is None else f"were stopped for {duration(line.writes_stopped)}"


def part(line: PartLine) -> tuple[str, str, str, str]:
    """Return the name of a part, its time, how long the plan lets it take, and what it is."""
    name, meaning = PARTS.get(line.name, (line.name, ""))
    if line.failed and line.name != ASKED:  # there it is a person who said no
        meaning = "this failed"
    return name, duration(line.seconds), duration(line.bound) if line.bound is not None else "—", meaning
