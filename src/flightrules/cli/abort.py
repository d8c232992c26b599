"""`flight abort`: the one command that always works. It takes the release back, whoever drives it, or nobody."""

from __future__ import annotations

from flightrules.cli.places import (
    PLAN,
    JsonOption,
    NoWaitOption,
    Place,
    PlainOption,
    PlanOption,
    ReasonOption,
    StateOption,
)


def abort(
    reason: ReasonOption = "",
    no_wait: NoWaitOption = False,
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
    plain: PlainOption = False,
) -> None:
    """Take the release back now. Works in every state, also when no process drives the release."""
    from flightrules.cli import beginning, calling_back
    from flightrules.cli.desk import existing
    from flightrules.cli.screens import Showing
    from flightrules.domain.outcome import Outcome
    from flightrules.domain.signals import Ask

    with existing(Place.of(plan, state)) as desk:
        beginning.under_way(desk)
        call = calling_back.Call(Ask.ABORT, {"reason": reason}, (Outcome.ROLLED_BACK, Outcome.NOT_STARTED))
        calling_back.call_back(desk, call, Showing.of(json=json, plain=plain), calling_back.Stay.of(no_wait=no_wait))
