"""The first plan of a team: short, complete, and careful by default."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from flightrules.cli.failures import BadInput

TEMPLATE = """\
# What was agreed before the release. `flight check` says what it will do, `flight schema` helps your editor.
plan: {name}
version: {{from: {version_from}}}            # flight run {example}

services:
  web:
    target:
      kind: local                        # processes on this machine
      start: {start}
      health: {{http: {health}, within: 30s}}
    traffic:
      kind: envoy
      listen: {listen}
      health: {health}
      sticky: true                       # a user stays with the version that they saw first

metrics:
  memory: {{from: target}}

stages:                                  # short at first; make them as long as you need to notice what is wrong
  - {{stage: canary,  traffic: 5%,   hold: 2m, look: every 5s, pass: error_rate < 1%, fail: roll back}}
  - {{stage: quarter, traffic: 25%,  hold: 5m, look: every 5s, pass: error_rate < 1%, fail: roll back}}
  - {{stage: full,    traffic: 100%, hold: 5m, look: every 5s, pass: error_rate < 1%, fail: roll back}}

rules:                                   # stand during the whole release
  - {{if: error_rate > 5% for 15s,      then: roll back}}
  - {{if: p95 > 5x baseline for 1m,     then: roll back}}
"""


@dataclass(frozen=True)
class Answers:
    """What a first plan needs to know, and what is suggested. `version_from` is `git` or `argument`."""

    name: str
    version_from: str
    start: str = "python3 app.py --port $PORT"
    health: str = "/health"
    listen: str = "127.0.0.1:8080"


def text(answers: Answers) -> str:
    """Return the plan. Every answer stands in it as one quoted scalar, whatever characters it has."""
    return TEMPLATE.format(
        name=json.dumps(answers.name),
        version_from=answers.version_from,
        example="HEAD" if answers.version_from == "git" else "v1",
        start=json.dumps(answers.start, ensure_ascii=False),
        health=json.dumps(answers.health, ensure_ascii=False),
        listen=json.dumps(answers.listen),
    )


def version_from(folder: Path) -> str:
    """Return `git` inside a git repository, `argument` elsewhere: the folder as it is then, under a name."""
    return "git" if any((parent / ".git").exists() for parent in (folder, *folder.parents)) else "argument"


def first_run(answers: Answers) -> str:
    """Return the command for the first release."""
    return "flight run" if answers.version_from == "git" else "flight run v1"


def doubts(answers: Answers, folder: Path) -> list[str]:
    """Return what is most likely wrong in a plan that is right as far as anybody can tell from the plan alone.

    A start command need not name the port where a file in `folder` that it names asks for it by itself.
    """
    if "$PORT" in answers.start or any(_asks_for_the_port(folder / word) for word in answers.start.split()):
        return []
    return [
        "the start command does not name $PORT: does it listen on $PORT? Two versions run side by side, each on a port"
        " of its own, which is in that variable"
    ]


def _asks_for_the_port(file: Path) -> bool:
    try:
        return "PORT" in file.read_text(encoding="utf-8") if file.is_file() else False
    except (OSError, UnicodeDecodeError):
        return False


def refuse_to_overwrite(file: Path) -> None:
    """Raise `BadInput` where there is a file already, or no folder for one."""
    if file.exists():
        raise BadInput(f"{file} is there already", "remove it first, or name another file with --plan FILE")
    if not file.absolute().parent.is_dir():
        raise BadInput(f"there is no folder {file.parent}", "make it first, or name another --plan FILE")


def write(file: Path, content: str) -> None:
    """Write the file; one that came to be there in the meantime is not overwritten either."""
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(content)
    except FileExistsError:
        refuse_to_overwrite(file)
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {(error.strerror or str(error)).lower()}", "name another") from error
