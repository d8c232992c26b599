"""A database in memory, for tests of what is done with one. It keeps the contract of real ones."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable, MigrationFailed
from flightrules.domain.fingerprints import Fingerprint, TableContent
from flightrules.domain.migrations import PendingMigration, Touched
from flightrules.domain.row_differences import Row, Table, Value
from flightrules.ports.database import About, Database, FurtherDatabase
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.fake_queries import FakeQueries

Tables = dict[str, dict[int, str]]
"""Rows by their key, by table."""

COPY = "copy.json"


@dataclass
class FakeServer:
    """Databases by name. A test writes through `write`, and sees what was asked for in `asked`.

    `roles` has, by the name of a role, what that role sees of all that there is.
    """

    own: str = "shop"
    databases: dict[str, Tables] = field(default_factory=dict)
    restored: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    closed: bool = False
    revisions: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    roles: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    effects: dict[str, Callable[[Tables], object]] = field(default_factory=dict)
    """What `migrate`, `undo` and `swap` do to the rows of the plan's own database."""
    away: bool = False
    """Whether it does not answer."""
    knows: bool = True
    """Whether the candidate has the migration that is in force."""
    heedless: bool = False
    """Whether the team's tool finds its database by itself, whatever address it is given."""
    undo_loses: bool = False
    """Whether its undo does not bring back what was."""
    shows_revision: bool = True
    """Whether the team's tool says which revision is in force."""
    left_over: list[Callable[[Tables], object]] = field(default_factory=list)
    """What the tool of a killed process does yet, as soon as somebody has looked at the rows."""
    tells_schema: bool = True
    """Whether its schema can be had: here that is which tables there are."""
    unheard: set[str] = field(default_factory=set)
    """What takes effect, once each, without anybody hearing of it: the connection is lost before the answer comes."""

    def write(self, table: str, key: int, value: str | None = "") -> None:
        """Write a row of the plan's own database, None to remove it. Raises `DatabaseFailed` while it is closed."""
        if self.closed:
            raise DatabaseFailed("the database is closed to writers", "Wait until it is open.")
        rows = self.databases.setdefault(self.own, {}).setdefault(table, {})
        rows.pop(key, None)
        if value is not None:
            rows[key] = value

    def take_effect(self, what: str) -> None:
        """Let a migration, its undo or a swap do to the rows what a test says, if it says anything."""
        if what in self.effects:
            self.effects[what](self.tables(None))

    def answer(self) -> None:
        """Raise `DatabaseUnusable` while it is away."""
        if self.away:
            raise DatabaseUnusable("database main cannot be reached: it is away", "Bring it back.")

    def answer_to_tool(self) -> None:
        """Let the team's tool fail while it is away."""
        if self.away:
            raise MigrationFailed("the tool ended with status 1: no connection; revision in force now: unknown", "")

    def is_unheard(self, what: str) -> bool:
        """Return whether nobody hears that `what` was done; the next time it is heard."""
        unheard = what in self.unheard
        self.unheard.discard(what)
        return unheard

    def tables(self, name: str | None) -> Tables:
        """Return what a database holds. Raises `DatabaseFailed` where there is none of that name."""
        self.answer()
        if (name or self.own) not in self.databases:
            raise DatabaseFailed(f"there is no database {name or self.own}", "Check the name.")
        return self.databases[name or self.own]


def fake_database(server: FakeServer, fence: FakeFence, pending: PendingMigration | None = None) -> Database:
    """Return a database on `server`. Where it can migrate, `pending` is what it would run."""
    return Database(
        FakeCopies(server, fence),
        FakeSwitch(server, fence),
        FakeRows(server),
        FakeMigrations(server, fence, pending) if pending else None,
        queries=FakeQueries(server.own, lambda: server.tables(None), server.roles),
        rehearsal=FakeRehearsal(server, fence, pending) if pending else None,
        further=FakeFurther(server),
        cannot={} if pending else {"migrations": "this one has none"},
    )


