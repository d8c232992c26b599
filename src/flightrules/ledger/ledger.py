"""The ledger: events are appended, read and exported; nothing here changes or removes one.

An entry is written in one transaction with the head, so that two processes that append at once get two numbers,
and a crash leaves either the whole entry or nothing of it. A chain whose end was changed from outside is left as it
is: what comes next begins a new one, and says so (`docs/decisions/0009-a-broken-ledger.md`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, Select, desc, select

from flightrules.domain.events import BROKEN, FIRST, UNREADABLE, Entry, Event, canonical, entry_hash
from flightrules.ledger.cloud_events import to_cloud_event
from flightrules.ledger.verification import Flaw, verify_file
from flightrules.ports.clock import Clock
from flightrules.state.database import State
from flightrules.state.tables import entries, head, releases

PAGE = 500
"""Entries read in one transaction: a long read would keep SQLite from reusing its log."""


class Ledger:
    """The append-only record of one state."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock

    def mask(self, values: Iterable[str], names: Iterable[str] = ()) -> None:
        """Hide these secrets from now on, here and in everything else that the state stores.

        A value is hidden wherever it occurs in texts, also as it looks in a URL. Values shorter than four
        characters are not hidden, nor those in one of `names`, nor is anything in the names of releases and keys
        of events.
        """
        self._state.mask.keep(names)
        self._state.mask.add(values)

    def append(self, event: Event) -> Entry:
        """Add `event` and return its entry; an event whose release and key are there already is not added again.

        Where the end of the chain was changed from outside, an entry of the kind `BROKEN` comes before it.
        Raises `NotRecordable` for data that holds a secret or has no JSON form, `StateUnusable`.
        """
        event = self._presentable(event)
        at = float(self._clock.now())

        def add(connection: Connection) -> Entry:
            return _keyed(connection, event.release, event.key) or _add(connection, at, event)

        return self._state.write(add)

    def presentable(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return JSON-ready `data` as it may be kept and shown: without the secrets that `mask` was told of."""
        shown: Mapping[str, Any] = self._state.mask.data(data)
        return shown

    def find(self, release: str, key: str) -> Entry | None:
        """Return the entry of `release` with `key`; None where there is none."""
        return self._state.read(lambda connection: _keyed(connection, release, key))

    def last(self, release: str, kind: str) -> Entry | None:
        """Return the newest entry of this kind of `release`; None where there is none."""
        newest = select(entries).where(entries.c.release == release, entries.c.kind == kind)
        row = self._state.read(lambda c: c.execute(newest.order_by(desc(entries.c.number)).limit(1)).first())
        return _entry(row) if row else None

    def of_kind(self, kind: str) -> Sequence[Entry]:
        """Return every entry of this kind, of whatever release, the newest first."""
        wanted = select(entries).where(entries.c.kind == kind).order_by(desc(entries.c.number))
        return self._page(wanted)

    def entries(self, release: str | None = None, after: int = 0, limit: int | None = None) -> Iterator[Entry]:
        """Yield the entries after number `after` in order: of all releases or of one, at most `limit`."""
        wanted = select(entries).order_by(entries.c.number)
        if release is not None:
            wanted = wanted.where(entries.c.release == release)
        while limit is None or limit > 0:
            page = self._page(wanted.where(entries.c.number > after).limit(min(limit or PAGE, PAGE)))
            if not page:
                return
            yield from page
            after = page[-1].number
            limit = None if limit is None else limit - len(page)

    def head(self) -> tuple[int, str]:
        """Return the number and the hash of the last entry; (0, 64 zeros) while there is none."""
        return self._state.read(lambda connection: _head(connection) or _end(connection))

    def verify(self, known: Sequence[tuple[int, str]] = ()) -> tuple[Flaw, ...]:
        """Return everything that is wrong with the chain; nothing when no entry was touched.

        `known` are numbers and hashes that were written down elsewhere (every report has one): they find even
        a chain that somebody wrote anew from the beginning.
        """
        return verify_file(self._state.path, known)

    def export(self, release: str | None = None) -> Iterator[dict[str, Any]]:
        """Yield the entries as CloudEvents 1.0, each a JSON-ready object."""
        plans = self._plans()
        for entry in self.entries(release):
            yield to_cloud_event(entry, plans.get(entry.event.release, ""))

    def _presentable(self, event: Event) -> Event:
        mask = self._state.mask
        data = mask.data(event.data)
        return replace(event, data=data, actor=mask.text(event.actor), version=mask.text(event.version))

    def _page(self, wanted: Select[Any]) -> list[Entry]:
        return [_entry(row) for row in self._state.read(lambda c: c.execute(wanted).all())]

    def _plans(self) -> dict[str, str]:
        return {row.id: row.plan for row in self._state.read(lambda c: c.execute(select(releases)).all())}


def _add(connection: Connection, at: float, event: Event) -> Entry:
    stated, found = _head(connection), _end(connection)
    if stated == found:
        return _chain(connection, at, event, found)
    # The break goes on record with the release that came upon it; what is there stays as it is.
    last = stated if stated is not None and stated[0] > found[0] else found
    data = {"number": last[0], "what": _what_is_broken(stated, found)}
    begun = _chain(connection, at, Event(BROKEN, event.release, data, version=event.version), last)
    return _chain(connection, at, event, (begun.number, begun.hash))


def _chain(connection: Connection, at: float, event: Event, last: tuple[int, str]) -> Entry:
    """Add `event` behind the entry with this number and hash, and make it the head."""
    number, previous = last[0] + 1, last[1]
    entry = Entry(number, at, event, previous, entry_hash(number, at, event, previous))
    connection.execute(entries.insert().values(_row(entry)))
    if not connection.execute(head.update().values(number=number, hash=entry.hash)).rowcount:
        connection.execute(head.insert().values(id=1, number=number, hash=entry.hash))
    return entry


def _head(connection: Connection) -> tuple[int, str] | None:
    row = connection.execute(select(head.c.number, head.c.hash)).first()
    return None if row is None else (row.number, row.hash)


def _end(connection: Connection) -> tuple[int, str]:
    """Return the number and the hash of the last entry that is there."""
    newest = select(entries.c.number, entries.c.hash).order_by(desc(entries.c.number)).limit(1)
    row = connection.execute(newest).first()
    return (0, FIRST) if row is None else (row.number, str(row.hash))


def _what_is_broken(stated: tuple[int, str] | None, found: tuple[int, str]) -> str:
    if stated is None:
        return f"its head was removed, so entries after number {found[0]} may be missing too"
    if stated[0] != found[0]:
        return f"it ends with entry {found[0]}, and by its head with entry {stated[0]}"
    return f"its last entry, number {found[0]}, has not the hash of its head"


def _keyed(connection: Connection, release: str, key: str | None) -> Entry | None:
    if key is None:
        return None
    row = connection.execute(select(entries).where(entries.c.release == release, entries.c.key == key)).first()
    return _entry(row) if row else None


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at,
        "kind": entry.event.kind,
        "release": entry.event.release,
        "data": canonical(entry.event.data),
        "actor": entry.event.actor,
        "version": entry.event.version,
        "key": entry.event.key,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def _entry(row: Row[Any]) -> Entry:
    try:
        data = json.loads(row.data)
    except (ValueError, RecursionError):
        data = None
    # Data that are none: `verify` names the entry; whoever reads on must not fall over it.
    readable = isinstance(data, dict)
    kind, data = (row.kind, data) if readable else (UNREADABLE, {})
    event = Event(kind, row.release, data, row.actor, row.version, row.key)
    return Entry(row.number, row.at, event, row.previous, row.hash)
