"""Marks a moment of a PostgreSQL database instead of copying it, and makes new databases from the server's archive.

A backup is then a small file that names the moment: what it names lies in the archive that pgBackRest keeps. A restore
takes the whole cluster to that moment, beside, and carries the one database from there into the server.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from flightrules.databases._postgres import archive, contents, point
from flightrules.databases._postgres.archive import Archive, Cluster
from flightrules.databases._postgres.copies import PostgresCopies, both
from flightrules.databases._postgres.moment import Moment, quiet_moment
from flightrules.databases._postgres.pgbackrest import BackupSet
from flightrules.databases._postgres.point import Point
from flightrules.databases._postgres.scratch_cluster import ScratchCluster
from flightrules.databases._postgres.tools import DUMP
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable
from flightrules.domain.figures import size
from flightrules.domain.fingerprints import Fingerprint, TableContent
from flightrules.ports.clock import Clock
from flightrules.ports.database import About

if TYPE_CHECKING:
    from psycopg import AsyncConnection

LOG_ROOM = 512 << 20
"""Bytes for files of the log, of which a restore keeps some, and for what every cluster has."""

EMPTY = TableContent(0, "0" * 32)
_UNLOGGED = """
    select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and c.relpersistence = 'u'
"""
_DATABASE = """
    select oid::bigint, pg_database_size(oid), current_user::text from pg_database where datname = current_database()
"""


class PointInTime(BaseModel):
    """How pgBackRest keeps the archive of the server, and where a copy of the cluster may stand for a while."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stanza: Annotated[str, Field(min_length=1, description="The stanza of pgBackRest that is this server's")]
    config: Annotated[Path | None, Field(description="pgBackRest's configuration; its usual one without it")] = None
    user: Annotated[
        str,
        Field(min_length=1, description="The system user as which pgBackRest and PostgreSQL run, if `flight` is root"),
    ] = "postgres"
    folder: Annotated[Path, Field(description="Where the copy of the cluster stands while a database is restored")] = (
        Path("/var/tmp")
    )
    programs: Annotated[
        Path | None, Field(description="The folder with PostgreSQL's server program; wherever Debian has it without it")
    ] = None
    settings: Annotated[
        Mapping[str, str], Field(description="Further settings of the copy's server, such as shared_preload_libraries")
    ] = {}


def free(folder: Path) -> int:
    """Return the bytes that can still be written there."""
    return shutil.disk_usage(folder).free


@dataclass(frozen=True)
class PointInTimeCopies:
    """The `Copies` of a PostgreSQL database whose server archives its log. What is no moment is left to `dumps`."""

    dumps: PostgresCopies
    archive: Archive
    scratch: ScratchCluster
    clock: Clock
    free: Callable[[Path], int] = free

    async def look(self) -> About:
        """Return what there is, or raise `DatabaseUnusable`. What a killed restore left is removed: its room is needed.

        `tools` say from when on could be restored, and how much of the log is not archived yet.
        """
        about = await self.dumps.look()
        async with self.dumps.server.connected() as connection:
            server = await archive.cluster(connection)
            ((number, held, _),) = await (await connection.execute(_DATABASE)).fetchall()
        await self.scratch.require(server.version)
        await self.scratch.clean()
        keeper = await self.archive.keeper.version()
        found, lag = await self.archive.require(server)
        self._require_room(_room(found, number, held, about.bytes))
        return replace(about, bytes=point.BYTES, tools=(*about.tools, f"{keeper} (backup {found.label}, {lag})"))

    async def back_up(self, folder: Path) -> Fingerprint:
        """Mark a moment, read what is in the database then, and see that all a restore to it needs is archived."""
        async with quiet_moment(self.dumps.server, self.clock) as (connection, moment):
            content: Fingerprint
            (server, found), content = await both(self._archived(moment), self._content(connection, moment))
            ((number, held, role),) = await (await connection.execute(_DATABASE)).fetchall()
            room = _room(found, number, held, await contents.bytes_of(connection))
        Point(
            server.system, found.label, moment.position, moment.time, server.complete, server.segment, server.version,
            self.dumps.server.database, number, role, room,
        ).write(folder)  # fmt: skip
        return content

    async def restore(self, folder: Path, into: str) -> None:
        """Make database `into` as it was at the moment; the copy of the cluster is gone afterwards."""
        if not point.is_in(folder):
            await self.dumps.restore(folder, into)
            return
        self.dumps.fence.check()
        wanted = point.read(folder)
        await self.scratch.require(wanted.version)
        await self.scratch.clean()
        found = await self.archive.again(wanted.label, wanted.system, wanted.last, wanted.segment)
        self._require_room(wanted.room)
        async with self.scratch.at(found, wanted) as server:
            dump = self.scratch.folder / "dump"
            there = replace(self.dumps.tools, server=server)
            await there.run(DUMP, "--format=directory", f"--jobs={self.dumps.jobs}", f"--file={dump}")
            await self.dumps.restore(dump, into)

    async def fingerprint(self, name: str | None = None) -> Fingerprint:
        """Return what is in a database, all of it seen at one moment."""
        return await self.dumps.fingerprint(name)

    async def drop(self, name: str) -> None:
        """Remove a database that carries our mark."""
        await self.dumps.drop(name)

    async def _archived(self, moment: Moment) -> tuple[Cluster, BackupSet]:
        """Wait until the log is archived beyond the moment; return the server then, and where a restore begins."""
        await self.archive.keeper.check()
        async with self.dumps.server.connected() as connection:
            server = await archive.cluster(connection)
        if server.timeline != moment.timeline:
            raise DatabaseFailed("the server was promoted while a point in time was marked", "Try again.")
        found = await self.archive.newest(replace(server, position=moment.position))
        await self.archive.until_arrived(found, server.complete, server.segment)
        return server, found

    async def _content(self, connection: AsyncConnection[tuple[Any, ...]], moment: Moment) -> Fingerprint:
        """Return what a restore to the moment has to bring back: of tables that the log leaves out, no rows."""
        seen = await self.dumps.seen(connection, moment.snapshot)
        unlogged = await (await connection.execute(_UNLOGGED)).fetchall()
        names = {f"{contents.quoted(schema)}.{contents.quoted(name)}" for schema, name in unlogged}
        return Fingerprint(seen.schema, {name: EMPTY if name in names else one for name, one in seen.tables.items()})

    def _require_room(self, needed: int) -> None:
        folder = self.scratch.parent
        there = self.free(folder)
        if there < needed:
            raise DatabaseUnusable(
                f"a restore of database {self.dumps.server.name} to a point in time may need {size(needed)} for a copy "
                f"of the cluster, and {folder} has {size(there)} free",
                "Make room, or set `point_in_time.folder` to a folder on another disk.",
            )


def _room(found: BackupSet, number: int, held: int, dumped: int | None) -> int:
    """Return the bytes that a copy of the cluster may take, with the dump that is made of it."""
    # A database that the backup does not hold yet comes from the log alone; then nothing can be left out.
    copy = held if number in found.databases else max(found.bytes, held)
    return copy + (dumped or 0) + LOG_ROOM
