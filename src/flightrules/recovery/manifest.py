"""What is written down about a backup: what it is of, when, by which programs, and the SHA-256 of each file.

The manifest carries its own SHA-256. It finds damage and mistakes; it is no signature.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flightrules.domain import fingerprints
from flightrules.domain.fingerprints import Fingerprint

FORM = 1
MANIFEST, PROOF = "manifest.json", "proof.json"
DATA = "data"


@dataclass(frozen=True)
class File:
    """A file of a backup: its name within the data, its bytes and its SHA-256."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Proof:
    """A restore that was done and compared: when, how long the restore took, and what was compared."""

    at: float
    seconds: float
    compared: str


@dataclass(frozen=True)
class Backup:
    """A backup as its manifest describes it. `at` is in seconds since 1970; `label` says what it was made for."""

    id: str
    database: str
    at: float
    label: str
    source: str
    server: str
    tools: tuple[str, ...]
    recipients: tuple[str, ...]
    files: tuple[File, ...]
    content: Fingerprint
    proof: Proof | None = None

    @property
    def bytes(self) -> int:
        """How large it is on the disk."""
        return sum(file.bytes for file in self.files)

    @property
    def encrypted(self) -> bool:
        """Whether it takes a secret key to read it."""
        return bool(self.recipients)


@dataclass(frozen=True)
class Damaged:
    """A backup that cannot be used: its id, why in plain words, and what somebody who wants it can do."""

    id: str
    why: str
    do: str


def write(backup: Backup, folder: Path) -> None:
    """Write the manifest into `folder`."""
    record = {
        "id": backup.id, "database": backup.database, "at": backup.at, "label": backup.label, "source": backup.source,
        "server": backup.server, "tools": list(backup.tools), "recipients": list(backup.recipients),
        "files": [[file.name, file.bytes, file.sha256] for file in backup.files],
        "content": fingerprints.to_record(backup.content), "proven": backup.proof is not None,
    }  # fmt: skip
    (folder / MANIFEST).write_text(_sealed(record))


def write_proof(proof: Proof, folder: Path, name: str = PROOF) -> None:
    """Write down that a backup was proven."""
    (folder / name).write_text(_sealed({"at": proof.at, "seconds": proof.seconds, "compared": proof.compared}))


def look(folder: Path) -> Backup | Damaged:
    """Return the backup in `folder`, or what is wrong with what is written about it."""
    found = look_without_proof(folder)
    if isinstance(found, Damaged):
        return found
    try:
        return replace(found, proof=_proof(folder))
    except _Wrong as wrong:
        return Damaged(folder.name, str(wrong), f"`flight backups prove {folder.name}` proves it anew; or {ANOTHER}.")


def look_without_proof(folder: Path) -> Backup | Damaged:
    """Return the backup in `folder` as one that nobody proved, or what is wrong with what is written about it."""
    try:
        backup = _described(_unsealed(folder / MANIFEST))
        _see_that_it_is_there(folder, backup)
    except _Wrong as wrong:
        return Damaged(folder.name, str(wrong), f"U{ANOTHER[1:]}.")
    return backup


ANOTHER = "use another backup; `flight backups` lists them"


class _Wrong(ValueError):
    """What is wrong with a file, in plain words."""


def _described(record: Any) -> Backup:
    try:
        return Backup(
            record["id"], record["database"], float(record["at"]), record["label"], record["source"], record["server"],
            tuple(record["tools"]), tuple(record["recipients"]), tuple(File(*file) for file in record["files"]),
            fingerprints.from_record(record["content"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _Wrong(f"its {MANIFEST} does not say what a manifest says") from error


def _proof(folder: Path) -> Proof | None:
    """Return the proof, which may have come later than the manifest; one that the manifest speaks of must be there."""
    if not (folder / PROOF).exists() and not _unsealed(folder / MANIFEST).get("proven"):
        return None
    record = _unsealed(folder / PROOF)
    try:
        return Proof(float(record["at"]), float(record["seconds"]), str(record["compared"]))
    except (KeyError, TypeError, ValueError) as error:
        raise _Wrong(f"its {PROOF} does not say what a proof says") from error


def _see_that_it_is_there(folder: Path, backup: Backup) -> None:
    """Look at names and sizes, which is quick; every byte is compared before anything is restored."""
    if backup.id != folder.name:
        raise _Wrong(f"its {MANIFEST} is that of backup {backup.id}")
    for file in backup.files:
        path = folder / DATA / file.name
        if not path.is_file():
            raise _Wrong(f"its file {DATA}/{file.name} is missing")
        if path.stat().st_size != file.bytes:
            raise _Wrong(f"its file {DATA}/{file.name} has another size than when it was written")


def _sealed(record: Mapping[str, Any]) -> str:
    return json.dumps({"form": FORM, "record": record, "sha256": _digest(record)}, indent=2) + "\n"


def _unsealed(path: Path) -> Any:
    try:
        sealed = json.loads(path.read_bytes())
        form, record, digest = sealed["form"], sealed["record"], sealed["sha256"]
    except FileNotFoundError:
        raise _Wrong(f"its {path.name} is missing") from None
    except OSError as error:
        raise _Wrong(f"its {path.name} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:  # what a parser says helps nobody who needs the backup
        raise _Wrong(f"its {path.name} is cut off, or was changed since it was written") from error
    if form != FORM:
        raise _Wrong(f"its {path.name} was changed, or written by a later version of Flight Rules")
    if digest != _digest(record):
        raise _Wrong(f"its {path.name} was changed since it was written")
    return record


def _digest(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
