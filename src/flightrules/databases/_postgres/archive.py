"""The archive of a server's log (WAL): whether every file is there that a restore to a point in time needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flightrules.databases._postgres import pgbackrest, wal
from flightrules.databases._postgres.pgbackrest import BackupSet, PgBackRest
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable
from flightrules.domain.figures import size
from flightrules.ports.clock import Clock

if TYPE_CHECKING:
    from psycopg import AsyncConnection

ARRIVES_WITHIN, PAUSE = 10.0, 0.5
"""Seconds in which a file may still arrive whose successor is there: several are sent at a time."""
MOST_NAMED = 3

_CLUSTER = """
    select (select system_identifier::text from pg_control_system()),
        current_setting('server_version_num')::int / 10000, current_setting('archive_mode'),
        (select setting::int from pg_settings where name = 'wal_segment_size'),
        pg_walfile_name(pg_current_wal_insert_lsn()), pg_current_wal_insert_lsn()::text,
        (select last_failed_wal from pg_stat_archiver
            where last_failed_time > coalesce(last_archived_time, '-infinity'))
"""
"""Every role may ask this."""


@dataclass(frozen=True)
class Cluster:
    """A server with all its databases. `segment` is the size of a file of its log in bytes, `version` the major one."""

    system: str
    version: int
    archive_mode: str
    segment: int
    timeline: int
    position: int
    failing: str | None

    @property
    def complete(self) -> str:
        """The name of the last file of its log that is full, or was closed."""
        return wal.named(self.timeline, self.position // self.segment - 1, self.segment)


async def cluster(connection: AsyncConnection[tuple[Any, ...]]) -> Cluster:
    """Return what the server says of itself."""
    (row,) = await (await connection.execute(_CLUSTER)).fetchall()
    system, version, mode, segment, name, position, failing = row
    return Cluster(system, version, mode, segment, wal.timeline(name), wal.position(position), failing)


@dataclass(frozen=True)
class Archive:
    """What pgBackRest keeps of the server of database `name`."""

    name: str
    keeper: PgBackRest
    clock: Clock
    arrives_within: float = ARRIVES_WITHIN

    async def require(self, server: Cluster) -> tuple[BackupSet, str]:
        """Return the backup from which a restore would begin now, and in words what the archive lacks at its end.

        Raises `DatabaseUnusable` where nothing could be restored to now.
        """
        if server.archive_mode == "off":
            raise DatabaseUnusable(
                f"the server of database {self.name} archives no WAL (archive_mode is off), so it cannot go back to a "
                f"point in time",
                f"Set archive_mode and archive_command as pgBackRest's guide says, {pgbackrest.WITHOUT}.",
            )
        if server.failing:
            raise DatabaseUnusable(
                f"the server of database {self.name} fails to archive WAL: {server.failing} was refused last",
                "See the server's log for what its archive_command says, and mend that.",
            )
        found = await self.newest(server)
        there = await self.keeper.archived(found)
        last = max((name for name in there if wal.timeline(name) == server.timeline), default=found.first)
        self._require_all(wal.missing(found.first, last, server.segment, there), found)
        behind = server.position - (wal.place(last, server.segment) + 1) * server.segment
        return found, f"archived but for the last {size(max(behind, 0))}"

    async def newest(self, server: Cluster) -> BackupSet:
        """Return the newest backup of the cluster on its present timeline. Raises `DatabaseUnusable`."""
        sets = await self.keeper.backups(server.system)
        found = pgbackrest.newest(sets, server.timeline, server.position)
        if found is None:
            raise DatabaseUnusable(
                f"pgBackRest has no backup of stanza {self.keeper.stanza} on timeline {server.timeline}, on which the "
                f"server of database {self.name} is now",
                f"Take one: pgbackrest --stanza={self.keeper.stanza} --type=full backup",
            )
        return await self.keeper.with_databases(found)

    async def until_arrived(self, found: BackupSet, last: str, segment: int) -> None:
        """Wait until all of the log from a backup up to the file `last` is archived. Raises `DatabaseUnusable`."""
        give_up = self.clock.monotonic() + self.arrives_within
        while gone := wal.missing(found.first, last, segment, await self.keeper.archived(found)):
            if self.clock.monotonic() > give_up:
                self._require_all(gone, found)
            await self.clock.sleep(PAUSE)

    async def again(self, label: str, system: str, last: str, segment: int) -> BackupSet:
        """Return a backup by its label, to restore from it up to the file `last`. Raises `DatabaseFailed`."""
        sets = {one.label: one for one in await self.keeper.backups(system)}
        if label not in sets:
            raise DatabaseFailed(
                f"pgBackRest does not have backup {label} of stanza {self.keeper.stanza} any more, from which this "
                f"point in time is restored",
                "Use another backup. Let pgBackRest keep its own (repo1-retention-full) for longer than the plan "
                "keeps its backups.",
            )
        found = sets[label]
        self._require_all(wal.missing(found.first, last, segment, await self.keeper.archived(found)), found)
        return await self.keeper.with_databases(found)

    def _require_all(self, gone: tuple[str, ...], found: BackupSet) -> None:
        if not gone:
            return
        more = f" and {len(gone) - MOST_NAMED} more" if len(gone) > MOST_NAMED else ""
        raise DatabaseUnusable(
            f"WAL is missing in the archive of stanza {self.keeper.stanza}: {', '.join(gone[:MOST_NAMED])}{more}; "
            f"from backup {found.label} nothing can be restored to a later time",
            f"Find out why it is missing, and take a new backup: pgbackrest --stanza={self.keeper.stanza} "
            f"--type=full backup",
        )
