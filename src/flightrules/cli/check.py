"""`flight check`: is the plan right, and what will it do."""

from __future__ import annotations

import typer

from flightrules.cli.places import PLAN, JsonOption, PlanOption


def check(plan: PlanOption = PLAN, json: JsonOption = False) -> None:
    """Check the plan: every mistake in one go, or what the plan will do. Nothing is touched."""
    import os

    from flightrules import plan_file

    loaded = plan_file.load(plan, os.environ)
    if json:
        import json as encoder

        from flightrules.views.plan_view import plan_json

        typer.echo(encoder.dumps({**plan_json(loaded), "problems": []}))
        return
    from flightrules.cli.plan_summary import summary

    typer.echo(f"{plan}: no problems. This is what it will do:\n")
    for line in summary(loaded):
        typer.echo(line)
