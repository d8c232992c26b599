"""`flight restore`: a backup made into a new database, beside the plan's own."""

from __future__ import annotations

from typing import Annotated

import typer

from flightrules.cli.at_databases import DatabaseOption
from flightrules.cli.backups import BackupArgument
from flightrules.cli.places import PLAN, JsonOption, Place, PlanOption, StateOption

IntoOption = Annotated[
    str, typer.Option("--into", metavar="NEW", help="The name of the new database. One that is there is never touched.")
]


def restore(
    backup: BackupArgument,
    into: IntoOption,
    database: DatabaseOption = None,
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Restore a backup into a new database, and compare what is in it. The plan's own database is not touched."""
    import asyncio
    import json as encoder

    from flightrules.cli import at_databases, backups_shown
    from flightrules.cli.clean import clean
    from flightrules.cli.desk import opened
    from flightrules.domain.figures import duration

    _refuse_names_of_releases(into)
    place = Place.of(plan, state)
    the_plan = at_databases.plan_at(place)
    agreed = backups_shown.holder(place, the_plan, backup, database)
    with opened(place) as desk, at_databases.to_work_with(desk, the_plan, agreed) as at_hand:
        found = at_hand.backups.named(backup)
        clock = at_hand.backups.clock
        began = clock.monotonic()
        compared = asyncio.run(at_hand.backups.restore_compared(found, into))
        seconds = round(clock.monotonic() - began, 3)
    if json:
        told = {"into": into, "compared": compared, "seconds": seconds}
        typer.echo(encoder.dumps({"restored": backups_shown.backup_json(agreed.name, found), **told}))
        return
    rows = f"{found.content.rows:,} rows in {len(found.content.tables)} tables"
    typer.echo(
        f"restored backup {clean(backup)} of database {clean(agreed.name)} into {clean(into)} in {duration(seconds)}: "
        f"{rows}; compared: {compared}"
    )


def _refuse_names_of_releases(into: str) -> None:
    """Raise `BadInput` for a name that a way back or a proof would take for its own, and remove."""
    from flightrules.cli.at_databases import OF_RELEASES
    from flightrules.cli.failures import BadInput

    if OF_RELEASES.search(into):
        raise BadInput(f"{into} is a name that a way back makes and removes by itself", "choose another one for --into")
