"""The folder in which the backups of a database lie, looked at without the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from flightrules.recovery import manifest
from flightrules.recovery.manifest import MANIFEST, Backup, Damaged

LAST = 5
ID = re.compile(r"\d{8}T\d{6}Z(-\d+)?")
"""What a backup is called: the time in UTC, and a number where there were several within a second."""


def listing(folder: Path) -> tuple[Backup, ...]:
    """Return every backup that is sound as far as a look can tell, the oldest first."""
    found = [one for one in map(manifest.look, _folders(folder)) if isinstance(one, Backup)]
    return tuple(sorted(found, key=lambda one: (one.at, one.id)))


def damaged(folder: Path) -> tuple[Damaged, ...]:
    """Return each backup that cannot be used, and why."""
    return tuple(one for one in map(manifest.look, _folders(folder)) if isinstance(one, Damaged))


def has(folder: Path, backup_id: str) -> bool:
    """Return whether there is a backup of that id, sound or not."""
    return Path(backup_id).name == backup_id and _is_backup(folder / backup_id)


def last(folder: Path) -> str:
    """Return the ids of the last backups, for somebody who asked for another one."""
    return ", ".join(one.id for one in listing(folder)[-LAST:]) or "none"


def which_there_are(folder: Path) -> str:
    """Return the same as a sentence; where there is none, how one comes to be."""
    if not any(listing(folder)):
        return "There is none yet: flight backups take."
    return f"The last ones are: {last(folder)}."


def _folders(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.glob("[!.]*") if _is_backup(path))


def _is_backup(path: Path) -> bool:
    """Tell by the name too: one that lost its manifest is still a backup that somebody counts on."""
    return path.is_dir() and (ID.fullmatch(path.name) is not None or (path / MANIFEST).is_file())
