"""What happens to the databases of a release, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flightrules.domain.figures import duration, size
from flightrules.views.model import Tone

Said = tuple[str, Tone]


def _pending(data: Mapping[str, Any]) -> Said:
    counts = ", ".join(f"{count} {kind}" for kind, count in data["counts"].items())
    what = f"{_many(len(data['revisions']), 'revision')} " if data["revisions"] else ""
    statements = f" ({counts} statements)" if counts else f" ({data['why']})" if data["why"] else ""
    dangers = f"; {_many(len(data['dangers']), 'danger')} for the site" if data["dangers"] else ""
    back = {
        "stay": "it stays on a way back",
        "undo": "a way back undoes it",
        "restore": "a way back restores the backup",
    }
    tone = Tone.WARNING if data["class"] in ("destructive", "unknown") or dangers else Tone.NEWS
    said = f"database {data['database']}: {what}pending, {data['class']}{statements}; {back[data['way']]}{dangers}"
    return said, tone


def _backed_up(data: Mapping[str, Any]) -> Said:
    proof = data.get("proof")
    proven = f", restored and compared in {duration(proof['seconds'])}" if proof else ""
    after = f" after {duration(data['seconds'])}" if "seconds" in data else ""
    rows = _many(data["rows"], "row")
    return f"backup {data['backup']} of database {data['database']}: {size(data['bytes'])}, {rows}{proven}{after}", (
        Tone.GOOD if proof else Tone.NEWS
    )


def _migrating(data: Mapping[str, Any]) -> Said:
    return f"migrating database {data['database']}", Tone.NEWS


def _migrated(data: Mapping[str, Any]) -> Said:
    at = f" is at revision {data['revision']}" if data["revision"] else " is migrated"
    return f"database {data['database']}{at}, after {duration(data['seconds'])}", Tone.GOOD


def _since(data: Mapping[str, Any]) -> Said:
    return f"since then database {data['database']} was migrated ({data['class']})", Tone.NEWS


def _contracted(data: Mapping[str, Any]) -> Said:
    return f"what only the old version used is gone from database {data['database']}", Tone.GOOD


def _way_back(data: Mapping[str, Any]) -> Said:
    ways = {"stay": "stays as it is", "undo": "goes back by its undo", "restore": "goes back to its backup"}
    return f"database {data['database']} {ways[data['way']]}: {data['why']}", Tone.NEWS


def _undone(data: Mapping[str, Any]) -> Said:
    at = f"is at revision {data['revision']} again" if data["revision"] else "is as before"
    return f"database {data['database']} {at}, after {duration(data['seconds'])}", Tone.GOOD


def _stopped(data: Mapping[str, Any]) -> Said:
    return f"database {data['database']} takes no writes", Tone.WARNING


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
    return f"{data['says']}. Waits for: flight approve{who}, or flight reject{who} --reason TEXT", Tone.WARNING


def _many(count: int, one: str) -> str:
    return f"{count} {one}{'' if count == 1 else 's'}"


SAY: Mapping[str, Callable[[Mapping[str, Any]], Said]] = {
    "migration.pending": _pending,
    "backup.taken": _backed_up,
    "migration.started": _migrating,
    "migration.ended": _migrated,
    "database.contracted": _contracted,
    "database.since": _since,
    "database.way_back": _way_back,
    "migration.undone": _undone,
    "writes.stopped": _stopped,
    "writes.allowed": _allowed,
    "writes.counted": _counted,
    "database.restored": _restored,
    "database.left": _left,
    "question.asked": _asked,
}
