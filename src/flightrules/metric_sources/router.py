"""The metrics that every router supplies by itself: `error_rate`, `availability`, `request_rate`, `p50`, `p95`, `p99`.

They need no entry in the plan. One is made to say over what time and from how many requests they are read;
that holds for all of them. This source passes the counters on; what follows from them is the domain's.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from flightrules.domain.errors import NotSupportedYet, RouterUnreachable, SourceUnreachable
from flightrules.domain.plan import TRAFFIC_METRICS, Unit
from flightrules.domain.verdict import Sample
from flightrules.ports.metric_source import Question
from flightrules.ports.options import Duration
from flightrules.ports.router import Router


class Options(BaseModel):
    """Over what the traffic metrics are read; the same for all of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    over: Annotated[
        Duration | None, Field(description="Over how much time they are read at a look; 10s where no metric says")
    ] = None
    enough: Annotated[
        int | None, Field(ge=1, description="How many requests a figure needs; 20 where no metric says")
    ] = None


def unit_of(name: str, options: Options) -> Unit | None:
    """Return the unit of the metric; None where a router does not count it."""
    return TRAFFIC_METRICS.get(name)


def create(options: Options, *, name: str, router: Router, **unused: Any) -> RouterSource:
    """Return the source. `name` is a traffic metric, or `traffic` for all of them."""
    if name not in TRAFFIC_METRICS and name != "traffic":
        raise NotSupportedYet(
            f"a router does not count `{name}`",
            f"take one of {', '.join(TRAFFIC_METRICS)}, or another source",
        )
    return RouterSource(router)


class RouterSource:
    """Reads the counters of a service's router."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def read(self, question: Question) -> Sample:
        """Return the counters of the versions in question; a version that the router does not know is left out."""
        try:
            counted = await self._router.counters()
        except RouterUnreachable as error:
            raise SourceUnreachable(error.what, error.do) from error
        asked = {version.key for version in question.versions.values()}
        return {key: counters for key, counters in counted.items() if key in asked}
