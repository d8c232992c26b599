"""`flight check`: is the plan right, and what will it do."""

from __future__ import annotations

from typing import Annotated

import typer

from flightrules.cli.places import PLAN, JsonOption, Place, PlanOption, StateOption

RateOption = Annotated[
    float | None,
    typer.Option(
        "--requests-per-second",
        metavar="N",
        min=0.0,
        help="The traffic of each service, to say what each hold can see; by default what the last release saw.",
    ),
]


def check(
    plan: PlanOption = PLAN,
    requests_per_second: RateOption = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Check the plan: every mistake in one go, or what the plan will do. Nothing is touched."""
    import os

    from flightrules import plan_file
    from flightrules.cli.foreseen import as_json, foreseen
    from flightrules.clocks.system import SystemClock
    from flightrules.views.freeze_words import freezes_json

    now = SystemClock().now()
    loaded = plan_file.load(plan, os.environ)
    ahead = foreseen(loaded, Place.of(plan, state), requests_per_second)
    if json:
        from flightrules.cli import one_object
        from flightrules.domain.database_doubts import doubts
        from flightrules.views.plan_view import plan_json

        warnings = [{"database": each.name, "what": what} for each in loaded.databases for what in doubts(each)]
        told = {"freezes": freezes_json(loaded, now), "foreseen": as_json(ahead), "warnings": warnings, "problems": []}
        one_object.tell({**plan_json(loaded), **told})
        return
    from flightrules.cli.plan_summary import summary

    typer.echo(f"{plan}: no problems. This is what it will do:\n")
    for line in summary(loaded, ahead, now):
        typer.echo(line)
