"""Finds what was done to a ledger afterwards: an entry changed, removed, added or put elsewhere.

Works on the database file alone, read-only and on a connection of its own, so that an auditor can verify a copy.
What it cannot find by itself is a chain that was written anew as a whole: for that it takes hashes that were
written down elsewhere.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flightrules.domain.events import BROKEN, FIRST, Event, canonical, entry_hash
from flightrules.state.patience import unusable

_ENTRIES = "SELECT number, at, kind, release, data, actor, version, key, previous, hash FROM entries ORDER BY number"
_HEAD = "SELECT number, hash FROM head"


@dataclass(frozen=True)
class Flaw:
    """Something that is wrong with the ledger: at which number (0: with the ledger as a whole), and what."""

    number: int
    what: str

    def __str__(self) -> str:
        return f"entry {self.number}: {self.what}" if self.number else self.what


def verify_file(path: Path, known: Sequence[tuple[int, str]] = ()) -> tuple[Flaw, ...]:
    """Return every flaw of the ledger in the database at `path`; `known` are numbers with their true hashes.

    Raises `StateUnusable` when the file cannot be read as a database.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            connection.text_factory = _text
            connection.execute("BEGIN")
            return tuple(_flaws(connection, dict(known)))
    except sqlite3.DatabaseError as error:
        raise unusable(path.parent, error) from error


def _text(raw: bytes) -> str:
    """Read also what is no UTF-8: it becomes text that has no hash, which is a flaw and not a crash."""
    return raw.decode("utf-8", "surrogateescape")


def _flaws(connection: sqlite3.Connection, known: dict[int, str]) -> Iterator[Flaw]:
    last, previous = 0, FIRST
    for row in connection.execute(_ENTRIES):
        number, stored = row[0], row[-1]
        if number != last + 1:
            yield Flaw(number, _gap(last, number))
        yield from _flaws_of(row, previous if number == last + 1 else None)
        if known.get(number, stored) != stored:
            yield Flaw(number, "its hash is not the one that was written down elsewhere")
        last, previous = number, stored
    yield from _flaws_at_the_end(connection.execute(_HEAD).fetchall(), last, previous)
    yield from (
        Flaw(number, "it was removed: its hash was written down elsewhere") for number in known if number > last
    )


def _flaws_of(row: tuple[Any, ...], previous: str | None) -> Iterator[Flaw]:
    """Yield what is wrong with one entry. `previous` is None where the entry before is missing anyway."""
    if previous is not None and row[8] != previous:
        yield Flaw(row[0], "it does not follow the entry before it: its `previous` is not that one's hash")
    if not _is_its_own(row):
        yield Flaw(row[0], "it was changed: its content does not have its hash")
    elif row[2] == BROKEN:
        what = json.loads(row[4]).get("what", "")
        yield Flaw(row[0], f"here the ledger was found broken, and a new chain begins: {what}")


def _is_its_own(row: tuple[Any, ...]) -> bool:
    number, at, kind, release, data, actor, version, key, previous, stored = row
    try:
        event = Event(kind, release, json.loads(data), actor, version, key)
        return bool(canonical(event.data) == data and entry_hash(number, at, event, previous) == stored)
    except (TypeError, ValueError, RecursionError):
        return False


def _gap(last: int, number: int) -> str:
    if number <= last:
        return "it is there twice"
    missing = f"entry {last + 1} is" if number == last + 2 else f"entries {last + 1} to {number - 1} are"
    return f"before it {missing} missing"


def _flaws_at_the_end(heads: list[tuple[int, str]], last: int, previous: str) -> Iterator[Flaw]:
    if len(heads) != 1:
        yield Flaw(0, "the ledger's head is missing, so entries at its end may be missing too")
    elif heads[0][0] > last:
        yield Flaw(heads[0][0], f"it was removed: the ledger ends with entry {last}")
    elif heads[0][0] < last:
        yield Flaw(last, f"it was added from outside: by its head, the ledger ends with entry {heads[0][0]}")
    elif heads[0][1] != previous:
        yield Flaw(last, "its hash is not that of the ledger's head")
