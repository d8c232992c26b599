"""A database of the plan, by what can be done with it: copied, switched over, migrated, read row by row.

An adapter hands out a `Database`. What its kind cannot do is None there, so that it is known before anything is
touched. A database is named as its server names it; further ones (restored, kept) stand beside it under other names.
Nothing here decides whether something may be done: that is agreed in the plan, and asked of people.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from flightrules.domain.fingerprints import Fingerprint
from flightrules.domain.migrations import PendingMigration, Touched
from flightrules.domain.row_differences import Row, Table, Value
from flightrules.ports.options import Duration


class BackupOptions(BaseModel):
    """When backups of a database are taken, where they lie, how long they are kept, and who can read them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: Annotated[Literal["migrate"], Field(description="When a release takes one: before it migrates")] = "migrate"
    prove: Annotated[
        Literal["restore", "none"],
        Field(description="`restore`: only a backup that was restored and compared lets the migration begin"),
    ] = "restore"
    folder: Annotated[Path | None, Field(description="The folder; one in the state folder without it")] = None
    keep: Annotated[Duration, Field(description="How long a backup is kept")] = 30 * 86_400.0
    at_least: Annotated[int, Field(ge=1, description="How many are kept, however old they are")] = 3
    at_most: Annotated[int | None, Field(ge=1, description="How many are kept, however young they are")] = None
    recipients: Annotated[
        tuple[str, ...], Field(description="Public keys of age (age1…, ssh-…); backups are encrypted for them")
    ] = ()
    identity: Annotated[
        Path | None, Field(description="The file with the secret key of age that opens encrypted backups")
    ] = None


class DatabaseOptions(BaseModel):
    """Options that every database has; an adapter derives its own from these."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    migrate: Annotated[str | None, Field(min_length=1, description="The shell line that migrates")] = None
    undo: Annotated[
        str | None,
        Field(min_length=1, description="The shell line that takes a migration back to $PREVIOUS_REVISION"),
    ] = None
    contract: Annotated[
        str | None,
        Field(min_length=1, description="The shell line that removes what only the old version used"),
    ] = None
    revision: Annotated[
        str | None, Field(min_length=1, description="Prints the revision that is in force; found out for alembic")
    ] = None
    sql: Annotated[
        str | None, Field(min_length=1, description="Prints the SQL that `migrate` would run; found out for alembic")
    ] = None
    backup: Annotated[BackupOptions, Field(description="Where backups lie, and how long")] = BackupOptions()
    within: Annotated[Duration, Field(gt=0, description="How long each of these, a backup or a restore may take")] = (
        3600.0
    )


@dataclass(frozen=True)
class About:
    """What a database is, looked at before anything is touched.

    `bytes` is the most that a backup of it is expected to need, None where that cannot be told. `tools` are the
    programs that back it up and restore it, each with its version. `beside` is the folder of this machine in which
    restored databases lie, None where that is a server's own affair.
    """

    name: str
    server: str
    bytes: int | None
    tools: tuple[str, ...] = ()
    beside: Path | None = None


class Copies(Protocol):
    """Backs a database up and makes new ones from backups. Errors are `DatabaseFailed`, with what to do."""

    async def look(self) -> About:
        """Return what there is; raise `DatabaseUnusable` for all that would make a backup or a restore fail."""

    async def back_up(self, folder: Path) -> Fingerprint:
        """Write a consistent copy into the empty `folder`; return what is in it, seen at the same moment."""

    async def restore(self, folder: Path, into: str) -> None:
        """Make the new database `into` from what `back_up` wrote. One that is there already is refused, untouched."""

    async def fingerprint(self, name: str | None = None) -> Fingerprint:
        """Return what is in database `name`; in the plan's own without a name."""

    async def drop(self, name: str) -> None:
        """Remove a database that `restore` made; one that is gone is fine, one of somebody else is refused."""


class Switch(Protocol):
    """Puts a restored database in the place of the plan's own. Every call may be repeated after a crash."""

    async def look(self) -> None:
        """Raise `DatabaseUnusable` for all that would keep the database from being closed to writers, or swapped."""

    async def close_to_writers(self) -> None:
        """Refuse writes of the application from now on, in connections that are open too; reading goes on."""

    async def open_to_writers(self) -> None:
        """Take `close_to_writers` back; nothing happens where it was never called."""

    async def swap(self, new: str, keep_as: str) -> None:
        """Let `new` take the place of the plan's database, which is kept as `keep_as`; all of it or nothing.

        Raises `DatabaseFailed` when the database is not closed to writers, and when it could not be done; also when
        nobody can tell whether it was, since the connection was lost: `swapped` tells then.
        """

    async def swapped(self, new: str, keep_as: str) -> bool:
        """Return whether `swap` of these names got through. Raises like `Copies.look` where that cannot be asked."""


