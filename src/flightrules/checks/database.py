"""A database of the plan: that it answers, that what its kind knows to ask of it holds, and every check of its data.

A check of this kind cannot be asked by itself: the release has the databases, and asks them in its phases
(`phases/database_checks.py`). This declares what a plan may say of it, and says so to whoever asks it alone.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.ports.options import database_of_kind

MAIN = "database"
WITHIN = 60.0
VALUES = {"time": Unit.SECONDS}
OPEN = False
EXPECTED: tuple[str, ...] = ()
OF_WHAT_SERVES = True


class Options(BaseModel):
    """Which database."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: Annotated[
        str, Field(min_length=1, description="A database of the plan", json_schema_extra=database_of_kind())
    ]


def create(options: Options, tools: Tools) -> DatabaseCheck:
    """Return a check that says that nothing was asked."""
    return DatabaseCheck()


class DatabaseCheck:
    """Stands where only a release can ask."""

    async def look(self) -> Found:
        """Return that nothing was asked."""
        return Found("only a release asks the databases of a plan, and this is none", verdict=Verdict.UNREACHABLE)
