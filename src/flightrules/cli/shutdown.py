"""`flight shutdown`: the plan's page for every user at once, then every version stops."""

from __future__ import annotations

from flightrules.cli.places import PLAN, JsonOption, NoWaitOption, Place, PlainOption, PlanOption, StateOption
from flightrules.cli.rollback import WhyOption


def shutdown(
    reason: WhyOption = "",
    no_wait: NoWaitOption = False,
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
    plain: PlainOption = False,
) -> None:
    """Shut the services down: users see the plan's page at once. `flight open` undoes it."""
    from flightrules.cli import beginning, calling_back
    from flightrules.cli.desk import existing
    from flightrules.cli.screens import Showing
    from flightrules.domain.outcome import Outcome
    from flightrules.domain.signals import Ask

    showing = Showing.of(json=json, plain=plain)
    calling_back.refuse_without_reason(reason, "flight shutdown")
    with existing(Place.of(plan, state)) as desk:
        if beginning.awaited(desk) is not None:
            call = calling_back.Call(Ask.SHUTDOWN, {"reason": reason}, (Outcome.CLOSED,))
            calling_back.call_back(desk, call, showing, calling_back.Stay.of(no_wait=no_wait))
        from flightrules import actions
        from flightrules.cli.stories import carry_out

        carry_out(
            desk, showing, lambda workshop, its: actions.begin_shutdown(workshop, its, reason, actions.who()),
            (Outcome.CLOSED,),
        )  # fmt: skip
