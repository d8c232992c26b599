"""`flight status`: what is live, what goes on, what a person can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flightrules.cli.places import PLAN, JsonOption, Place, PlanOption, StateOption

if TYPE_CHECKING:
    from flightrules.cli.desk import Desk
    from flightrules.views.asking import PastView

MOST = 1_000_000
"""Releases that are listed; nobody has had more."""

AllOption = Annotated[bool, typer.Option("--all", help="List every release that there was, the newest first.")]
ReleaseArgument = Annotated[str | None, typer.Argument(metavar="RELEASE", help="A release's id; by default the last.")]


def status(
    release: ReleaseArgument = None,
    every: AllOption = False,
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Show the release that is under way, or the last one, and what is in service."""
    from flightrules.cli.desk import existing
    from flightrules.views import asking

    with existing(Place.of(plan, state)) as desk:
        if every:
            _list(desk, json)
            return
        view = asking.release_view(desk.records, desk.plan_to_look_at, release)
        if json:
            _print_json(desk, view)
            return
        from flightrules.cli.clean import clean
        from flightrules.cli.drawing.frame import Frame
        from flightrules.cli.screens import drawing_console

        below = _in_service(desk)
        if view.outcome is not None and view.can:
            below.append(f"next: {', '.join(map(clean, view.can))}")
        console = drawing_console()
        # At a terminal all of it is seen at once, with the prompt below; what is piped is cut nowhere.
        console.print(Frame(view, height=console.height - len(below) - 1 if console.is_terminal else None))
        for line in below:
            typer.echo(line)


def _print_json(desk: Desk, view: Any) -> None:
    from flightrules import actions
    from flightrules.cli import one_object
    from flightrules.views import asking
    from flightrules.views.as_json import to_json

    told = {
        "stopped": actions.stopped(desk.records),
        "release": to_json(view),
        "in_service": to_json(asking.in_service(desk.records)),
        "past": to_json(asking.past(desk.records)),
    }
    one_object.tell(told)


def _list(desk: Desk, json: bool) -> None:
    from flightrules.cli import one_object
    from flightrules.cli.clean import clean
    from flightrules.views import asking
    from flightrules.views.as_json import to_json

    past = asking.past(desk.records, limit=MOST)
    if json:
        one_object.tell({"past": to_json(past)})
        return
    width = max((len(each.id) for each in past), default=0)
    for each in past:
        typer.echo(f"{clean(each.id):<{width}}  {each.story:<8}  {_ended(each)}")
    if not past:
        typer.echo("Nothing was released here yet.")


def _ended(each: PastView) -> str:
    from flightrules.cli.drawing.style import day_and_time
    from flightrules.domain.figures import duration

    if each.ended_at is None:
        return f"{day_and_time(each.started_at)}  not ended"
    return f"{day_and_time(each.started_at)}  {each.outcome} after {duration(round(each.ended_at - each.started_at))}"


def _in_service(desk: Desk) -> list[str]:
    from flightrules import actions
    from flightrules.cli.clean import clean
    from flightrules.cli.drawing.style import day_and_time
    from flightrules.views import asking

    serving = asking.in_service(desk.records)
    word = "stopped" if actions.stopped(desk.records) else "in service"
    return [f"{word}: {clean(each.service)} {clean(each.version)} since {day_and_time(each.since)}" for each in serving]
