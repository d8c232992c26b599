"""Carrying out, from this terminal, what is no release: a return to an earlier version, a shutdown, an opening."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NoReturn

from flightrules.cli import driving
from flightrules.cli.desk import Desk
from flightrules.cli.ending import finish
from flightrules.cli.screens import Showing, screen_for
from flightrules.domain.outcome import Outcome

if TYPE_CHECKING:
    from flightrules.domain.plan import Plan
    from flightrules.state.releases import Release
    from flightrules.wiring import Workshop

    Begin = Callable[[Workshop, Plan], Awaitable[Release]]


def carry_out(desk: Desk, showing: Showing, begin: Begin, wanted: tuple[Outcome, ...]) -> NoReturn:
    """Begin a story by the plan that is in force, and carry it out here to its end. Exits."""
    import asyncio

    from flightrules import wiring

    async def begun() -> Release:
        return await begin(workshop, plan)

    with desk.records.lease:
        desk.end_what_a_killed_rehearsal_left()
        workshop = wiring.Workshop(desk.records)
        plan = desk.plan_in_force()
        release = asyncio.run(begun())
        raise finish(driving.drive(desk, workshop, release, screen_for(showing)), showing, wanted)
