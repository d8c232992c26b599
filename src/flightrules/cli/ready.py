"""`flight ready`: how ready a version is, what is missing first. Nothing is touched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flightrules.cli.places import PLAN, JsonOption, Place, PlanOption, StateOption
from flightrules.cli.report import HtmlOption, MarkdownOption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flightrules.cli.desk import Desk
    from flightrules.domain.check_results import CheckResult
    from flightrules.domain.plan import Plan
    from flightrules.report.readiness import Assessed

VersionArgument = Annotated[
    str | None, typer.Argument(metavar="VERSION", help="Which version; of git the present commit if not said.")
]
BadgeOption = Annotated[Path | None, typer.Option("--badge", metavar="FILE", help="Write a small picture (SVG).")]


def ready(
    version: VersionArgument = None,
    html: HtmlOption = None,
    markdown: MarkdownOption = None,
    badge: BadgeOption = None,
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Ask every gate about a version: its score of 100, go or no-go, and what is missing. Nothing is touched."""
    from flightrules.cli.desk import opened, require_plan
    from flightrules.cli.exits import Exit

    place = Place.of(plan, state)
    require_plan(place)
    with opened(place) as desk:
        loaded = desk.plan()
        assessed = _assessed(desk, loaded, version, quiet=json)
        written = list(_written(assessed, html, markdown, badge))
    status = Exit.DONE if assessed.ready.go else Exit.GATES_CLOSED
    if json:
        from flightrules.cli import one_object
        from flightrules.phases.readiness import as_data

        more = {"version": assessed.version, "approvals": list(assessed.approvals), "written": written}
        one_object.tell({**as_data(assessed.ready), **more}, status)
    else:
        _show(assessed)
        for file in written:
            typer.echo(f"wrote {file}")
    raise typer.Exit(status)


def _assessed(desk: Desk, plan: Plan, version: str | None, *, quiet: bool) -> Assessed:
    import asyncio

    from flightrules import actions, assessing, wiring
    from flightrules.report.readiness import Assessed
    from flightrules.views.plan_view import approval_words

    if not plan.gates:
        from flightrules.domain.errors import FlightError

        raise FlightError("the plan has no gates, so nothing says when a version is ready", "write `gates:` into it")
    workshop = wiring.Workshop.to_look_around(desk.records)
    told = _silent if quiet else _tell
    identified, ready = asyncio.run(assessing.assess(workshop, plan, version, actions.who(), told))
    return Assessed(plan.name, str(identified), ready, [approval_words(each) for each in plan.approvals])


def _silent(gate: str, result: CheckResult) -> None:
    """Say nothing: one JSON object is all that is printed."""


def _tell(gate: str, result: CheckResult) -> None:
    """Print a result as it comes: who waits sees what is asked."""
    from flightrules.cli.clean import clean

    mark = "✓" if result.passed else "·" if result.excused else "✗"
    said = "" if result.passed else f": {result.says}"
    why = f" ({result.excused})" if result.excused and result.excused != result.says else ""
    typer.echo(clean(f"  {mark} {gate}: {result.check}{said}{why}"), err=True)


def _show(assessed: Assessed) -> None:
    from flightrules.cli.clean import clean

    for line in _lines(assessed):
        typer.echo(clean(line))


def _lines(assessed: Assessed) -> Iterator[str]:
    ready = assessed.ready
    yield ""
    yield f"{assessed.plan}: {assessed.headline}"
    if ready.blocking:
        yield ""
        yield "Missing:"
        yield from (f"  {gate}: {each.check}: {each.says}" for gate, each in ready.blocking)
    if ready.lacking:
        yield ""
        yield "May be missing:"
        yield from (f"  {gate}: {each.check}: {each.excused}" for gate, each in ready.lacking)
    if assessed.approvals:
        yield ""
        yield "A release will wait for the approval of:"
        yield from (f"  {each}" for each in assessed.approvals)
    yield ""
    width = max(len(each.name) for each in ready.categories)
    for each in ready.categories:
        score = "—" if each.score is None else f"{each.score:.0f}"
        passed = f"{sum(result.passed for result in each.applicable)} of {len(each.applicable)} passed"
        weight = f", counts {each.weight:g}" if each.weight != 1 else ""
        yield f"  {each.name:<{width}}  {score:>3}  {passed}{weight}"


def _written(assessed: Assessed, html: Path | None, markdown: Path | None, badge: Path | None) -> Iterator[str]:
    """Write the files that are asked for; yield the name of each once it is there."""
    from flightrules.cli.report import write
    from flightrules.report import readiness

    for file, made in ((html, readiness.to_html), (markdown, readiness.to_markdown), (badge, readiness.to_badge)):
        if file is not None:
            yield write(file, made(assessed))
