"""`flight init`: a few questions, and a plan that runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from flightrules.cli.places import PLAN, JsonOption, PlanOption

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
    json: JsonOption = False,
) -> None:
    """Ask a few questions, and write a plan that runs. A file that is there already is never overwritten."""
    import os

    from flightrules import plan_file
    from flightrules.cli import first_plan, first_questions

    first_plan.refuse_to_overwrite(plan)
    folder = plan.absolute().parent
    answers = first_questions.answered(
        first_plan.Answers(name=_name(folder), version_from=first_plan.version_from(folder)),
        {"start": start, "health": health, "listen": listen},
        first_questions.suggested_is_fine if yes else first_questions.ask_at_the_terminal,
    )
    text = first_plan.text(answers)
    plan_file.load_text(text, str(plan), folder, os.environ)  # what it writes must be right
    first_plan.write(plan, text)
    _tell(plan, ["flight check", first_plan.first_run(answers)], first_plan.doubts(answers, folder), json)


def _tell(plan: Path, following: list[str], doubts: list[str], json: bool) -> None:
    from flightrules.cli import one_object

    if json:
        one_object.tell({"written": str(plan), "next": following, "warnings": doubts})
    else:
        for doubt in doubts:
            typer.echo(f"warning: {doubt}", err=True)
        typer.echo(f"Wrote {plan}. Read it, then: {', and '.join(following)}")


def _name(folder: Path) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", folder.name).strip("-._") or "service"
