"""A metric of the plan, read once: of what serves now in a gate, of the candidate in `verify`.

A check of this kind cannot be asked by itself: the release has the sources, and reads them in its phases
(`phases/metric_checks.py`). This declares what a plan may say of it, and says so to whoever asks it alone. What takes
more than one look (growth, `for`, a multiple of the baseline) is for the rules.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools

MAIN = "metric"
WITHIN = 60.0
VALUES: dict[str, Unit] = {}
OPEN = False
EXPECTED: tuple[str, ...] = ()
OF_WHAT_SERVES = True


class Options(BaseModel):
    """The condition."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: Annotated[str, Field(min_length=1, description="A condition such as `cache_hit_rate > 80%`")]


def create(options: Options, tools: Tools) -> MetricCheck:
    """Return a check that says that nothing was read."""
    return MetricCheck()


def needs_service(options: Options) -> bool:
    """Return that it is always about a service: each has its own readings."""
    return True


class MetricCheck:
    """Stands where only a release can read."""

    async def look(self) -> Found:
        """Return that nothing was read."""
        return Found("only a release reads the metrics of a plan, and this is none", verdict=Verdict.UNREACHABLE)
