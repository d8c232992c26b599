"""`flight pause`."""

from __future__ import annotations

from flightrules.cli.places import PLAN, JsonOption, Place, PlanOption, ReasonOption, StateOption


def pause(
    reason: ReasonOption = "", plan: PlanOption = PLAN, state: StateOption = None, json: JsonOption = False
) -> None:
    """Pause the release: traffic stays as it is, the rules go on."""
    from flightrules.cli.asking import ask_the_driver
    from flightrules.domain.signals import Ask

    ask_the_driver(Place.of(plan, state), Ask.PAUSE, {"reason": reason}, json)
