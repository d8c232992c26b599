"""The way through the stages: from each to the next, and back where the plan or a person says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

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
        return f"stages/{self.number}-{self.stage.name}"


@dataclass
class Itinerary:
    """The stages in the order in which they are really visited."""

    stages: tuple[Stage, ...]
    watching: Watching
    at: int = 0
    failed: set[str] = field(default_factory=set)
    """Stages that already sent the release a stage back once."""

    def __iter__(self) -> Iterator[Visit]:
        number = 0
        while self.at < len(self.stages):
            number += 1
            stage = self.stages[self.at]
            self.at += 1
            yield Visit(number, stage, self)

    def earlier(self, stage: Stage) -> tuple[str, ...]:
        """Return the names of the stages before `stage`."""
        names = [each.name for each in self.stages]
        return tuple(names[: names.index(stage.name)])

    def passed(self) -> None:
        """Note that the stage was passed; after the last one there is none to step back to."""
        self.watching.acting.stages_are_over = self.at == len(self.stages)

    def back_to(self, name: str) -> None:
        """Go on at the stage with `name`."""
        self.at = [stage.name for stage in self.stages].index(name)


def itinerary(run: Run) -> Itinerary:
    """Return the way through the stages, and begin to watch.

    Where no service has a stable version nothing can share the traffic: a first release goes to its last stage at
    once. A service that is new beside others gets all of its own traffic from the first stage on.
    """
    compared = any(service.stable is not None for service in run.services)
    stages = run.plan.stages if compared else run.plan.stages[-1:]
    watching = Watching(run)
    run.watch = watching.go_on
    return Itinerary(stages, watching)
