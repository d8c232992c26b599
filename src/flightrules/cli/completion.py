"""What the shell can complete: names that the records hold. It never fails and never makes a state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from flightrules.cli.places import PLAN, Place

if TYPE_CHECKING:
    from flightrules.domain.plan import Plan


def earlier_stages(context: typer.Context, incomplete: str) -> list[str]:
    """Return the stages of the plan that begin with what was typed."""
    plan = _plan(context)
    return [stage.name for stage in plan.stages[:-1] if stage.name.startswith(incomplete)] if plan else []


def severities(context: typer.Context, incomplete: str) -> list[str]:
    """Return the severities of the plan that begin with what was typed."""
    plan = _plan(context)
    return [each for each in plan.severities if each.startswith(incomplete)] if plan else []


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


def _plan(context: typer.Context) -> Plan | None:
    import os

    from flightrules import plan_file
    from flightrules.domain.errors import FlightError

    try:
        return plan_file.load(_place(context).plan, os.environ)
    except FlightError:
        return None


def _place(context: typer.Context) -> Place:
    plan, state = context.params.get("plan") or PLAN, context.params.get("state")
    return Place.of(Path(plan), Path(state) if state else None)
