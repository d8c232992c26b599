"""To which versions `flight rollback` could go back now, and which of them are warm: their processes still run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flightrules.domain.plan import Plan, Service

if TYPE_CHECKING:
    from flightrules.wiring import Workshop


@dataclass(frozen=True)
class EarlierView:
    """A version that served `service` from `since` to `until` (seconds since 1970) when it did so last.

    `warm` says that healthy processes of it are there, so that the way back need not build or start anything.
    """

    service: str
    version: str
    since: float
    until: float
    warm: bool


async def ways_back(workshop: Workshop, plan: Plan) -> tuple[EarlierView, ...]:
    """Return every version that could come back, by service, the one that served last first."""
    return tuple([each for service in plan.services for each in await _of(workshop, plan, service)])


async def _of(workshop: Workshop, plan: Plan, service: Service) -> list[EarlierView]:
    instances = await workshop.hands(plan, service).target.instances()
    warm = {instance.version for instance in instances if instance.healthy}
    found: dict[str, EarlierView] = {}
    for each in workshop.records.serving.history(service.name):
        name, until = each.version.name, each.ended_at
        if until is not None and each.version != workshop.records.serving.stable(service.name):
            found.setdefault(name, EarlierView(service.name, name, each.since, until, each.version in warm))
    return list(found.values())
