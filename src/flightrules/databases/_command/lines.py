"""Runs a shell line of the team about a database, and says in words how it failed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flightrules.databases._complaints import complaint
from flightrules.domain.errors import DatabaseFailed
from flightrules.domain.figures import duration
from flightrules.ports.commands import Command, Commands

LAST_LINES = 20
WHOLE = "(all)"
_WHOLE_ANSWER = f"""( {{}}
) >"$ANSWER_FILE"; ended=$?
[ $ended -eq 0 ] || {{{{ tail -n {LAST_LINES} "$ANSWER_FILE"; exit $ended; }}}}
printf '\\n%s' '{WHOLE}' >>"$ANSWER_FILE"
"""
"""A line in a shell of its own, so that it may say `exit`; where it fails, what it printed is among its last words."""


@dataclass(frozen=True)
class Lines:
    """The lines of the database that the plan calls `name`, run in `folder`, each for at most `within` seconds.

    `work` is a folder of our own.
    """

    name: str
    folder: Path
    work: Path
    within: float
    commands: Commands
    environment: Mapping[str, str]

    async def printed(self, what: str, line: str, **known: str) -> tuple[str, ...]:
        """Run a line to its end; return every line of its answer, of which `run` keeps the last ones.

        The last thing that is written is a mark: an answer that a full disk cut off lacks it.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        answer = self.work / f"{what}.answer"
        try:
            await self.run(what, _WHOLE_ANSWER.format(line), ANSWER_FILE=str(answer), **known)
            *lines, last = (await asyncio.to_thread(answer.read_text, errors="replace")).split("\n")
        finally:
            answer.unlink(missing_ok=True)
        if last != WHOLE:
            raise DatabaseFailed(
                f"the answer of `{what}` of database {self.name} could not be written whole into {self.work}",
                "Make room or mend the disk, and try again.",
                ended=False,
            )
        return tuple(lines)

    async def run(self, what: str, line: str, **known: str) -> tuple[str, ...]:
        """Run a line to its end; return what it printed. `known` are variables.

        Raises `DatabaseFailed`; `details["ended"]` says whether it came to an end by itself.
        """
        ended = await self.commands.run(
            Command(f"database-{self.name}-{what}", line, str(self.folder), self.within, {**self.environment, **known})
        )
        if ended.status == 0:
            return ended.output
        log = [self._without_secrets(said) for said in ended.output[-LAST_LINES:]]
        how = f"took longer than {duration(self.within)} and was ended"
        if ended.status is not None:
            how = f"ended with status {ended.status}: {complaint(log)}"
        raise DatabaseFailed(
            f"`{what}` of database {self.name} {how}", "Mend what its last lines say, and try again.", log=log,
            ended=ended.status is not None,
        )  # fmt: skip

    def _without_secrets(self, line: str) -> str:
        for value in self.environment.values():
            line = line.replace(value, "…") if len(value) > 3 else line
        return line
