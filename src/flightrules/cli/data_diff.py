"""`flight data-diff`: what two databases do not have in common, row by row; the rows themselves as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flightrules.cli.at_databases import DatabaseOption
from flightrules.cli.places import PLAN, JsonOption, Place, PlanOption, StateOption

if TYPE_CHECKING:
    from flightrules.cli.data_diff_shown import Compared
    from flightrules.ports.database import Rows
    from flightrules.recovery.difference import Side

OWN = "."

LeftArgument = Annotated[str, typer.Argument(metavar="LEFT", help="A database; `.` is the plan's own.")]
RightArgument = Annotated[str, typer.Argument(metavar="RIGHT", help="Another one; the plan's own without it.")]
TableOption = Annotated[
    list[str] | None, typer.Option("--table", metavar="TABLE", help="Only this table. May be given several times.")
]
ExportOption = Annotated[
    Path | None,
    typer.Option("--export", metavar="DIR", help="Write the rows that only RIGHT has, or has otherwise, into files."),
]


def data_diff(
    left: LeftArgument,
    right: RightArgument = OWN,
    database: DatabaseOption = None,
    table: TableOption = None,
    export: ExportOption = None,
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Compare two databases row by row. Nothing is touched. Ends with 1 where they differ."""
    import asyncio
    import json as encoder

    from flightrules.cli import at_databases, data_diff_shown
    from flightrules.domain.errors import FlightError

    place = Place.of(plan, state)
    the_plan = at_databases.plan_at(place)
    agreed = at_databases.only(the_plan, database, "--database NAME")
    reached = at_databases.to_look_at(place, the_plan, agreed).database
    if reached.rows is None:
        raise FlightError(f"the rows of database {agreed.name} cannot be compared: {reached.cannot['rows']}")
    _refuse_what_is_there(export)
    found = asyncio.run(_compared(reached.rows, left, right, tuple(table or ()), export))
    if json:
        typer.echo(encoder.dumps(data_diff_shown.as_json(found)))
    else:
        for line in data_diff_shown.lines(found):
            typer.echo(line)
    raise typer.Exit(found.status)


async def _compared(rows: Rows, left: str, right: str, tables: tuple[str, ...], export: Path | None) -> Compared:
    from flightrules.cli.data_diff_shown import Compared
    from flightrules.recovery.difference import Side, data_diff
    from flightrules.recovery.exporting import exporting

    on_left, on_right = (Side(rows, None if name == OWN else name) for name in (left, right))
    wanted = await _wanted(on_left, on_right, tables)
    if export is None:
        return Compared(left, right, await data_diff(on_left, on_right, wanted.__contains__))
    async with exporting(on_right, export.absolute()) as exported:
        found = await data_diff(on_left, on_right, wanted.__contains__, exported.rows_of)
    return Compared(left, right, found, tuple(exported.files.items()))


async def _wanted(left: Side, right: Side, tables: tuple[str, ...]) -> frozenset[str]:
    """Return the names of the tables that are compared; one may be named without its schema. Raises `BadInput`."""
    from flightrules.cli.failures import BadInput
    from flightrules.domain.near_names import suggestion

    there = {table.name for side in (left, right) for table in await side.tables()}
    if not tables:
        return frozenset(there)
    wanted = set()
    for asked in tables:
        found = {name for name in there if asked in (name, name.rpartition(".")[2], name.rpartition(".")[2].strip('"'))}
        if not found:
            raise BadInput(f"neither database has a table {asked}", suggestion(asked, sorted(there)))
        wanted |= found
    return frozenset(wanted)


def _refuse_what_is_there(export: Path | None) -> None:
    from flightrules.cli.failures import BadInput

    if export is not None and export.exists():
        raise BadInput(f"{export} is there already, and nothing is written over it", "name a new folder: --export DIR")
