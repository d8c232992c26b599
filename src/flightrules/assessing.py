"""Assessing how ready a version is, before a release of it: every gate is asked, nothing else is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flightrules.domain.events import Event
from flightrules.domain.plan import Plan
from flightrules.domain.readiness import Readiness
from flightrules.domain.traffic import Version
from flightrules.identifying import candidates, recorded
from flightrules.phases import readiness
from flightrules.phases.readiness import Told
from flightrules.state.releases import RELEASE, Release
from flightrules.wiring import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from flightrules.engine.durable import Json


@dataclass(frozen=True)
class NotDurable:
    """Stands where a release remembers its steps: an assessment has none."""

    async def step(self, name: str, body: Callable[[], Coroutine[Any, Any, Json]]) -> Json:
        """Refuse."""
        raise AssertionError(f"{name}: an assessment carries nothing out")


async def assess(workshop: Workshop, plan: Plan, name: str | None, actor: str, told: Told) -> tuple[Version, Readiness]:
    """Ask every gate about the version called `name` (for git: the present commit where None); put it on record.

    `told` hears of each result as it comes. Raises `FlightError`.
    """
    parts = await candidates(workshop, plan, name, "flight ready VERSION")
    version, _ = parts[plan.services[0].name]
    moment = f"ready-{version.key}-{workshop.clock.now():.6f}"
    asked = Release(moment, RELEASE, plan.name, plan.text, plan.digest, actor, {"services": recorded(parts)})
    run = workshop.run(asked, plan, NotDurable())
    try:
        ready = await readiness.look(run, told)
    finally:
        for each in run.databases:
            await each.close()
    event = Event("readiness.assessed", "", readiness.as_data(ready), actor=actor, version=version.digest)
    workshop.records.ledger.append(event)
    return version, ready
