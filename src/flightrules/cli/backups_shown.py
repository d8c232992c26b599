"""Backups and further databases as `flight backups` shows them, and which database a backup is of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flightrules.cli.clean import clean
from flightrules.domain.errors import BackupUnusable, FlightError
from flightrules.domain.figures import duration, size

if TYPE_CHECKING:
    from flightrules.cli.places import Place
    from flightrules.domain.database_plan import DatabasePlan
    from flightrules.domain.plan import Plan
    from flightrules.ports.database import FurtherDatabase
    from flightrules.recovery.manifest import Backup, Damaged

COLUMNS = ("DATABASE", "BACKUP", "TAKEN", "SIZE", "ROWS", "PROOF", "FOR")
NUMBERS = ("SIZE", "ROWS")
UNKNOWN = "—"


@dataclass(frozen=True)
class Found:
    """What there is of one database. `unseen` says why its server, or its folder, could not be looked at."""

    database: str
    backups: tuple[Backup, ...]
    damaged: tuple[Damaged, ...]
    further: tuple[FurtherDatabase, ...]
    unseen: str = ""


async def found(place: Place, plan: Plan, databases: Sequence[DatabasePlan]) -> list[Found]:
    """Look at each; a database that does not answer hides no backup."""
    return [await _found(place, plan, each) for each in databases]


async def _found(place: Place, plan: Plan, agreed: DatabasePlan) -> Found:
    from flightrules import reaching
    from flightrules.cli.at_databases import to_look_at
    from flightrules.recovery import shelf

    folder = reaching.backups_of(place.state, plan, agreed)
    further: tuple[FurtherDatabase, ...] = ()
    unseen = ""
    try:
        database = to_look_at(place, plan, agreed).database
        if database.further is None:
            unseen = database.cannot.get("further", "")
        else:
            further = await database.further.listing()
    except FlightError as failure:
        unseen = failure.what
    return Found(agreed.name, shelf.listing(folder), shelf.damaged(folder), further, unseen)


def holder(place: Place, plan: Plan, backup: str, name: str | None) -> DatabasePlan:
    """Return the database that a backup is of: the one that is named, or the only one that has it.

    Raises `BackupUnusable`, `BadInput`, `FlightError`.
    """
    from flightrules import reaching
    from flightrules.cli.at_databases import chosen
    from flightrules.cli.failures import BadInput
    from flightrules.recovery import shelf

    databases = chosen(plan, name)
    folders = {each.name: reaching.backups_of(place.state, plan, each) for each in databases}
    having = [each for each in databases if shelf.has(folders[each.name], backup)]
    if len(having) == 1:
        return having[0]
    if having:
        names = ", ".join(each.name for each in having)
        raise BadInput(f"there is a backup {backup} of each of {names}", "say which: --database NAME")
    if len(databases) == 1:
        only = databases[0].name
        raise BackupUnusable(f"there is no backup {backup} of database {only}", shelf.which_there_are(folders[only]))
    last = "; ".join(f"{each.name}: {shelf.last(folders[each.name])}" for each in databases)
    raise BackupUnusable(f"there is no backup {backup}", f"The last ones are: {last}.")


def lines(all_of_them: Sequence[Found]) -> Iterator[str]:
    """Yield what a person reads."""
    rows = [row for each in all_of_them for row in _rows(each)]
    if rows:
        yield from _table(rows)
    for each in all_of_them:
        if not each.backups:
            sound = " that can be used" if each.damaged else ""
            yield f"database {clean(each.database)} has no backup{sound}"
    for each in all_of_them:
        if each.unseen:
            yield f"beside database {clean(each.database)}: not known, {clean(each.unseen)}"
        for one in each.further:
            room = f", {size(one.bytes)}" if one.bytes is not None else ""
            yield f"beside database {clean(each.database)}: {clean(one.name)}, {one.what}{room}"


def _rows(each: Found) -> list[tuple[str, ...]]:
    """Return a row for every backup, sound or not, the oldest first: their ids begin with the time."""
    sound = [_row(each.database, backup) for backup in each.backups]
    return sorted([*sound, *(_damaged_row(each.database, one) for one in each.damaged)], key=lambda row: row[1])


def _damaged_row(database: str, one: Damaged) -> tuple[str, ...]:
    """Return a row without a figure: whatever its manifest says is not to be believed."""
    said = f"damaged, cannot be used: {clean(one.why)}"
    return clean(database), clean(one.id), UNKNOWN, UNKNOWN, UNKNOWN, said, UNKNOWN


def _row(database: str, backup: Backup) -> tuple[str, ...]:
    from flightrules.cli.drawing.style import to_the_second

    proof = backup.proof.compared if backup.proof else "not proven"
    return (
        clean(database), clean(backup.id), to_the_second(backup.at), size(backup.bytes), f"{backup.content.rows:,}",
        f"{proof}, encrypted" if backup.encrypted else proof, clean(backup.label),
    )  # fmt: skip


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    for row in (COLUMNS, *rows):
        cells = (
            cell.rjust(width) if heading in NUMBERS else cell.ljust(width)
            for heading, cell, width in zip(COLUMNS, row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()


def told(database: str, backup: Backup) -> str:
    """Return one backup in a line."""
    proof = f"restored and compared in {duration(backup.proof.seconds)}" if backup.proof else "not proven"
    compared = f" ({backup.proof.compared})" if backup.proof else ""
    return (
        f"backup {backup.id} of database {clean(database)}: {size(backup.bytes)}, {backup.content.rows:,} rows, "
        f"{proof}{compared}{', encrypted' if backup.encrypted else ''}"
    )


def as_json(all_of_them: Sequence[Found]) -> dict[str, Any]:
    """Return what a program reads."""
    return {
        "backups": [one for each in all_of_them for one in _backups_json(each)],
        "databases": [
            {"database": each.database, "name": one.name, "what": one.what, "bytes": one.bytes}
            for each in all_of_them
            for one in each.further
        ],
        "unseen": [{"database": each.database, "why": each.unseen} for each in all_of_them if each.unseen],
    }


def _backups_json(each: Found) -> list[dict[str, Any]]:
    sound = [backup_json(each.database, backup) for backup in each.backups]
    return sorted(
        [*sound, *(_damaged_json(each.database, one) for one in each.damaged)], key=lambda one: str(one["id"])
    )


def _damaged_json(database: str, one: Damaged) -> dict[str, Any]:
    unknown = dict.fromkeys(("at", "for", "source", "server", "bytes", "rows", "tables", "proof", "encrypted"))
    return {"database": database, "id": one.id, "usable": False, "damaged": one.why, "do": one.do, **unknown}


def backup_json(database: str, backup: Backup) -> dict[str, Any]:
    """Return one backup as JSON-ready data."""
    return {
        "database": database,
        "id": backup.id,
        "usable": True,
        "damaged": None,
        "do": None,
        "at": backup.at,
        "for": backup.label,
        "source": backup.source,
        "server": backup.server,
        "bytes": backup.bytes,
        "rows": backup.content.rows,
        "tables": len(backup.content.tables),
        "proof": vars(backup.proof) if backup.proof else None,
        "encrypted": backup.encrypted,
    }
