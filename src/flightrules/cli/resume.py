"""`flight resume`."""

from __future__ import annotations

from flightrules.cli.places import PLAN, JsonOption, Place, PlanOption, ReasonOption, StateOption


def resume(
    reason: ReasonOption = "", plan: PlanOption = PLAN, state: StateOption = None, json: JsonOption = False
) -> None:
    """Go on after a pause, or try again what the release holds for."""
    from flightrules.cli.asking import ask_the_driver
    from flightrules.domain.signals import Ask

    ask_the_driver(Place.of(plan, state), Ask.RESUME, {"reason": reason}, json)
