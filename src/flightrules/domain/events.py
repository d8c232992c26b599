"""What the ledger keeps: events, in order, each carrying the hash of the one before.

Pure: the same entry always has the same hash, whoever computes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

REHEARSAL_ENDED = "rehearsal.ended"
"""What a rehearsal showed, in the record of production."""

MACHINE = "flight"
"""The actor of everything that no person asked for."""

BROKEN = "ledger.broken"
"""The kind of an entry that begins a new chain, because the one before it turned out to be broken."""

UNREADABLE = "ledger.unreadable"
"""The kind under which an entry is shown whose data somebody changed into something that is none."""

FIRST = "0" * 64
"""What the first entry carries as the hash of the one before."""


@dataclass(frozen=True)
class Event:
    """Something that happened in a release.

    `kind` is `subject.what` in lower case (`step.started`, `rule.fired`, `release.ended`). `key` names the
    event within its release: an event with the same release and key is recorded once, however often it is
    appended. `version` is the digest of the version that it is about. `data` is JSON-ready and holds no secret.
    """

    kind: str
    release: str
    data: Mapping[str, Any] = field(default_factory=dict)
    actor: str = MACHINE
    version: str = ""
    key: str | None = None


@dataclass(frozen=True)
class Entry:
    """An event in the ledger: its number (from 1, without gaps), when (seconds since 1970), and the chain."""

    number: int
    at: float
    event: Event
    previous: str
    hash: str


def canonical(value: Any) -> str:
    """Return the one JSON text of `value`: keys sorted, no spaces, characters as they are.

    Numbers are written as Python writes them. Raises ValueError for NaN and infinity, TypeError for what has
    no JSON form.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def entry_hash(number: int, at: float, event: Event, previous: str) -> str:
    """Return the SHA-256 (hex) of an entry: of its canonical JSON, with the hash of the one before in it."""
    content = {
        "number": number,
        "at": at,
        "kind": event.kind,
        "release": event.release,
        "data": event.data,
        "actor": event.actor,
        "version": event.version,
        "key": event.key,
        "previous": previous,
    }
    return hashlib.sha256(canonical(content).encode()).hexdigest()
