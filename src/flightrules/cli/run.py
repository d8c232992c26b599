"""`flight run`: release a version, or go on with the release that has not ended."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flightrules.cli.places import PLAN, JsonOption, Place, PlainOption, PlanOption, StateOption

if TYPE_CHECKING:
    from flightrules.cli.desk import Desk
    from flightrules.state.releases import Release
    from flightrules.wiring import Workshop

VersionArgument = Annotated[
    str | None,
    typer.Argument(metavar="VERSION", help="What to release: a git ref, or the name that the plan's target knows."),
]
OverrideOption = Annotated[
    str | None,
    typer.Option(
        "--override-freeze",
        metavar="REASON",
        help="Begin although a freeze is on, and why; for people with the role that the plan names.",
    ),
]
ExitOption = Annotated[bool, typer.Option("--exit-when-held", help="Leave with status 3 when a person has to decide.")]


def run(
    version: VersionArgument = None,
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
    plain: PlainOption = False,
    exit_when_held: ExitOption = False,
    override_freeze: OverrideOption = None,
) -> None:
    """Release a version as the plan says, or go on with the release that has not ended."""
    from flightrules.cli import superseding
    from flightrules.cli.desk import opened, require_plan
    from flightrules.cli.screens import Showing, screen_for

    showing = Showing.of(json=json, plain=plain)
    place = Place.of(plan, state)
    _require_name(version)
    because = _reason_in(override_freeze)
    require_plan(place)
    with opened(place) as desk:
        superseding.make_room(desk, version, screen_for(showing))
    with opened(place) as desk, desk.records.lease:
        # What takes long to load comes after the lease: an abort that is typed meanwhile sees that something begins.
        from flightrules import wiring
        from flightrules.cli import driving
        from flightrules.cli.ending import finish

        workshop = wiring.Workshop(desk.records)
        release = _unfinished(desk, version) or _begun(desk, workshop, version, because)
        until = driving.until_held if exit_when_held else driving.to_the_end
        raise finish(driving.drive(desk, workshop, release, screen_for(showing), until), showing)


def _require_name(version: str | None) -> None:
    """Raise `BadInput` for a name without a character: a variable of a script that is empty, most likely."""
    from flightrules.cli.failures import BadInput

    if version is not None and not version.strip():
        raise BadInput("the name of the version is empty", "name it: flight run VERSION")


def _reason_in(override: str | None) -> str:
    """Return why a freeze is overridden; empty where it is not. Raises `BadInput` for a reason without a character."""
    from flightrules.cli.failures import BadInput

    if override is not None and not override.strip():
        raise BadInput("the reason is empty", "say why: flight run VERSION --override-freeze REASON")
    return (override or "").strip()


def _unfinished(desk: Desk, version: str | None) -> Release | None:
    """Return the release to go on with, and say that there is one. Another version than its own is refused."""
    from flightrules.domain.errors import FlightError

    release = desk.records.releases.unfinished()
    if release is None:
        return None
    names = {parts["candidate"]["name"] for parts in release.arguments["services"].values()}
    if version is not None and version not in names:
        raise FlightError(
            f"{release.kind} {release.id} has not ended, so {version} cannot begin",
            "`flight run` without a version goes on with it, `flight abort` takes it back",
        )
    typer.echo(f"Going on with {release.kind} {release.id}.", err=True)
    if _digest(desk.place.plan) != release.plan_digest:
        typer.echo(f"    The plan file has changed since it began; {_COUNTS}.", err=True)
    return release


_COUNTS = "the plan as it was then counts. `flight abort` takes it back; then the new plan can be released"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def _begun(desk: Desk, workshop: Workshop, version: str | None, override_freeze: str) -> Release:
    import asyncio

    from flightrules import actions, identifying
    from flightrules.cli.failures import BadInput

    plan = desk.plan()
    if version is None and plan.version.kind != "git":
        there_are = asyncio.run(identifying.versions_there_are(workshop, plan))
        raise BadInput("which version?", " ".join(filter(None, ("name it: flight run VERSION.", there_are))))
    return asyncio.run(actions.begin_release(workshop, plan, version, actions.who(), override_freeze))
