"""What the shell can complete: names that the records hold. It never fails and never makes a state."""

from __future__ import annotations

from pathlib import Path

import typer

from flightrules.cli.places import PLAN, Place


def earlier_stages(context: typer.Context, incomplete: str) -> list[str]:
    """Return the stages of the plan that begin with what was typed."""
    import os

    from flightrules import plan_file
    from flightrules.domain.errors import FlightError

    try:
        plan = plan_file.load(_place(context).plan, os.environ)
    except FlightError:
        return []
    return [stage.name for stage in plan.stages[:-1] if stage.name.startswith(incomplete)]


def served_versions(context: typer.Context, incomplete: str) -> list[str]:
    """Return the versions that were in service once."""
    from flightrules.cli.desk import existing
    from flightrules.domain.errors import FlightError
    from flightrules.views import asking

    try:
        with existing(_place(context)) as desk:
            return [name for name in asking.served(desk.records) if name.startswith(incomplete)]
    except FlightError:
        return []


def _place(context: typer.Context) -> Place:
    plan, state = context.params.get("plan") or PLAN, context.params.get("state")
    return Place.of(Path(plan), Path(state) if state else None)
