"""PostgreSQL: backed up and restored with its own programs, migrated with the team's tool, switched by name.

Real servers from version 14 on. Nothing is installed into the server, and no superuser is needed: the role of `url`
must own the database and may create databases.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from pydantic import Field, field_validator

from flightrules.databases._migrations import LockPatience, TeamMigrations
from flightrules.databases._postgres import linter, place
from flightrules.databases._postgres.account import Account
from flightrules.databases._postgres.archive import Archive
from flightrules.databases._postgres.copies import PostgresCopies
from flightrules.databases._postgres.further import PostgresFurther
from flightrules.databases._postgres.pgbackrest import PgBackRest
from flightrules.databases._postgres.point_in_time import PointInTime, PointInTimeCopies
from flightrules.databases._postgres.queries import PostgresQueries
from flightrules.databases._postgres.rehearsal import PostgresRehearsal
from flightrules.databases._postgres.rows import PostgresRows
from flightrules.databases._postgres.scratch_cluster import ScratchCluster
from flightrules.databases._postgres.server import Server
from flightrules.databases._postgres.switch import PostgresSwitch
from flightrules.databases._postgres.tool_sessions import ToolSessions
from flightrules.databases._postgres.tools import Tools
from flightrules.databases._postgres.written_address import ENCODE, WHY, is_misread
from flightrules.domain.errors import DatabaseUnusable
from flightrules.domain.unset import missing
from flightrules.ports.clock import Clock
from flightrules.ports.commands import Commands
from flightrules.ports.database import Database, DatabaseOptions
from flightrules.ports.fence import Fence
from flightrules.ports.options import Duration, Secret


class Options(DatabaseOptions):
    """Where the database is, and how gently it is touched."""

    url: Annotated[Secret, Field(description="postgresql://USER:PASSWORD@HOST/DATABASE")]
    app_roles: Annotated[
        tuple[str, ...], Field(description="The roles as which the application connects; that of `url` without it")
    ] = ()
    tools: Annotated[
        str | None, Field(description="The folder with pg_dump and pg_restore; wherever the path leads without it")
    ] = None
    jobs: Annotated[int, Field(ge=1, le=64, description="How many tables are backed up or restored at a time")] = 2
    maintenance_database: Annotated[
        str, Field(min_length=1, description="The database from which others are made and renamed")
    ] = "postgres"
    point_in_time: Annotated[
        PointInTime | None,
        Field(description="Mark a moment instead of copying; it is restored from what pgBackRest archives"),
    ] = None
    lock_timeout: Annotated[Duration, Field(gt=0, description="How long a migration may wait for a lock")] = 5.0
    lock_tries: Annotated[int, Field(ge=1, le=1000, description="How often it is begun then, in all")] = 10
    lock_pause: Annotated[Duration, Field(description="How long after it is begun again")] = 10.0

    @field_validator("url")
    @classmethod
    def _is_read_as_it_is_meant(cls, url: Secret) -> Secret:
        written = url.get_secret_value()
        if not missing(written) and is_misread(written):
            raise ValueError(f"{WHY}; {ENCODE}")
        return url


SOUND = (("every index is valid", "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"),)
"""What can be asked of every database of this kind."""


def cannot(options: Options) -> dict[str, str]:
    """Return what this database cannot do, and why."""
    return {} if options.migrate else {"migrations": "the plan gives it no `migrate`"}


def where(options: Options, plan_folder: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return what names the database as nothing else does, as far as its URL and libpq's own settings say."""
    return tuple(map(str, place.places(options.url.get_secret_value(), environment)))


async def found(options: Options, plan_folder: Path) -> frozenset[str]:
    """Return what names it at this moment: the addresses of its hosts, and what the server says of itself."""
    return await place.found(options.url)


def create(
    options: Options, *, name: str, folder: Path, plan_folder: Path, commands: Commands, clock: Clock, fence: Fence
) -> Database:
    """Return the database `name` of the plan; `folder` is for what it needs on the way."""
    server = Server(name, options.url, options.maintenance_database)
    dumps = PostgresCopies(server, Tools(server, commands, folder, options.within, options.tools), fence, options.jobs)
    migrations = _migrations(options, server, folder, commands, clock, fence) if options.migrate else None
    return Database(
        sound=SOUND,
        copies=_to_a_point_in_time(dumps, options, options.point_in_time, commands, clock)
        if options.point_in_time
        else dumps,
        switch=PostgresSwitch(server, _roles(server, options), fence, clock),
        rows=PostgresRows(server),
        further=PostgresFurther(server),
        migrations=migrations,
        rehearsal=PostgresRehearsal(server, migrations, clock) if migrations else None,
        queries=PostgresQueries(server, options.within),
        cannot=cannot(options),
    )


def _to_a_point_in_time(
    dumps: PostgresCopies, options: Options, wanted: PointInTime, commands: Commands, clock: Clock
) -> PointInTimeCopies:
    name, account = dumps.server.name, Account(wanted.user)
    keeper = PgBackRest(name, wanted.stanza, wanted.config, account, commands, dumps.tools.work, options.within)
    scratch = ScratchCluster(name, keeper, commands, clock, wanted.folder, wanted.programs, wanted.settings)
    return PointInTimeCopies(dumps, Archive(name, keeper, clock), scratch, clock)


def _roles(server: Server, options: Options) -> tuple[str, ...]:
    roles = options.app_roles or ((server.user,) if server.user else ())
    if not roles:
        raise DatabaseUnusable(
            f"nothing says as which role the application connects to database {server.name}", "Set `app_roles`."
        )
    return roles


def _migrations(
    options: Options, server: Server, folder: Path, commands: Commands, clock: Clock, fence: Fence
) -> TeamMigrations:
    timeout = f"-c lock_timeout={round(options.lock_timeout * 1000)}ms"
    sessions = ToolSessions(server, folder, clock)
    password = server.secrets.get("PGPASSWORD", "")
    return TeamMigrations(
        server.name,
        options,
        folder,
        commands,
        clock,
        # Every client of libpq reads PGOPTIONS; so the team's tool need not know of the lock timeout.
        environment={"DATABASE_URL": options.url.get_secret_value(), "PGOPTIONS": timeout, "PGAPPNAME": sessions.name},
        check=fence.check,
        dialect="postgres",
        lint=linter.squawk,
        patience=LockPatience(options.lock_tries, options.lock_pause),
        end_what_is_left=sessions.end,
        secrets=(quote(password, safe=""), password),  # tools take an address apart, and print what they found in it
    )