class Rows(Protocol):
    """Reads what is in a database, in an order that two databases share."""

    async def tables(self, name: str | None = None) -> tuple[Table, ...]:
        """Return every table of database `name`, by name."""

    def rows(self, table: Table, name: str | None = None) -> AsyncIterator[Row]:
        """Yield every row of `table` in the order of `Row.order`, without holding them all."""

    def values(
        self, table: Table, rows: Sequence[Row], columns: Sequence[str], name: str | None = None
    ) -> AsyncIterator[tuple[Value, ...]]:
        """Yield the values of `columns` of every one of `rows`, which `rows(table, name)` gave; in whatever order.

        Where `table` has a key, a row is found by it, and has the values of now; without one, by its digest. A row
        that is gone by now is left out.
        """


class Queries(Protocol):
    """Asks the plan's own database what the plan wants to know; nothing that is asked can change anything."""

    async def rows(
        self, sql: str, as_role: str | None = None, most: int = 100, within: float | None = None
    ) -> tuple[tuple[str, ...], ...]:
        """Return the first rows of `sql`, one statement that reads, at most `most`; each value as text, null as none.

        Asked as a role of the database where one is given. After `within` seconds (those of the options without it)
        it is ended, in the server too. Raises `DatabaseUnusable` when the database does not answer, `DatabaseFailed`
        for a query that cannot be answered, with the query and what the server said.
        """

    async def close(self) -> None:
        """Let go of what is kept open between two questions. It may be asked again afterwards."""


class Migrations(Protocol):
    """Runs the team's own migration tool. What runs is ended when the asking is given up.

    `code` is the folder of the version whose migrations are meant; the undo is always that of the newer version.
    """

    async def revision(self, code: Path) -> str:
        """Return the revision that is in force, empty before the first. Raises `MigrationFailed`."""

    async def pending(self, code: Path) -> PendingMigration:
        """Return what `migrate` would run, classified; nothing is changed. Raises `MigrationFailed`."""

    async def migrate(self, code: Path) -> None:
        """Run the migration to its end. Raises `MigrationFailed` with its last lines and what is in force now."""

    async def contract(self, code: Path) -> None:
        """Remove what only the old version used. Raises `MigrationFailed` as `migrate` does."""

    async def undo(self, code: Path, to: str) -> None:
        """Take it back to the revision `to`. Raises `MigrationFailed` as `migrate` does."""

    async def end_left_over(self) -> None:
        """End what a killed process left running of `migrate` and `undo`; run nothing. Raises `MigrationFailed`."""


class Rehearsal(Protocol):
    """Lets the team's own tool work on a copy of the database, and watches what it does there."""

    def on(self, name: str) -> Migrations:
        """Return the tool pointed at database `name`, by its address in DATABASE_URL."""

    def nowhere(self) -> Migrations:
        """Return it pointed at no database at all.

        A tool that does not fail then finds its database by itself, and a rehearsal would migrate the real one.
        """

    def watched(self, name: str) -> contextlib.AbstractAsyncContextManager[Touched]:
        """Watch database `name` while something works on it; what was seen is complete when the watch has ended."""


@dataclass(frozen=True)
class FurtherDatabase:
    """A database that Flight Rules made beside one of the plan. `bytes` is None where it cannot be told.

    `what` is `restored` (nobody works with it), `kept` (it was the plan's own until another took its place), or
    `half restored` (a process was killed over it).
    """

    name: str
    what: str
    bytes: int | None = None


class Further(Protocol):
    """Knows the databases that Flight Rules made: all that carry its mark on the same server, or in the same folder."""

    async def listing(self) -> tuple[FurtherDatabase, ...]:
        """Return them, by name."""


@dataclass(frozen=True)
class Database:
    """One database of the plan. What its kind cannot do is None; `cannot` says why, by the field's name.

    `cannot` has `roles` where a query cannot be asked as a role. A kind that can tell from its options what it cannot
    do has a function `cannot(options)` in its module: then a plan that asks for it is refused where it is read.
    """

    copies: Copies
    switch: Switch | None = None
    rows: Rows | None = None
    migrations: Migrations | None = None
    queries: Queries | None = None
    further: Further | None = None
    rehearsal: Rehearsal | None = None
    cannot: dict[str, str] = field(default_factory=dict)
    sound: tuple[tuple[str, str], ...] = ()
    """What can be asked of every database of its kind: claims in words, each with a query without a row while it is
    true."""
