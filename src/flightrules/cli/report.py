"""`flight report`: what happened in a release, for people and for the record."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flightrules.cli.places import PLAN, JsonOption, Place, PlanOption, StateOption
from flightrules.cli.status import ReleaseArgument

if TYPE_CHECKING:
    from flightrules.cli.desk import Desk
    from flightrules.report.data import ReportData
    from flightrules.state.releases import Release

HtmlOption = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write one self-contained HTML file.")]
MarkdownOption = Annotated[Path | None, typer.Option("--markdown", metavar="FILE", help="Write Markdown to a file.")]


def report(
    release: ReleaseArgument = None,
    html: HtmlOption = None,
    markdown: MarkdownOption = None,
    plan: PlanOption = PLAN,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Report on a release: as Markdown to the terminal, or into files."""
    from flightrules.cli import one_object
    from flightrules.cli.desk import existing
    from flightrules.report.markdown import to_markdown
    from flightrules.views import asking

    with existing(Place.of(plan, state)) as desk:
        chosen = asking.chosen(desk.records, release)
        data = _gathered(desk, chosen)
        as_json = _as_json(desk, chosen) if json else {}
    written = list(_written(data, html, markdown))
    if json:
        one_object.tell({**as_json, "written": written})
    elif written:
        typer.echo("\n".join(f"wrote {file}" for file in written))
    else:
        _print(to_markdown(data))


def _written(data: ReportData, html: Path | None, markdown: Path | None) -> Iterator[str]:
    """Write the files that are asked for; yield the name of each once it is there."""
    from flightrules.report.markdown import to_markdown

    if html is not None:
        from flightrules.report.html import to_html

        yield write(html, to_html(data))
    if markdown is not None:
        yield write(markdown, to_markdown(data))


def _print(text: str) -> None:
    """Print the report: formatted at a terminal, as it is into a pipe; nothing in it can draw on the screen."""
    from flightrules.cli.clean import harmless

    text = "\n".join(harmless(line) for line in text.split("\n"))
    if not sys.stdout.isatty():
        typer.echo(text, nl=False)
        return
    from rich.markdown import Markdown

    from flightrules.cli.screens import drawing_console

    drawing_console().print(Markdown(text))


def _gathered(desk: Desk, release: Release) -> ReportData:
    from flightrules.report.gathering import gather

    entries, looks = desk.records.ledger.entries(release.id), desk.records.observations.of(release.id)
    increments = desk.records.increments.of(release.id)
    return gather(release, entries, looks, desk.plan_to_look_at(release), increments)


def _as_json(desk: Desk, release: Release) -> dict[str, Any]:
    from flightrules.views import asking
    from flightrules.views.as_json import to_json

    view = asking.release_view(desk.records, desk.plan_to_look_at, release.id)
    number, head = desk.records.ledger.head()
    return {**to_json(view), "ledger": {"entries": number, "hash": head}}


def write(file: Path, text: str) -> str:
    """Write `text` to `file`, and return its name. Raises `BadInput` where it cannot be written."""
    from flightrules.cli.failures import BadInput

    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"{file} cannot be written: {(error.strerror or str(error)).lower()}", "name another file"
        ) from error
    return str(file)
