"""`flight approve`."""

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


def approve(
    item: AskedArgument = "",
    as_role: AsOption = "",
    reason: ReasonOption = "",
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Approve what the release waits for: the release itself, a migration, a restore. It is kept in the ledger."""
    from flightrules.cli.asking import ask_the_driver
    from flightrules.domain.signals import Ask

    ask_the_driver(Place.of(plan, state), Ask.APPROVE, {"role": as_role, "reason": reason, "item": item}, json)
