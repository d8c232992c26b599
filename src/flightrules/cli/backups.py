"""`flight backups`: what there is to go back to; take, prove and thin by hand."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from flightrules.cli.at_databases import DatabaseArgument, DatabaseOption
from flightrules.cli.failures import guarded
from flightrules.cli.overview import Overview
from flightrules.cli.places import PLAN, JsonOption, Place, PlanOption, StateOption

LIST = "list"


class Listing(Overview):
    """Lists where no other command is named: `flight backups`, `flight backups main`."""

    default = LIST

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in front that is meant without one."""
        is_named = bool(args) and (args[0] in self.commands or args[0] in ("-h", "--help"))
        return super().parse_args(ctx, args if is_named else [LIST, *args])


app = typer.Typer(
    cls=Listing,
    help="List the backups of the databases, and the databases that were restored or kept; take, prove, thin.",
    rich_markup_mode=None,
)

BackupArgument = Annotated[str, typer.Argument(metavar="BACKUP", help="Its id, as `flight backups` lists it.")]
ForOption = Annotated[str, typer.Option("--for", metavar="TEXT", help="What it is for; `flight backups` shows it.")]


@guarded
def listing(
    database: DatabaseArgument = None, plan: PlanOption = PLAN, state: StateOption = None, json: JsonOption = False
) -> None:
    """List backups, and the databases that were restored or kept. Nothing is touched."""
    import asyncio
    import json as encoder

    from flightrules.cli import at_databases, backups_shown

    place = Place.of(plan, state)
    the_plan = at_databases.plan_at(place)
    found = asyncio.run(backups_shown.found(place, the_plan, at_databases.chosen(the_plan, database)))
    if json:
        typer.echo(encoder.dumps(backups_shown.as_json(found)))
        return
    for line in backups_shown.lines(found):
        typer.echo(line)


@guarded
def take(
    database: DatabaseArgument = None,
    what_for: ForOption = "by hand",
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Take a backup now; it is proven where the plan proves those of a release."""
    import asyncio
    import json as encoder

    from flightrules.cli import at_databases, backups_shown
    from flightrules.cli.desk import opened

    place = Place.of(plan, state)
    the_plan = at_databases.plan_at(place)
    agreed = at_databases.only(the_plan, database, "flight backups take DATABASE")
    with opened(place) as desk:
        at_databases.refuse_during_a_release(desk, "nothing was taken")
        with at_databases.to_work_with(desk, the_plan, agreed) as at_hand:
            store = at_hand.backups
            taken = asyncio.run((store.take_proven if agreed.proves else store.take)(what_for))
            gone = store.thin()
    if json:
        typer.echo(encoder.dumps({"taken": backups_shown.backup_json(agreed.name, taken), "removed": gone}))
        return
    typer.echo(f"took {backups_shown.told(agreed.name, taken)}")
    _tell_removed(gone)


@guarded
def prove(
    backup: BackupArgument,
    database: DatabaseOption = None,
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Restore a backup into a scratch database, compare, and write down that it holds what the database held."""
    import asyncio
    import json as encoder

    from flightrules.cli import at_databases, backups_shown
    from flightrules.cli.desk import opened

    place = Place.of(plan, state)
    the_plan = at_databases.plan_at(place)
    agreed = backups_shown.holder(place, the_plan, backup, database)
    with opened(place) as desk:
        at_databases.refuse_during_a_release(desk, "nothing was proven")
        with at_databases.to_work_with(desk, the_plan, agreed) as at_hand:
            proven = asyncio.run(at_hand.backups.prove(at_hand.backups.to_prove(backup)))
    if json:
        typer.echo(encoder.dumps({"proven": backups_shown.backup_json(agreed.name, proven)}))
    else:
        typer.echo(f"proved {backups_shown.told(agreed.name, proven)}")


@guarded
def thin(
    database: DatabaseArgument = None, plan: PlanOption = PLAN, state: StateOption = None, json: JsonOption = False
) -> None:
    """Remove the backups that have had their time, as a release does after it took one."""
    import json as encoder

    from flightrules.cli import at_databases
    from flightrules.cli.desk import opened

    gone: list[str] = []
    place = Place.of(plan, state)
    the_plan = at_databases.plan_at(place)
    databases = at_databases.chosen(the_plan, database)
    with opened(place) as desk:
        at_databases.refuse_during_a_release(desk, "nothing was removed")
        for agreed in databases:
            with at_databases.to_work_with(desk, the_plan, agreed) as at_hand:
                gone += at_hand.backups.thin()
    if json:
        typer.echo(encoder.dumps({"removed": gone}))
    elif gone:
        _tell_removed(gone)
    else:
        typer.echo("no backup has had its time")


def _tell_removed(gone: Any) -> None:
    if gone:
        typer.echo(f"removed what had had its time: {', '.join(gone)}")


app.command(LIST, hidden=True)(listing)
for _command in (take, prove, thin):
    app.command()(_command)
