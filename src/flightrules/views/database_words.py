"""What happens to the databases of a release, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from shlex import quote
from typing import Any

from flightrules.domain.figures import duration, size
from flightrules.views.model import Tone

Said = tuple[str, Tone]

MOST_NAMED = 3
"""So many revisions are named one by one."""


def _pending(data: Mapping[str, Any]) -> Said:
    what, why = _revisions(data["revisions"]), f": {data['why']}" if data["why"] else ""
    dangers = f"; {_many(len(data['dangers']), 'danger')} for the site" if data["dangers"] else ""
    back = {
        "stay": "a way back leaves it",
        "undo": "a way back undoes it",
        "restore": "a way back restores the backup",
    }
    tone = Tone.WARNING if data["class"] in ("destructive", "unknown") or dangers else Tone.NEWS
    said = f"database {data['database']}: {what}, {data['class']}{_statements(data)}{why}; {back[data['way']]}{dangers}"
    return said, tone


def _revisions(revisions: Sequence[str]) -> str:
    if not revisions:
        return "a migration is pending"
    named = ", ".join(revisions) if len(revisions) <= MOST_NAMED else f"{revisions[0]} to {revisions[-1]}"
    return f"{_many(len(revisions), 'revision')} pending ({named})"


def _statements(data: Mapping[str, Any]) -> str:
    """Say how many statements make it what it is."""
    counts = data["counts"]
    every, those = sum(counts.values()), counts.get(data["class"])
    if not those:
        return ""
    return f" ({_many(every, 'statement')})" if those == every else f" ({those:,} of {_many(every, 'statement')})"


def _backed_up(data: Mapping[str, Any]) -> Said:
    proof = data.get("proof")
    proven = f", proven by a restore in {duration(proof['seconds'])}" if proof else ""
    after = f" after {duration(data['seconds'])}" if "seconds" in data else ""
    rows = _many(data["rows"], "row")
    said = f"backup {data['backup']} of database {data['database']}{after}: {size(data['bytes'])}, {rows}{proven}"
    return said, Tone.GOOD if proof else Tone.NEWS


def _rehearsed(data: Mapping[str, Any]) -> Said:
    undo = f", its undo {duration(data['undo_seconds'])}" if data["undo_seconds"] is not None else ""
    locks = "; ".join(
        f"{table}: {lock['does']} for {duration(lock['seconds'])}" for table, lock in data["locks"].items()
    )
    anew = f"; written anew: {', '.join(data['rewritten'])}" if data["rewritten"] else ""
    took = f"took {duration(data['seconds'])}{undo}{f'; {locks}' if locks else ''}{anew}"
    if data["differs"]:
        return f"the migration of database {data['database']} on a copy {took}; the undo leaves differences", Tone.BAD
    return f"the migration of database {data['database']} on a copy {took}", Tone.WARNING if anew else Tone.GOOD


def _migrated(data: Mapping[str, Any]) -> Said:
    at = f" is at revision {data['revision']}" if data["revision"] else " is migrated"
    return f"database {data['database']}{at}, after {duration(data['seconds'])}", Tone.GOOD


def _since(data: Mapping[str, Any]) -> Said:
    return f"since then database {data['database']} was migrated ({data['class']})", Tone.NEWS


def _contracted(data: Mapping[str, Any]) -> Said:
    return f"what only the old version used is gone from database {data['database']}", Tone.GOOD


def _rows(data: Mapping[str, Any]) -> Said:
    if data["fell"]:
        return f"database {data['database']} has fewer rows than its backup: {data['says']}", Tone.WARNING
    return f"no table of database {data['database']} has fewer rows than its backup", Tone.GOOD


def _way_back(data: Mapping[str, Any]) -> Said:
    ways = {"stay": "stays as it is", "undo": "goes back by its undo", "restore": "goes back to its backup"}
    return f"database {data['database']} {ways[data['way']]}: {data['why']}", Tone.NEWS


def _undone(data: Mapping[str, Any]) -> Said:
    at = f"is at revision {data['revision']} again" if data["revision"] else "is as before"
    return f"database {data['database']} {at}, after {duration(data['seconds'])}", Tone.GOOD


def _not_undone(data: Mapping[str, Any]) -> Said:
    return f"database {data['database']} was not undone and stays as it is: {data['why']}", Tone.BAD


def _stopped(data: Mapping[str, Any]) -> Said:
    return f"closing database {data['database']} to writers", Tone.WARNING


def _allowed(data: Mapping[str, Any]) -> Said:
    return f"database {data['database']} takes writes again", Tone.GOOD


def _counted(data: Mapping[str, Any]) -> Said:
    from flightrules.recovery.written import folder_of, in_words

    rows = f"; the rows are in {folder_of(data['tables'])}" if folder_of(data["tables"]) else ""
    said = f"written into database {data['database']} since the backup: {in_words(data['tables'])}{rows}"
    return said, Tone.WARNING


def _restored(data: Mapping[str, Any]) -> Said:
    name, backup = data["database"], data["backup"]
    return f"database {name} is restored from backup {backup}; what it was is kept as {data['kept_as']}", Tone.GOOD


def _left(data: Mapping[str, Any]) -> Said:
    return f"database {data['database']} was not restored and is as it was: {data['why']}", Tone.BAD


def _asked(data: Mapping[str, Any]) -> Said:
    who = f" --as {data['role']}" if data["role"] else ""
    could = f" ({data['who']})" if data.get("who") else ""
    who = "" if " or " in data["role"] else who
    about = f" {quote(data['about'])}" if data.get("about") else ""
    way = f"flight sign {quote(data['item'])}{who}" if data.get("item") else f"flight approve{about}{who}"
    return f"{data['says']}{could}. Waits for: {way}, or flight reject{about}{who} --reason TEXT", Tone.WARNING


def _many(count: int, one: str) -> str:
    return f"{count:,} {one}{'' if count == 1 else 's'}"


SAY: Mapping[str, Callable[[Mapping[str, Any]], Said]] = {
    "migration.pending": _pending,
    "backup.taken": _backed_up,
    "migration.rehearsed": _rehearsed,
    "migration.ended": _migrated,
    "database.contracted": _contracted,
    "database.since": _since,
    "rows.counted": _rows,
    "database.way_back": _way_back,
    "migration.undone": _undone,
    "undo.left": _not_undone,
    "writes.stopped": _stopped,
    "writes.allowed": _allowed,
    "writes.counted": _counted,
    "database.restored": _restored,
    "database.left": _left,
    "question.asked": _asked,
}
