"""`flight open`: undo a shutdown, and bring back what is in service."""

from __future__ import annotations

from flightrules.cli.places import PLAN, JsonOption, Place, PlainOption, PlanOption, StateOption


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
        carry_out(
            desk, Showing.of(json=json, plain=plain),
            lambda workshop, its: actions.begin_open(workshop, its, actions.who()), (Outcome.OPENED,),
        )  # fmt: skip
