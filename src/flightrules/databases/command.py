"""Any database at all, by commands of the team: back up, restore, count; where they can, fingerprint, drop and swap.

The commands get what they need in environment variables, never in the shell line: BACKUP (the folder to write into or
to read from) and DATABASE (the database that is meant, empty for the plan's own). Without a fingerprint, a backup is
proven by the number of rows alone, and that is what its proof says.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from flightrules.databases._command.copies import CommandCopies
from flightrules.databases._command.lines import Lines
from flightrules.databases._command.queries import NO_ROLES, CommandQueries
from flightrules.databases._command.switch import CommandSwitch
from flightrules.databases._migrations import TeamMigrations
from flightrules.ports.clock import Clock
from flightrules.ports.commands import Commands
from flightrules.ports.database import Database, DatabaseOptions
from flightrules.ports.fence import Fence
from flightrules.ports.options import Secret

NO_REHEARSAL = "nothing says how its migrations are pointed at a copy"
NO_ROWS = "commands say nothing about single rows"
NO_FURTHER = "commands say nothing about further databases"


class Options(DatabaseOptions):
    """The commands, each a shell line that is run in the plan's folder."""

    run_backup: Annotated[str, Field(min_length=1, description="Writes a consistent copy into $BACKUP")]
    restore: Annotated[str, Field(min_length=1, description="Makes the new database $DATABASE from $BACKUP")]
    count: Annotated[
        str, Field(min_length=1, description="Prints a line `TABLE ROWS [CHECKSUM]` for each table of $DATABASE")
    ]
    drop: Annotated[str, Field(min_length=1, description="Removes the database $DATABASE, if it is there")]
    close: Annotated[str | None, Field(min_length=1, description="Refuses writes of the application")] = None
    open: Annotated[str | None, Field(min_length=1, description="Takes `close` back")] = None
    swap: Annotated[
        str | None,
        Field(min_length=1, description="Lets $DATABASE take the place of the plan's own, which is kept as $KEEP_AS"),
    ] = None
    query: Annotated[
        str | None, Field(min_length=1, description="Asks $SQL, which only reads; prints its rows, tabs between values")
    ] = None
    dialect: Annotated[
        str | None, Field(pattern="^(postgres|sqlite|mysql)$", description="How the SQL of a migration is to be read")
    ] = None
    environment: Annotated[dict[str, Secret], Field(default_factory=dict, description="Further environment variables")]


def cannot(options: Options) -> dict[str, str]:
    """Return what this database cannot do, and why."""
    said = {"rows": NO_ROWS, "roles": NO_ROLES, "further": NO_FURTHER}
    missing = [one for one in ("close", "open", "swap") if getattr(options, one) is None]
    if missing:
        said["switch"] = f"the plan gives it no {', '.join(f'`{one}`' for one in missing)}"
    if options.query is None:
        said["queries"] = "the plan gives it no `query`"
    if options.migrate is None:
        said["migrations"] = "the plan gives it no `migrate`"
    return said


def where(options: Options, plan_folder: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return nothing: only the commands know which database they are about."""
    return ()


async def found(options: Options, plan_folder: Path) -> frozenset[str]:
    """Return nothing, for the same reason."""
    return frozenset()


def create(
    options: Options, *, name: str, folder: Path, plan_folder: Path, commands: Commands, clock: Clock, fence: Fence
) -> Database:
    """Return the database `name` of the plan; `folder` is for what it needs on the way."""
    environment = {key: value.get_secret_value() for key, value in options.environment.items()}
    lines = Lines(name, plan_folder, folder, options.within, commands, environment)
    copies = CommandCopies(lines, fence, options.run_backup, options.restore, options.count, options.drop)
    return Database(
        copies=copies,
        switch=_switch(options, lines, copies, fence),
        migrations=_migrations(options, name, folder, commands, clock, fence, environment),
        queries=CommandQueries(lines, options.query) if options.query else None,
        cannot=cannot(options),
    )


def _switch(options: Options, lines: Lines, copies: CommandCopies, fence: Fence) -> CommandSwitch | None:
    if options.close is None or options.open is None or options.swap is None:
        return None
    return CommandSwitch(lines, fence, copies, options.close, options.open, options.swap)


def _migrations(
    options: Options,
    name: str,
    folder: Path,
    commands: Commands,
    clock: Clock,
    fence: Fence,
    environment: Mapping[str, str],
) -> TeamMigrations | None:
    if options.migrate is None:
        return None
    return TeamMigrations(
        name, options, folder, commands, clock, environment, check=fence.check, dialect=options.dialect
    )