@dataclass(frozen=True)
class FakeCopies:
    """Keeps a backup as JSON."""

    server: FakeServer
    fence: FakeFence

    async def look(self) -> About:
        """Return what there is."""
        return About(self.server.own, "memory", len(str(self.server.tables(None))))

    async def back_up(self, folder: Path) -> Fingerprint:
        """Write everything down."""
        self.server.asked.append("back up")
        (folder / COPY).write_text(json.dumps(self.server.tables(None)))
        return await self.fingerprint()

    async def restore(self, folder: Path, into: str) -> None:
        """Read it again."""
        self.fence.check()
        self.server.asked.append(f"restore into {into}")
        if into in self.server.databases:
            raise DatabaseFailed(f"there is a database {into} already; it is left as it is", "Choose another name.")
        try:
            read = json.loads((folder / COPY).read_text())
        except (OSError, ValueError) as error:
            raise DatabaseFailed(f"the backup cannot be restored: {error}", "Use another backup.") from error
        tables = {table: {int(key): value for key, value in rows.items()} for table, rows in read.items()}
        self.server.databases[into] = tables
        self.server.restored.add(into)

    async def fingerprint(self, name: str | None = None) -> Fingerprint:
        """Return what is in a database."""
        tables = self.server.tables(name)
        tables = {name: dict(rows) for name, rows in tables.items()}
        while name is None and self.server.left_over:
            self.server.left_over.pop()(self.server.tables(None))
        schema = f"memory of {', '.join(sorted(tables))}" if self.server.tells_schema else ""
        return Fingerprint(schema, {name: _content(rows) for name, rows in tables.items()})

    async def drop(self, name: str) -> None:
        """Remove what was restored."""
        self.fence.check()
        if name in self.server.databases and name not in self.server.restored:
            raise DatabaseFailed(
                f"database {name} was not made from a backup by Flight Rules, or is in use since; it is left as it is",
                "Remove it yourself if you are sure.",
            )
        self.server.asked.append(f"drop {name}")
        self.server.restored.discard(name)
        self.server.databases.pop(name, None)


@dataclass(frozen=True)
class FakeSwitch:
    """Closes, opens and swaps."""

    server: FakeServer
    fence: FakeFence

    async def look(self) -> None:
        """It can always be done."""
        self.server.answer()

    async def close_to_writers(self) -> None:
        """Refuse writes from now on."""
        self._change("close", lambda: setattr(self.server, "closed", True))

    async def open_to_writers(self) -> None:
        """Take writes again."""
        self._change("open", lambda: setattr(self.server, "closed", False))

    async def swap(self, new: str, keep_as: str) -> None:
        """Give the names anew."""
        self.fence.check()
        server, own = self.server, self.server.own
        if new not in server.databases and keep_as in server.databases:
            return
        if new not in server.restored or keep_as in server.databases:
            raise DatabaseFailed(f"{new} cannot take the place of {own}, which is as it was", "Restore it first.")
        if not server.closed:
            raise DatabaseFailed(f"database {own} is open to writers; it is as it was", "Close it to writers first.")
        server.asked.append(f"swap {new}")
        server.databases[keep_as], server.databases[own] = server.databases[own], server.databases.pop(new)
        server.restored.discard(new)
        server.kept.add(keep_as)
        server.closed = False
        server.take_effect("swap")
        self._say("swap")

    async def swapped(self, new: str, keep_as: str) -> bool:
        """Return whether that was done."""
        self.server.answer()
        return keep_as in self.server.kept

    def _say(self, what: str) -> None:
        if self.server.is_unheard(what):
            raise DatabaseFailed("the connection was lost", "See the server's log for more.")

    def _change(self, what: str, change: Callable[[], None]) -> None:
        self.fence.check()
        self.server.answer()
        self.server.asked.append(what)
        change()
        self._say(what)


@dataclass(frozen=True)
class FakeRows:
    """Reads rows in the order of their keys."""

    server: FakeServer

    async def tables(self, name: str | None = None) -> tuple[Table, ...]:
        """Return every table."""
        return tuple(Table(table, ("key", "value"), ("key",)) for table in sorted(self.server.tables(name)))

    async def rows(self, table: Table, name: str | None = None) -> AsyncIterator[Row]:
        """Yield every row."""
        for key, value in sorted(self.server.tables(name)[table.name].items()):
            yield Row((key,), (str(key),), value)

    async def values(
        self, table: Table, rows: Sequence[Row], columns: Sequence[str], name: str | None = None
    ) -> AsyncIterator[tuple[Value, ...]]:
        """Yield keys and values."""
        there = self.server.tables(name)[table.name]
        for (key,) in (row.order for row in rows):
            if key in there:
                yield tuple({"key": key, "value": there[key]}[column] for column in columns)


