"""Secrets in the files of the release: what detect-secrets finds there, told by place and kind and never by itself.

It looks at what git tracks, or at all files where there is no repository, in a process of its own that can be ended at
any moment. Nothing is sent anywhere to see whether it still works.
"""

from __future__ import annotations

import importlib.util
import json
import shlex
import sys
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from flightrules.checks._secrets.scan import Scan
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.figures import duration
from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.ports.commands import Command, CommandResult

MAIN = "secrets"
WITHIN = 300.0
VALUES = {"secrets": Unit.NUMBER, "files": Unit.NUMBER}
OPEN = False
EXPECTED = ("secrets = 0",)

MOST_TOLD = 100
"""So many findings are told; all are counted."""

ANSWER_LIMIT = 16 << 20


class Options(BaseModel):
    """Where it looks, and what is known there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secrets: Annotated[str, Field(min_length=1, description="The folder, beside the plan; `.` is that of the plan")]
    exclude: Annotated[
        tuple[str, ...], Field(description="Files that are not looked into, such as `tests/data/*` or `*.lock`")
    ] = ()
    baseline: Annotated[
        str | None,
        Field(min_length=1, description="A file of findings that somebody looked at, as detect-secrets writes it"),
    ] = None


def create(options: Options, tools: Tools) -> SecretsCheck:
    """Return the check."""
    return SecretsCheck(options, tools)


def missing() -> str:
    """Return what has to be installed before files can be looked through; empty where nothing has."""
    if importlib.util.find_spec("detect_secrets") is None:
        return "detect-secrets is not installed; run: pip install 'flightrules[secrets]'"
    return ""


@dataclass(frozen=True)
class SecretsCheck:
    """Looks through the files once."""

    options: Options
    tools: Tools
    keeps_time = True

    async def look(self) -> Found:
        """Return what was found. Raises `SourceUnreachable` where it cannot look."""
        if lacking := missing():
            raise SourceUnreachable(lacking)
        if not (self.tools.plan_folder / self.options.secrets).is_dir():
            raise SourceUnreachable(f"there is no folder {self.options.secrets} to look through")
        if self.options.baseline and not (self.tools.plan_folder / self.options.baseline).is_file():
            raise SourceUnreachable(f"there is no baseline {self.options.baseline}")
        ended = await self.tools.commands.run(self._command())
        if ended.status is None:
            late = f"it took longer than {duration(self.tools.within)} and was ended"
            return Found(late, output=ended.output, verdict=Verdict.UNREACHABLE)
        scan = _told(ended)
        if scan is None or scan.trouble:
            why = scan.trouble if scan else "the scanner broke"
            return Found(why, output=() if scan else ended.output, verdict=Verdict.UNREACHABLE)
        return _found(scan)

    def _command(self) -> Command:
        folder = self.tools.plan_folder.absolute()
        baseline = str(folder / self.options.baseline) if self.options.baseline else ""
        words = [str(folder / self.options.secrets), baseline, *self.options.exclude]
        line = shlex.join([sys.executable, "-P", "-m", "flightrules.checks._secrets.scan", *words])
        return Command(self.tools.name, line, str(folder), self.tools.within, answer_limit=ANSWER_LIMIT)


def _told(ended: CommandResult) -> Scan | None:
    """Return what the scanner printed; None where it broke."""
    if ended.status != 0 or not ended.answer:
        return None
    try:
        return Scan(**json.loads(ended.answer))
    except (ValueError, TypeError):
        return None


def _found(scan: Scan) -> Found:
    found = scan.findings
    told = [f"{file}:{line}: {kind}" for file, line, kind in found[:MOST_TOLD]]
    further = [f"and {len(found) - MOST_TOLD} more"] if len(found) > MOST_TOLD else []
    says = f"{_counted(len(found), 'secret')} in {_counted(scan.files, 'file')}"
    says += f", {scan.known} known from the baseline" if scan.known else ""
    says += f", {_counted(scan.too_large, 'file')} too large to look into" if scan.too_large else ""
    evidence = {"secrets": len(found), "files": scan.files, "known": scan.known, "too_large": scan.too_large}
    return Found(says, {"secrets": len(found), "files": scan.files}, (*told, *further), evidence)


def _counted(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'s'[: number != 1]}"
