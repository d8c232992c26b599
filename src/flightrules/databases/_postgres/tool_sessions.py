"""Ends what a migration tool that was killed left on a PostgreSQL server.

The server goes on with a statement whose client is gone: it holds its locks, and what stands by itself is committed in
the end, long after the migration was said to have failed. The tool's sessions are known by their application_name,
which every client of libpq takes from PGAPPNAME.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from flightrules.databases._postgres.server import Server
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable, MigrationFailed
from flightrules.ports.clock import Clock

AGAIN_SECONDS, ENDING_SECONDS = 0.05, 30.0

_END = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = %s and usename = current_user and pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class ToolSessions:
    """The sessions of the tool that migrates one database; `work` tells those of another state apart."""

    server: Server
    work: Path
    clock: Clock

    @property
    def name(self) -> str:
        """What they are called on the server, in no more bytes than it keeps."""
        whose = hashlib.sha256(f"{self.work.absolute()} {self.server.name}".encode()).hexdigest()
        return f"flight migrates {whose[:16]}"

    async def end(self) -> None:
        """End them, and wait until they are gone. Where the server does not answer, whoever asks it next is told so.

        Raises `MigrationFailed` for one that stays: another one must not run beside it.
        """
        give_up = self.clock.monotonic() + ENDING_SECONDS
        try:
            async with self.server.connected(self.server.maintenance) as connection:
                while await (await connection.execute(_END, (self.name,))).fetchall():
                    if self.clock.monotonic() > give_up:
                        raise MigrationFailed(
                            f"what an earlier migration of database {self.server.name} left on the server does not end",
                            f"End the sessions there whose application_name is `{self.name}`, and try again.",
                        )
                    await self.clock.sleep(AGAIN_SECONDS)
        except (DatabaseUnusable, DatabaseFailed):
            return
