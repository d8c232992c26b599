"""Ends the connections that were there before a setting of a PostgreSQL database came into force: new ones obey it.

Whoever's they are: not only the application's could go on writing. An end that is ordered is not one that happened; a
connection in the middle of a commit brings it to its end first. So it is waited for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from flightrules.databases._postgres.server import Server
from flightrules.domain.errors import DatabaseFailed
from flightrules.ports.clock import Clock

if TYPE_CHECKING:
    from flightrules.databases._postgres.creating import Connection

AGAIN_SECONDS, ENDING_SECONDS = 0.1, 30.0
"""How long after it is looked again, and how long a connection may take to end."""

LOOKS = 2
"""The server lists a connection a moment after that has read its settings: one look could miss it."""

_EARLIER = """
    select pid from pg_stat_activity
    where datname = %s and coalesce(backend_type, 'client backend') = 'client backend'
        and coalesce(backend_start < %s, true)
"""
"""Who connected before a moment. Of roles that it is no member of, a role sees neither when nor what they are."""

_END = """
    select s.usename,
        case when me.rolsuper or not r.rolsuper
                and (pg_has_role(r.oid, 'USAGE') or pg_has_role('pg_signal_backend', 'USAGE'))
            then pg_terminate_backend(s.pid) end
    from pg_stat_activity s join pg_roles r on r.oid = s.usesysid join pg_roles me on me.rolname = current_user
    where s.datname = %s and s.pid = any(%s)
"""
"""Ends connections where that is allowed; null where it is not."""


async def until_gone(connection: Connection, server: Server, since: datetime, clock: Clock) -> None:
    """Wait until no connection to the plan's database is older than `since`.

    Raises `DatabaseFailed` for one that stays, or that the role of `url` may not end.
    """
    give_up = clock.monotonic() + ENDING_SECONDS
    earlier = await _earlier(connection, server, since)
    for _ in range(LOOKS - 1):
        await _end(connection, server, earlier)
        await clock.sleep(AGAIN_SECONDS)
        earlier += await _earlier(connection, server, since)
    while left := await _end(connection, server, earlier):
        if not all(left.values()) or clock.monotonic() > give_up:
            raise _not_closed(server, left)
        await clock.sleep(AGAIN_SECONDS)


async def end_earlier(connection: Connection, server: Server, since: datetime) -> None:
    """Let the connections that are older than `since` end, where that is allowed."""
    await _end(connection, server, await _earlier(connection, server, since))


async def _earlier(connection: Connection, server: Server, since: datetime) -> list[int]:
    found = await (await connection.execute(_EARLIER, (server.database, since))).fetchall()
    return [pid for (pid,) in found]


async def _end(connection: Connection, server: Server, pids: Sequence[int]) -> dict[str, bool]:
    """Let these connections end; return, by role, of those that there still are whether that is allowed."""
    found = await (await connection.execute(_END, (server.database, list(pids)))).fetchall()
    return {role: all(ends is not None for one, ends in found if one == role) for role, _ in found}


def _not_closed(server: Server, left: Mapping[str, bool]) -> DatabaseFailed:
    roles = ", ".join(sorted(role for role, may in left.items() if not may) or sorted(left))
    why = "do not end" if all(left.values()) else "may not be ended by the role of `url`"
    return DatabaseFailed(
        f"database {server.name} cannot be closed to writers: connections of {roles} {why}, and could write",
        "End them yourself, or let the role of `url` do it, and try again.",
    )