@dataclass(frozen=True)
class FakeFurther:
    """Knows what was restored, and what was kept."""

    server: FakeServer

    async def listing(self) -> tuple[FurtherDatabase, ...]:
        """Return them."""
        server = self.server
        made = {**dict.fromkeys(server.kept, "kept"), **dict.fromkeys(server.restored, "restored")}
        return tuple(FurtherDatabase(name, made[name]) for name in sorted(made))


@dataclass(frozen=True)
class FakeMigrations:
    """Goes to the last of the pending revisions, or fails with the words in `breaks`."""

    server: FakeServer
    fence: FakeFence
    ahead: PendingMigration
    breaks: list[str] = field(default_factory=list)

    async def revision(self, code: Path) -> str:
        """Return the last revision that was run."""
        self.server.answer_to_tool()
        if not self.server.shows_revision:
            raise MigrationFailed("nothing says which revision is in force", "Set `revision`.")
        return self._now()

    async def pending(self, code: Path) -> PendingMigration:
        """Return what would run; nothing once it has run."""
        self.server.answer_to_tool()
        now = self._now()
        if not self.server.knows:
            raise MigrationFailed("the tool cannot locate it", ahead=now)
        return PendingMigration(now) if now in self.ahead.revisions[-1:] else self.ahead

    async def migrate(self, code: Path) -> None:
        """Be at the last revision."""
        await self._run("migrate", self.ahead.revisions[-1])
        self.server.take_effect("migrate")
        self._say("migrate", self.ahead.revisions[-1])

    async def contract(self, code: Path) -> None:
        """Do so; the revision stays."""
        await self._run("contract", self._now())

    async def undo(self, code: Path, to: str) -> None:
        """Be at revision `to`."""
        await self._run(f"undo to {to}", to)
        self.server.take_effect("undo")
        self._say("undo", to)

    async def end_left_over(self) -> None:
        """Let the tool of a killed process do no more of what a test says that it does."""
        self.fence.check()
        self.server.answer_to_tool()
        self.server.left_over.clear()

    def _say(self, what: str, now: str) -> None:
        if self.server.is_unheard(what):
            raise MigrationFailed(f"the connection was lost; revision in force now: {now}", "Mend it.", revision=now)

    def _now(self) -> str:
        return self.server.revisions[-1] if self.server.revisions else self.ahead.revision

    async def _run(self, what: str, to: str) -> None:
        self.fence.check()
        self.server.answer_to_tool()
        self.server.asked.append(what)
        if self.breaks:
            now = self._now()
            raise MigrationFailed(f"{self.breaks.pop(0)}; revision in force now: {now}", "Mend it.", revision=now)
        self.server.revisions.append(to)


@dataclass(frozen=True)
class FakeRehearsal:
    """The team's tool on a copy: it changes a row there, which its undo changes back unless `server.undo_loses`."""

    server: FakeServer
    fence: FakeFence
    ahead: PendingMigration

    def on(self, name: str) -> FakeToolOnACopy:
        """Return the tool on a copy."""
        return FakeToolOnACopy(self.server, self.fence, self.ahead, copy=name)

    def nowhere(self) -> FakeToolOnACopy:
        """Return one that fails, unless the tool is heedless."""
        return FakeToolOnACopy(self.server, self.fence, self.ahead, copy="")

    @contextlib.asynccontextmanager
    async def watched(self, name: str) -> AsyncIterator[Touched]:
        """See nothing."""
        yield Touched()


@dataclass(frozen=True)
class FakeToolOnACopy(FakeMigrations):
    """The tool as `FakeRehearsal` points it."""

    copy: str = ""

    async def revision(self, code: Path) -> str:
        """Fail where there is no database, as a tool does that heeds its address."""
        if not self.copy and not self.server.heedless:
            raise MigrationFailed("there is no such database", log=["there is no such database"])
        return await super().revision(code)

    async def migrate(self, code: Path) -> None:
        """Leave a row in the copy."""
        self.server.asked.append(f"migrate {self.copy}")
        self.server.databases[self.copy]["orders"][-1] = "migrated"

    async def undo(self, code: Path, to: str) -> None:
        """Take it away."""
        self.server.asked.append(f"undo {self.copy}")
        if not self.server.undo_loses:
            del self.server.databases[self.copy]["orders"][-1]


def _content(rows: dict[int, str]) -> TableContent:
    return TableContent(len(rows), hashlib.sha256(repr(sorted(rows.items())).encode()).hexdigest())
