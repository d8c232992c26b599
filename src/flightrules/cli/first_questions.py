"""What a first plan asks: each question until its answer makes a plan that can be carried out.

The plan itself is the judge of an answer, so nothing here knows what an address or a path looks like.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from flightrules.cli import first_plan
from flightrules.cli.clean import clean
from flightrules.cli.failures import BadInput
from flightrules.cli.first_plan import Answers
from flightrules.plan_file.problems import PlanProblems


@dataclass(frozen=True)
class Question:
    """What is asked for a field of `Answers`, and the option that answers it without asking."""

    field: str
    option: str
    words: str


QUESTIONS = (
    Question("start", "--start", "How does the service start? It listens on $PORT"),
    Question("health", "--health", "Which path answers 200 when it can serve?"),
    Question("listen", "--listen", "Where do users reach it?"),
)

Ask = Callable[[Question, Answers], Answers]
"""Returns the answers with that of one more question."""


def answered(suggested: Answers, given: Mapping[str, str | None], ask: Ask) -> Answers:
    """Return the answers: those `given` by option, the others by `ask`. Raises `BadInput`."""
    answers = suggested
    for question in QUESTIONS:
        option = given[question.field]
        answers = ask(question, answers) if option is None else _taken(question, option, answers)
    return answers


def _taken(question: Question, option: str, answers: Answers) -> Answers:
    answers = replace(answers, **{question.field: option.strip()})
    wrong = wrong_with(answers)
    if wrong is not None:
        raise BadInput(f"{question.option}: {wrong[0]}", wrong[1])
    return answers


def suggested_is_fine(question: Question, answers: Answers) -> Answers:
    """Ask nobody: what is suggested is taken."""
    return answers


def ask_at_the_terminal(question: Question, answers: Answers) -> Answers:
    """Ask the person at the terminal, again and again until the answer is right. Raises `BadInput` where input ends."""
    while True:
        replied = replace(answers, **{question.field: _reply(question, answers)})
        wrong = wrong_with(replied)
        if wrong is None:
            return replied
        for line in wrong:
            typer.echo(f"    {clean(line)}", err=True)


def _reply(question: Question, answers: Answers) -> str:
    try:
        return str(typer.prompt(question.words, default=getattr(answers, question.field), err=True)).strip()
    except typer.Abort:
        typer.echo("", err=True)
        options = " ".join(f"{each.option} …" for each in QUESTIONS)
        raise BadInput(
            f"`{question.words}` was not answered, and nothing was written",
            f"answer by options: flight init {options}; --yes takes what fits best for the others",
        ) from None


def wrong_with(answers: Answers) -> tuple[str, ...] | None:
    """Return what is wrong with the plan of these answers, and what to write instead; None when it is right."""
    from flightrules import plan_file

    try:
        plan_file.load_text(first_plan.text(answers), "flight.yaml", Path(), os.environ)
    except PlanProblems as wrong:
        return wrong.problems[0].what, wrong.problems[0].hint
    return None
