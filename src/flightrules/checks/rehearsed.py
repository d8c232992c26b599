"""A rehearsal, or a drill, that went as agreed: how long ago it was, of which version.

What was rehearsed stands in the record of the state, where `flight rehearse` and `flight drill` put it; a release reads
it in its phases (`phases/rehearsal_checks.py`). This declares what a plan may say of it, and says so to whoever asks it
alone. A rehearsal asks for no rehearsal.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.ports.options import Duration

MAIN = "what"
WITHIN = 60.0
VALUES = {"age": Unit.SECONDS}
OPEN = False
EXPECTED: tuple[str, ...] = ()


class What(StrEnum):
    """What has to have been rehearsed."""

    WAY_BACK = "way back"
    """Any way back: a drill, or a rehearsal that was called back."""
    RELEASE = "release"
    """The whole plan, to its end."""
    CODE = "code"
    DATABASE = "database"
    SERVICE = "service"
    SHUTDOWN = "shutdown"


class Options(BaseModel):
    """What was rehearsed, and how lately."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: Annotated[
        What,
        Field(description="`way back` (any), `release`, or the drill: `code`, `database`, `service`, `shutdown`"),
    ] = What.WAY_BACK
    within: Annotated[Duration, Field(gt=0, description="How long ago it was at most")] = 30 * 86_400.0
    this_version: Annotated[bool, Field(description="Whether it has to be of the version that is released")] = False


def create(options: Options, tools: Tools) -> NobodyAsked:
    """Return a check that says that the record was not read."""
    return NobodyAsked()


class NobodyAsked:
    """Stands where only a release can read."""

    async def look(self) -> Found:
        """Return that the record was not read."""
        return Found("only a release reads the record of rehearsals, and this is none", verdict=Verdict.UNREACHABLE)
