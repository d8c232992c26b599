"""Which versions somebody means by a name, or by none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flightrules.domain.errors import FlightError, UnknownVersion
from flightrules.domain.plan import Plan
from flightrules.domain.traffic import Version
from flightrules.wiring import Workshop

Parts = Mapping[str, tuple[Version, Version | None]]
"""By service, its candidate and what serves; None where nothing does."""


async def identify(workshop: Workshop, plan: Plan, name: str | None, how: str = "flight run VERSION") -> Version:
    """Return the version called `name` (for git: the present commit where None) as people sign it.

    `how` is how one is named, for whoever named none. Of several services it is that of the first.
    Raises `FlightError`.
    """
    return await workshop.hands(plan, plan.services[0]).target.identify(_asked(plan, name, how))


async def candidates(workshop: Workshop, plan: Plan, name: str | None, how: str = "flight run VERSION") -> Parts:
    """Return by service the version called `name`, as in `identify`, and the one that serves. Raises `FlightError`."""
    parts: dict[str, tuple[Version, Version | None]] = {}
    for service in plan.services:
        candidate = await workshop.hands(plan, service).target.identify(_asked(plan, name, how))
        parts[service.name] = (candidate, workshop.records.serving.stable(service.name))
    return parts


def recorded(parts: Parts) -> dict[str, Any]:
    """Return it as a release records its services: by name, its candidate and its stable version."""
    return {
        service: {"candidate": vars(candidate), "stable": vars(stable) if stable else None}
        for service, (candidate, stable) in parts.items()
    }


async def versions_there_are(workshop: Workshop, plan: Plan) -> str:
    """Return a sentence with the names of versions that could be released; empty where the target knows none."""
    try:
        await workshop.hands(plan, plan.services[0]).target.identify("")
    except UnknownVersion as unknown:  # as for any name that there is not: it says which there are
        return unknown.do if unknown.do.startswith("There are: ") else ""
    return ""


def _asked(plan: Plan, name: str | None, how: str = "flight run VERSION") -> str:
    if name is not None:
        return name
    if plan.version.kind == "git":
        return "HEAD"
    raise FlightError("which version?", f"name it: {how}")
