"""What is written down about a backup: what it is of, when, by which programs, and the SHA-256 of each file.

The manifest carries its own SHA-256. It finds damage and mistakes; it is no signature.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flightrules.domain import fingerprints
from flightrules.domain.errors import BackupUnusable
from flightrules.domain.fingerprints import Fingerprint

FORM = 1
MANIFEST, PROOF = "manifest.json", "proof.json"


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


def write(backup: Backup, folder: Path) -> None:
    """Write the manifest into `folder`."""
    record = {
        "id": backup.id, "database": backup.database, "at": backup.at, "label": backup.label, "source": backup.source,
        "server": backup.server, "tools": list(backup.tools), "recipients": list(backup.recipients),
        "files": [[file.name, file.bytes, file.sha256] for file in backup.files],
        "content": fingerprints.to_record(backup.content),
    }  # fmt: skip
    (folder / MANIFEST).write_text(_sealed(record))


def write_proof(proof: Proof, folder: Path, name: str = PROOF) -> None:
    """Write down that a backup was proven."""
    (folder / name).write_text(_sealed({"at": proof.at, "seconds": proof.seconds, "compared": proof.compared}))


def read(folder: Path) -> Backup:
    """Return the backup in `folder`. Raises `BackupUnusable` when what is written there is not what we wrote."""
    record = _unsealed(folder / MANIFEST)
    proof = _unsealed(folder / PROOF) if (folder / PROOF).exists() else None
    return Backup(
        record["id"], record["database"], record["at"], record["label"], record["source"], record["server"],
        tuple(record["tools"]), tuple(record["recipients"]), tuple(File(*file) for file in record["files"]),
        fingerprints.from_record(record["content"]), Proof(**proof) if proof else None,
    )  # fmt: skip


def _sealed(record: Mapping[str, Any]) -> str:
    return json.dumps({"form": FORM, "record": record, "sha256": _digest(record)}, indent=2) + "\n"


def _unsealed(path: Path) -> Any:
    try:
        sealed = json.loads(path.read_text())
        record = sealed["record"]
        whole = sealed["form"] == FORM and sealed["sha256"] == _digest(record)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupUnusable(f"{path} cannot be read: {error}", "Use another backup.") from error
    if not whole:
        raise BackupUnusable(f"{path} was changed since it was written", "Use another backup.")
    return record


def _digest(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
