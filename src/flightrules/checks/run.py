"""A command of the team: its exit status, how long it took, and what it printed.

What it prints on its standard output is looked into where the plan expects something of it: as JSON, or by the named
groups of a regular expression. It gets no terminal and nothing to read, and nothing of it is running afterwards. The
`${NAME}` in its line are put in by the shell.
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from flightrules.checks._searching import LONGEST, TooSlow, last_match
from flightrules.domain import unset
from flightrules.domain.figures import duration
from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.ports.commands import Command, CommandResult
from flightrules.ports.options import SHELL, Secret

MAIN = "run"
WITHIN = 600.0
VALUES = {"exit_status": Unit.NUMBER, "time": Unit.SECONDS, "lines": Unit.NUMBER}
OPEN = True
EXPECTED = ("exit_status = 0",)
OF_WHAT_SERVES = True
YIELDS = True

ANSWER_LIMIT = 4 << 20
"""Bytes of the standard output that are looked into; a longer one is none that can be."""


def _is_pattern(pattern: str) -> str:
    try:
        groups = re.compile(pattern, re.MULTILINE).groupindex
    except re.error as error:
        raise ValueError(f"`{pattern}` is no regular expression: {error}") from error
    if not groups:
        raise ValueError(f"`{pattern}` must name at least one group; write for example `(?P<passed>[0-9]+) passed`")
    return pattern


class Options(BaseModel):
    """The command, and how its output is looked into."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: Annotated[
        str, Field(min_length=1, description="A shell line; it passes with exit status 0", json_schema_extra=SHELL)
    ]
    directory: Annotated[
        str, Field(min_length=1, description="Where it runs; the plan's folder if nothing is said")
    ] = "."
    environment: Annotated[dict[str, Secret], Field(description="Further environment variables")] = {}
    match: Annotated[
        str | None,
        AfterValidator(_is_pattern),
        Field(description="A regular expression; its named groups become values for `expect`, the last match counts"),
    ] = None


def create(options: Options, tools: Tools) -> RunCheck:
    """Return the check."""
    return RunCheck(options, tools)


@dataclass(frozen=True)
class RunCheck:
    """Runs the command once."""

    options: Options
    tools: Tools
    keeps_time = True

    async def look(self) -> Found:
        """Return how it ended and the values in its output. Raises `VariableNotSet`."""
        unset.refuse(self.tools.environment.values(), f"ask: {self.options.run}")
        folder = self.tools.plan_folder / self.options.directory
        if not folder.is_dir():
            return Found(f"there is no folder {self.options.directory} to run it in", verdict=Verdict.UNREACHABLE)
        ended = await self.tools.commands.run(self._command(folder))
        values = {"time": round(ended.seconds, 3), "lines": len((ended.answer or "").splitlines())}
        if ended.status is None:
            return Found(f"took longer than {duration(self.tools.within)} and was ended", values, ended.output,
                         verdict=Verdict.FAIL)  # fmt: skip
        if ended.status < 0:
            return Found(f"was ended by signal {_signal(-ended.status)}", values, ended.output, verdict=Verdict.FAIL)
        try:
            printed = await self._printed(ended)
        except TooSlow:
            says = f"what it printed could not be looked through for {self.options.match} within {duration(LONGEST)}"
            return Found(says, values, ended.output, verdict=Verdict.UNREACHABLE)
        return Found(
            f"exit status {ended.status}",
            {**printed, **values, "exit_status": ended.status},
            ended.output,
            {"exit_status": ended.status},
        )

    def _command(self, folder: Path) -> Command:
        secrets = {name: value.get_secret_value() for name, value in self.options.environment.items()}
        environment = {**self.tools.environment, "VERSION": self.tools.candidate, **secrets}
        return Command(
            self.tools.name, self.options.run, str(folder), self.tools.within, environment, answer_limit=ANSWER_LIMIT
        )

    async def _printed(self, ended: CommandResult) -> Mapping[str, Any]:
        if ended.answer is None:
            return {}
        if self.options.match is not None:
            groups = await last_match(self.options.match, ended.answer) or {}
            return {name: _number(value) for name, value in groups.items() if value is not None}
        try:
            said = json.loads(ended.answer)
        except (ValueError, RecursionError):
            return {}
        return said if isinstance(said, dict) else {"json": said}


def _number(text: str) -> float | str:
    plain = text.replace(",", "").replace("_", "")
    return float(plain) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", plain) else text


def _signal(number: int) -> str:
    try:
        return f"{number} ({signal.Signals(number).name})"
    except ValueError:
        return str(number)
