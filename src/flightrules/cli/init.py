"""`flight init`: a few questions, and a plan that runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from flightrules.cli.places import PLAN, PlanOption

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take what fits best.")]
StartOption = Annotated[
    str | None,
    typer.Option("--start", metavar="COMMAND", help="How the service starts; it listens on $PORT."),
]
HealthOption = Annotated[
    str | None, typer.Option("--health", metavar="PATH", help="The path that answers 200 when the service can serve.")
]
ListenOption = Annotated[
    str | None, typer.Option("--listen", metavar="HOST:PORT", help="Where users reach the service.")
]


def init(
    yes: YesOption = False,
    start: StartOption = None,
    health: HealthOption = None,
    listen: ListenOption = None,
    plan: PlanOption = PLAN,
) -> None:
    """Ask a few questions, and write a plan that runs. A file that is there already is never overwritten."""
    import os

    from flightrules import plan_file
    from flightrules.cli import first_plan

    first_plan.refuse_to_overwrite(plan)
    ask = first_plan.take_default if yes else first_plan.ask
    answers = first_plan.Answers(
        name=_name(plan.absolute().parent),
        version_from=first_plan.version_from(plan.absolute().parent),
        start=start or ask("How does the service start? It listens on $PORT", "python3 app.py --port $PORT"),
        health=health or ask("Which path answers 200 when it can serve?", "/health"),
        listen=listen or ask("Where do users reach it?", "127.0.0.1:8080"),
    )
    text = first_plan.text(answers)
    plan_file.load_text(text, str(plan), plan.absolute().parent, os.environ)  # what it writes must be right
    first_plan.write(plan, text)
    typer.echo(f"Wrote {plan}. Read it, then: flight check, and {first_plan.first_run(answers)}")


def _name(folder: Path) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", folder.name).strip("-._") or "service"
