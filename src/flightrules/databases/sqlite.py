"""SQLite: copied by its own backup interface while it is in use, migrated with the team's tool, swapped in place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from flightrules.databases._migrations import TeamMigrations
from flightrules.databases._sqlite.copies import SqliteCopies
from flightrules.databases._sqlite.files import Files
from flightrules.databases._sqlite.further import SqliteFurther
from flightrules.databases._sqlite.original import held
from flightrules.databases._sqlite.queries import NO_ROLES, SqliteQueries
from flightrules.databases._sqlite.rehearsal import SqliteRehearsal
from flightrules.databases._sqlite.rows import SqliteRows
from flightrules.databases._sqlite.switch import SqliteSwitch
from flightrules.ports.clock import Clock
from flightrules.ports.commands import Commands
from flightrules.ports.database import Database, DatabaseOptions
from flightrules.ports.fence import Fence


class Options(DatabaseOptions):
    """Where the database is."""

    path: Annotated[Path, Field(description="The file; a relative path is taken from the plan's folder")]


SOUND = (("its file is sound", "SELECT quick_check FROM pragma_quick_check WHERE quick_check <> 'ok'"),)
"""What can be asked of every database of this kind."""


def cannot(options: Options) -> dict[str, str]:
    """Return what this database cannot do, and why."""
    said = {"roles": NO_ROLES}
    return said if options.migrate else {**said, "migrations": "the plan gives it no `migrate`"}


def where(options: Options, plan_folder: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return what names the database as nothing else does."""
    return (str((plan_folder / options.path).resolve()),)


async def found(options: Options, plan_folder: Path) -> frozenset[str]:
    """Return what names its file at this moment, whatever its names are: a file may have several."""
    try:
        file = (plan_folder / options.path).stat()
    except OSError:
        return frozenset()
    return frozenset({f"{file.st_dev}:{file.st_ino}"})


def create(
    options: Options, *, name: str, folder: Path, plan_folder: Path, commands: Commands, clock: Clock, fence: Fence
) -> Database:
    """Return the database `name` of the plan; `folder` is for what it needs on the way."""
    files = Files(name, plan_folder / options.path)
    migrations = TeamMigrations(
        name,
        options,
        folder,
        commands,
        clock,
        environment={"DATABASE_URL": f"sqlite:///{files.path.absolute()}"},
        check=fence.check,
        dialect="sqlite",
        held=lambda: held(files, files.path, fence),
    )
    return Database(
        sound=SOUND,
        copies=SqliteCopies(files, fence),
        switch=SqliteSwitch(files, fence),
        rows=SqliteRows(files),
        further=SqliteFurther(files),
        migrations=migrations if options.migrate else None,
        rehearsal=SqliteRehearsal(files, migrations, fence) if options.migrate else None,
        queries=SqliteQueries(files, options.within),
        cannot=cannot(options),
    )
