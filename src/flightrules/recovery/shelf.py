"""The folder in which the backups of a database lie, looked at without the database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from flightrules.domain.errors import BackupUnusable
from flightrules.recovery import manifest
from flightrules.recovery.manifest import MANIFEST, Backup

LAST = 5


def listing(folder: Path) -> tuple[Backup, ...]:
    """Return every backup whose manifest is sound, the oldest first."""
    found = []
    for each in _folders(folder):
        with contextlib.suppress(BackupUnusable):
            found.append(manifest.read(each))
    return tuple(sorted(found, key=lambda one: (one.at, one.id)))


def damaged(folder: Path) -> tuple[str, ...]:
    """Return what is wrong with each backup whose manifest cannot be read or was changed."""
    said = []
    for each in _folders(folder):
        try:
            manifest.read(each)
        except BackupUnusable as error:
            said.append(error.what)
    return tuple(said)


def has(folder: Path, backup_id: str) -> bool:
    """Return whether there is a backup of that id, sound or not."""
    return Path(backup_id).name == backup_id and (folder / backup_id / MANIFEST).is_file()


def last(folder: Path) -> str:
    """Return the ids of the last backups, for somebody who asked for another one."""
    return ", ".join(one.id for one in listing(folder)[-LAST:]) or "none"


def _folders(folder: Path) -> Iterator[Path]:
    yield from sorted(path.parent for path in folder.glob(f"[!.]*/{MANIFEST}"))
