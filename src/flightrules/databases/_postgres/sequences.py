"""Lets the sequences of a restored database go on where those of the present one are.

A dump brings them back to where they were. Then new rows would get the keys of rows that were written since the
backup, and those could not be carried over any more.
"""

from __future__ import annotations

from flightrules.databases._postgres.server import Server

_PRESENT = """
    select quote_ident(schemaname) || '.' || quote_ident(sequencename), last_value
    from pg_sequences where last_value is not null
"""
_AHEAD = """
    select setval(%(name)s::text::regclass, %(value)s::bigint) from pg_sequences
    where quote_ident(schemaname) || '.' || quote_ident(sequencename) = %(name)s::text
        and (last_value is null or sign(increment_by) * last_value < sign(increment_by) * %(value)s::bigint)
        and %(value)s::bigint between min_value and max_value
"""


async def carry_over(server: Server, new: str) -> None:
    """Move every sequence of database `new` on to where the one of the plan's own database is; none goes back.

    One that only the present database has belongs to the migration, and is left out.
    """
    async with server.connected() as present, server.connected(new) as restored:
        for name, value in await (await present.execute(_PRESENT)).fetchall():
            await restored.execute(_AHEAD, {"name": name, "value": value})
