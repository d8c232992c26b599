"""`flight open`: undo a shutdown, and bring back what is in service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from flightrules.cli.places import PLAN, JsonOption, Place, PlainOption, PlanOption, StateOption

if TYPE_CHECKING:
    from flightrules.cli.desk import Desk


def open_services(
    plan: PlanOption = PLAN, state: StateOption = None, json: JsonOption = False, plain: PlainOption = False
) -> None:
    """Open the services again: after a shutdown, or after the machine was started anew."""
    from flightrules import actions
    from flightrules.cli.desk import existing
    from flightrules.cli.screens import Showing
    from flightrules.cli.stories import carry_out
    from flightrules.domain.outcome import Outcome

    with existing(Place.of(plan, state)) as desk:
        if _is_open(desk):
            _tell(desk, json)
            return
        carry_out(
            desk, Showing.of(json=json, plain=plain),
            lambda workshop, its: actions.begin_open(workshop, its, actions.who()), (Outcome.OPENED,),
        )  # fmt: skip


def _is_open(desk: Desk) -> bool:
    """Look, before anything is touched, whether there is anything to do."""
    import asyncio

    from flightrules import actions, wiring

    if desk.records.releases.unfinished() is not None:
        return False
    return asyncio.run(actions.is_open(wiring.Workshop.to_look_around(desk.records), desk.plan_in_force()))


def _tell(desk: Desk, json: bool) -> None:
    from flightrules.cli import one_object
    from flightrules.cli.clean import clean
    from flightrules.views import asking
    from flightrules.views.as_json import to_json

    serving = asking.in_service(desk.records)
    if json:
        one_object.tell({"changed": False, "in_service": to_json(serving)})
    else:
        names = ", ".join(f"{each.service} {each.version}" for each in serving)
        typer.echo(f"The services are open already, nothing was changed: {clean(names)}.")
