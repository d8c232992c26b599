"""Commands of the team: a shell line with a time limit, and nothing left running afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Command:
    """A shell line. `name` is unique in the state: what an earlier process left running under it is ended first.

    `within` is in seconds; `environment` is added to that of `flight`. With an `answer_limit` its standard output is
    kept apart, up to so many bytes.
    """

    name: str
    line: str
    folder: str
    within: float
    environment: Mapping[str, str] = field(default_factory=dict)
    answer_limit: int = 0


@dataclass(frozen=True)
class CommandResult:
    """How it ended: `status` is None when the time limit ended it, negative when a signal did.

    `output` has the last lines of all that it printed. `answer` is its standard output, None where that was not asked
    for or was longer than the limit.
    """

    status: int | None
    output: tuple[str, ...]
    seconds: float
    answer: str | None = None


class Commands(Protocol):
    """Runs commands."""

    async def run(self, command: Command) -> CommandResult:
        """Run `command` to its end; cancelling ends it with all its children and waits until they are gone."""
