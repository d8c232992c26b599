"""A moment of a PostgreSQL database, as a small file that says where in the server's archive it is found."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from flightrules.domain.errors import DatabaseFailed

POINT = "point.json"
FORM = 1
BYTES = 64 << 10
"""The most that the file takes."""


@dataclass(frozen=True)
class Point:
    """All that was written into the log before `position` is in it, and nothing later.

    `label` is the backup of the cluster `system` with which a restore begins, `last` the last file of the log that it
    needs, `segment` the size of such a file, `version` the major one of the server, `number` the database's oid,
    `role` who read it, `room` the bytes that a copy of the cluster takes, `time` the server's own, for people.
    """

    system: str
    label: str
    position: int
    time: str
    last: str
    segment: int
    version: int
    database: str
    number: int
    role: str
    room: int

    def write(self, folder: Path) -> None:
        """Write it into `folder`."""
        (folder / POINT).write_text(json.dumps({"form": FORM, **asdict(self)}, indent=2) + "\n")


def is_in(folder: Path) -> bool:
    """Return whether a backup is a moment, and no copy."""
    return (folder / POINT).is_file()


def read(folder: Path) -> Point:
    """Return what `Point.write` wrote. Raises `DatabaseFailed` where it was none of ours."""
    try:
        record = json.loads((folder / POINT).read_text())
        if record.pop("form") == FORM:
            return Point(**record)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatabaseFailed(f"{folder / POINT} cannot be read: {error}", "Use another backup.") from error
    raise DatabaseFailed(f"{folder / POINT} was written by another version of Flight Rules", "Use that one.")
