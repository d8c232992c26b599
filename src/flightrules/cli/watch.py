"""`flight watch`: the live view of a release that another process drives."""

from __future__ import annotations

from flightrules.cli.places import PLAN, JsonOption, Place, PlainOption, PlanOption, StateOption
from flightrules.cli.status import ReleaseArgument


def watch(
    release: ReleaseArgument = None,
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
    plain: PlainOption = False,
) -> None:
    """Watch a release until it has ended. Leaving changes nothing."""
    from flightrules.cli import driving
    from flightrules.cli.desk import existing
    from flightrules.cli.ending import finish
    from flightrules.cli.screens import Showing, screen_for
    from flightrules.views import asking

    showing = Showing.of(json=json, plain=plain)
    with existing(Place.of(plan, state)) as desk:
        chosen = asking.chosen(desk.records, release)
        raise finish(driving.go_along(desk, chosen, screen_for(showing)), showing)
