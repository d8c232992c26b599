"""What a plan touches of the world outside its state: where users reach its services, and its databases.

Two plans that touch the same must not be carried out as if they did not: a rehearsal is kept apart by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from flightrules import adapters
from flightrules.domain.database_plan import DatabasePlan
from flightrules.domain.plan import Plan

THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::]", "")


def touched(plan: Plan, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what `plan` touches, in words, by a mark of each place that says nothing of the place itself.

    The marks hold for good. `environment` is that in which the plan is carried out. Nothing is asked for them.
    """
    places = {}
    for service in plan.services:
        listen = getattr(service.router.options, "listen", None)  # not every router has an address of its own
        if listen is not None:
            places[_mark(f"listen {_address(listen)}")] = f"service {service.name} listens on {listen}"
    for each in plan.databases:
        kind = adapters.module(adapters.DATABASES, each.adapter.kind)
        for where in kind.where(each.adapter.options, Path(plan.folder), environment):
            places[_mark_of_database(each, where)] = _the_same(each)
    return places


async def found(databases: Iterable[DatabasePlan], folder: Path) -> dict[str, str]:
    """Return the same of `databases` as they are found at this moment, by marks that hold for this moment only.

    Names of hosts and files are looked up, and servers are asked who they are: two addresses may lead to one of them.
    What does not answer has no mark. `folder` is that of the plan.
    """
    places = {}
    for each in databases:
        kind = adapters.module(adapters.DATABASES, each.adapter.kind)
        for where in await kind.found(each.adapter.options, folder):
            places[_mark_of_database(each, where)] = _the_same(each)
    return places


def _mark_of_database(each: DatabasePlan, where: str) -> str:
    return _mark(f"database {each.adapter.kind} {where}")


def _the_same(each: DatabasePlan) -> str:
    return f"database {each.name} is the same"


def _mark(place: str) -> str:
    return hashlib.sha256(place.encode()).hexdigest()[:32]


def _address(listen: str) -> str:
    host, _, port = listen.rpartition(":")
    return f"{'this machine' if host.lower() in THIS_MACHINE else host.lower()}:{int(port)}"
