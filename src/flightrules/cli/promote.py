"""`flight promote`."""

from __future__ import annotations

from flightrules.cli.places import PLAN, JsonOption, Place, PlanOption, ReasonOption, StateOption


def promote(
    reason: ReasonOption = "", plan: PlanOption = PLAN, state: StateOption = None, json: JsonOption = False
) -> None:
    """Pass the stage that is holding now, by your own decision. It is kept in the ledger."""
    from flightrules.cli.asking import ask_the_driver
    from flightrules.domain.signals import Ask

    ask_the_driver(Place.of(plan, state), Ask.PROMOTE, {"reason": reason}, json)
