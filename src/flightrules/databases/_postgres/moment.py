"""Finds a moment of a PostgreSQL server that is both: a snapshot to read in, and a position in its log (WAL).

While transactions are being committed there is none: their place in the log is before the moment at which others see
them. So a moment is sought at which nothing is being committed; none is held up for it. It is found in two looks:
nobody holds a transaction that writes, and none has ended since the snapshot was taken. A transaction that writes for
longer does no harm as long as it still writes a little later: then its end is behind the position. Not so where commits
wait for a standby: one that waits long looks like one that writes long.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flightrules.databases._postgres import wal
from flightrules.databases._postgres.server import Server
from flightrules.domain.errors import DatabaseFailed
from flightrules.domain.figures import duration
from flightrules.ports.clock import Clock

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    Connection = AsyncConnection[tuple[Any, ...]]

LONGEST = 30.0
"""Seconds for which a moment is sought."""
LONG = 0.2
"""Seconds after which a transaction that writes counts as one that goes on writing."""
PAUSE = 0.002

_MOMENT = """
    select pg_current_snapshot()::text, pg_current_wal_insert_lsn()::text, pg_walfile_name(pg_current_wal_insert_lsn()),
        clock_timestamp()::text, pg_export_snapshot()
"""
"""The snapshot of a statement is taken before the functions in it are called."""

_WRITING = "select transactionid::text from pg_locks where locktype = 'transactionid' and mode = 'ExclusiveLock'"
"""Everybody may see these locks. A transaction holds its own until others see that it has ended."""


@dataclass(frozen=True)
class Moment:
    """`seen` says which transactions are in it; `snapshot` names it to programs, as long as its connection is open."""

    seen: str
    position: int
    timeline: int
    time: str
    snapshot: str


@contextlib.asynccontextmanager
async def quiet_moment(server: Server, clock: Clock) -> AsyncIterator[tuple[Connection, Moment]]:
    """Give a moment, and the connection that sees the database as it was then. Raises `DatabaseFailed` for none."""
    give_up = clock.monotonic() + LONGEST
    async with server.steady() as connection, server.connected() as beside:
        ((standbys,),) = await (await beside.execute("show synchronous_standby_names")).fetchall()
        watch = _Watch(beside, clock, math.inf if standbys else LONG)
        while clock.monotonic() < give_up:
            await connection.execute("begin isolation level repeatable read, read only")
            moment = await _now(connection)
            if await watch.nothing_was_being_committed(moment):
                yield connection, moment
                return
            await connection.execute("rollback")
            await clock.sleep(PAUSE)
    raise DatabaseFailed(
        f"within {duration(LONGEST)} there was no moment at which nothing was being committed on the server of "
        f"database {server.name}, so no point in time could be marked",
        "Try again at a quieter time, or take `point_in_time` out of the plan.",
    )


@dataclass
class _Watch:
    """Looks from beside at who writes. `since` is when each transaction that writes was seen first.

    One that writes for `long` seconds is taken for one that goes on writing.
    """

    connection: Connection
    clock: Clock
    long: float
    since: dict[str, float] = field(default_factory=dict)

    async def nothing_was_being_committed(self, moment: Moment) -> bool:
        """Whether every transaction is either seen in `moment`, or ends behind its position."""
        writing, now = await self._writing(), self.clock.monotonic()
        self.since = {one: self.since.get(one, now) for one in writing}
        ((seen,),) = await (await self.connection.execute("select pg_current_snapshot()::text")).fetchall()
        if seen != moment.seen or any(now - began < self.long for began in self.since.values()):
            return False
        return not writing or await self._go_on(writing, moment)

    async def _go_on(self, writing: set[str], moment: Moment) -> bool:
        await self.clock.sleep(self.long)
        ((flushed,),) = await (await self.connection.execute("select pg_current_wal_flush_lsn()::text")).fetchall()
        return wal.position(flushed) >= moment.position and writing <= await self._writing()

    async def _writing(self) -> set[str]:
        return {one for (one,) in await (await self.connection.execute(_WRITING)).fetchall()}


async def _now(connection: Connection) -> Moment:
    ((seen, position, name, time, snapshot),) = await (await connection.execute(_MOMENT)).fetchall()
    return Moment(seen, wal.position(position), wal.timeline(name), time, snapshot)
