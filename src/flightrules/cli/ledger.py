"""`flight ledger`: verify, export and show the record."""

from __future__ import annotations

from typing import Annotated

import typer

from flightrules.cli.exits import Exit
from flightrules.cli.failures import guarded
from flightrules.cli.places import PLAN, JsonOption, Place, PlanOption, StateOption

app = typer.Typer(
    help="The record that nobody can quietly change: verify, export, show.", no_args_is_help=True, rich_markup_mode=None
)

ReleaseOption = Annotated[
    str | None, typer.Option("--release", metavar="RELEASE", help="Only this release; by default all.")
]
KnownOption = Annotated[
    list[str] | None,
    typer.Option(
        "--known",
        metavar="NUMBER:HASH",
        help="A hash that was written down elsewhere, such as in a report. May be given several times.",
    ),
]


@guarded
def verify(
    known: KnownOption = None, plan: PlanOption = PLAN, state: StateOption = None, json: JsonOption = False
) -> None:
    """Find anything that was changed, removed or added afterwards. Exits with 1 where something was."""
    from flightrules.cli import one_object
    from flightrules.cli.clean import clean
    from flightrules.cli.desk import existing

    with existing(Place.of(plan, state)) as desk:
        flaws = desk.records.ledger.verify([_known(each) for each in known or []])
        number, head = desk.records.ledger.head()
    status = Exit.ROLLED_BACK if flaws else Exit.DONE
    if json:
        told = [{"number": flaw.number, "what": flaw.what} for flaw in flaws]
        one_object.tell({"entries": number, "hash": head, "flaws": told}, status)
    elif not flaws:
        typer.echo(f"{number} entries, none changed, removed or added; the last hash is {head}")
    for flaw in () if json else flaws:
        typer.echo(clean(str(flaw)))
    raise typer.Exit(status)


def _known(text: str) -> tuple[int, str]:
    from flightrules.cli.failures import BadInput

    number, _, known = text.partition(":")
    if not number.isdigit() or not known:
        raise BadInput(f"`{text}` is not a number and a hash", "write for example --known 120:4f2a…")
    return int(number), known.lower()


@guarded
def export(
    release: ReleaseOption = None, plan: PlanOption = PLAN, state: StateOption = None, json: JsonOption = False
) -> None:
    """Print every entry as a CloudEvent, one JSON object a line."""
    import json as encoder

    from flightrules.cli import one_object
    from flightrules.cli.desk import existing

    with existing(Place.of(plan, state)) as desk:
        if release is not None:
            desk.records.releases.get(release)
        events = desk.records.ledger.export(release)
        if json:
            one_object.tell({"entries": list(events)})
            return
        for event in events:
            typer.echo(encoder.dumps(event, ensure_ascii=False))


@guarded
def show(
    release: ReleaseOption = None, plan: PlanOption = PLAN, state: StateOption = None, json: JsonOption = False
) -> None:
    """Print what happened, one event a line, in plain words."""
    from flightrules.cli import one_object
    from flightrules.cli.clean import clean
    from flightrules.cli.desk import existing
    from flightrules.cli.drawing.style import to_the_second
    from flightrules.views import asking
    from flightrules.views.as_json import to_json

    with existing(Place.of(plan, state)) as desk:
        told = asking.told(desk.records, release)
        if json:
            one_object.tell({"events": [to_json(event) for event in told]})
            return
        for event in told:
            typer.echo(f"{event.number:>6}  {to_the_second(event.at)}  {clean(event.actor):<10}  {clean(event.text)}")


for _command in (verify, export, show):
    app.command()(_command)
