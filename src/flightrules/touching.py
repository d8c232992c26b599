"""What a plan touches of the world outside its state: where users reach its services, and its databases.

Two plans that touch the same must not be carried out as if they did not: a rehearsal is kept apart by it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from flightrules import adapters
from flightrules.domain.plan import Plan

THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::]", "")


def touched(plan: Plan) -> dict[str, str]:
    """Return what `plan` touches, in words, by a mark of each place that says nothing of the place itself."""
    places = {}
    for service in plan.services:
        listen = getattr(service.router.options, "listen", None)  # not every router has an address of its own
        if listen is not None:
            places[f"listen {_address(listen)}"] = f"service {service.name} listens on {listen}"
    for each in plan.databases:
        where = adapters.module(adapters.DATABASES, each.adapter.kind).where(each.adapter.options, Path(plan.folder))
        if where is not None:
            places[f"database {each.adapter.kind} {where}"] = f"database {each.name} is the same"
    return {hashlib.sha256(place.encode()).hexdigest()[:32]: words for place, words in places.items()}


def _address(listen: str) -> str:
    host, _, port = listen.rpartition(":")
    return f"{'this machine' if host.lower() in THIS_MACHINE else host.lower()}:{int(port)}"
