"""Assessing how ready a version is, before a release of it: every gate is asked, nothing else is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flightrules import actions
from flightrules.domain.events import Event
from flightrules.domain.plan import Plan
from flightrules.domain.readiness import Readiness
from flightrules.domain.traffic import Version
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
    parts: dict[str, Any] = {}
    version = await actions.identify(workshop, plan, name, "flight ready VERSION")
    for service in plan.services:
        candidate = version if service is plan.services[0] else await _of(workshop, plan, service.name, name)
        stable = workshop.records.serving.stable(service.name)
        parts[service.name] = {"candidate": vars(candidate), "stable": vars(stable) if stable else None}
    moment = f"ready-{version.key}-{workshop.clock.now():.6f}"
    asked = Release(moment, RELEASE, plan.name, plan.text, plan.digest, actor, {"services": parts})
    run = workshop.run(asked, plan, NotDurable())
    try:
        ready = await readiness.look(run, told)
    finally:
        for each in run.databases:
            await each.close()
    event = Event("readiness.assessed", "", readiness.as_data(ready), actor=actor, version=version.digest)
    workshop.records.ledger.append(event)
    return version, ready


async def _of(workshop: Workshop, plan: Plan, service: str, name: str | None) -> Version:
    wanted = next(each for each in plan.services if each.name == service)
    return await workshop.hands(plan, wanted).target.identify(name or "HEAD")
