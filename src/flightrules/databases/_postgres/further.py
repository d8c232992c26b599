"""Lists the databases of a PostgreSQL server that carry the mark of Flight Rules."""

from __future__ import annotations

from dataclasses import dataclass

from flightrules.databases._postgres.creating import KEPT, RESTORED, RESTORING
from flightrules.databases._postgres.server import Server
from flightrules.ports.database import FurtherDatabase

_WHAT = {RESTORED: "restored", KEPT: "kept", RESTORING: "half restored"}
_MARKED = """
    select datname, shobj_description(oid, 'pg_database'),
        case when has_database_privilege(oid, 'connect') then pg_database_size(oid) end
    from pg_database where shobj_description(oid, 'pg_database') = any(%s) and datname <> %s order by 1
"""


@dataclass(frozen=True)
class PostgresFurther:
    """The `Further` of a PostgreSQL database: whatever carries a mark on its server."""

    server: Server

    async def listing(self) -> tuple[FurtherDatabase, ...]:
        """Return them, with their sizes where the role of `url` may know."""
        async with self.server.connected(self.server.maintenance) as connection:
            cursor = await connection.execute(_MARKED, (list(_WHAT), self.server.database))
            return tuple(FurtherDatabase(name, _WHAT[mark], size) for name, mark, size in await cursor.fetchall())
