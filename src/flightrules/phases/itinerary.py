"""The way through the stages: from each to the next, and back where the plan or a person says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flightrules.domain.endings import StageOrder, visit_name
from flightrules.domain.plan import Stage
from flightrules.engine.run import Run
from flightrules.phases.watching import Watching


@dataclass(frozen=True)
class Visit:
    """One stay at a stage; after stepping back a stage is visited again."""

    number: int
    stage: Stage
    itinerary: Itinerary

    @property
    def name(self) -> str:
        """How steps of this visit are named."""
        return visit_name(self.number, self.stage)


@dataclass(frozen=True)
class Itinerary:
    """The visits of a release, and the eyes that watch them."""

    order: StageOrder
    watching: Watching

    def __iter__(self) -> Iterator[Visit]:
        for number, stage in enumerate(self.order, 1):
            yield Visit(number, stage, self)


def itinerary(run: Run) -> Itinerary:
    """Return the way through the stages, and begin to watch.

    Where no service has a stable version nothing can share the traffic: a first release goes to its last stage at
    once. A service that is new beside others gets all of its own traffic from the first stage on.
    """
    compared = any(service.stable is not None for service in run.services)
    order = StageOrder(run.plan.stages if compared else run.plan.stages[-1:])
    watching = Watching(run, order)
    run.watch = watching.go_on
    return Itinerary(order, watching)
