"""`flight reject`."""

from __future__ import annotations

from flightrules.cli.places import (
    PLAN,
    AskedArgument,
    AsOption,
    JsonOption,
    Place,
    PlanOption,
    ReasonOption,
    StateOption,
)


def reject(
    item: AskedArgument = "",
    as_role: AsOption = "",
    reason: ReasonOption = "",
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Reject what the release waits for; what was asked about is then left as it is."""
    from flightrules.cli.asking import ask_the_driver
    from flightrules.domain.signals import Ask

    ask_the_driver(Place.of(plan, state), Ask.REJECT, {"role": as_role, "reason": reason, "item": item}, json)
