"""What the commands about databases share: which one is meant, and how it is reached beside a release.

Looking needs no lease and no state. What makes or removes something takes a lease of its own, so that it keeps nobody
from going back; the names of all that it makes on the way are others than those of a release.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from flightrules.cli.failures import BadInput
from flightrules.domain.errors import FlightError

if TYPE_CHECKING:
    from flightrules.cli.desk import Desk
    from flightrules.cli.places import Place
    from flightrules.domain.database_plan import DatabasePlan
    from flightrules.domain.plan import Plan
    from flightrules.ports.database import Database
    from flightrules.recovery.backups import Backups

DatabaseArgument = Annotated[
    str | None, typer.Argument(metavar="DATABASE", help="Its name in the plan; needed where the plan has several.")
]
DatabaseOption = Annotated[
    str | None,
    typer.Option("--database", metavar="NAME", help="Its name in the plan; needed where the plan has several."),
]

OF_RELEASES = re.compile(r"(_(restored|before)_\d{8}t\d{6}z|_flight_[a-z_]+)", re.IGNORECASE)
"""Names of databases that a way back, or a proof, makes and removes by itself."""


@dataclass(frozen=True)
class AtHand:
    """A database of the plan that is reached, and its backups."""

    agreed: DatabasePlan
    database: Database
    backups: Backups


def plan_at(place: Place) -> Plan:
    """Return the plan as the file says it now. Raises `PlanProblems`."""
    import os

    from flightrules import plan_file

    return plan_file.load(place.plan, os.environ)


def chosen(plan: Plan, name: str | None) -> tuple[DatabasePlan, ...]:
    """Return the databases of the plan, or the one of that name. Raises `FlightError`, `BadInput`."""
    if not plan.databases:
        raise FlightError("the plan has no database", "name one in it: databases:")
    found = tuple(each for each in plan.databases if name in (None, each.name))
    if not found:
        raise BadInput(f"the plan has no database {name}", f"it has: {_names(plan.databases)}")
    return found


def only(plan: Plan, name: str | None, option: str) -> DatabasePlan:
    """Return the one that is meant; `option` is how it is named. Raises `FlightError`, `BadInput`."""
    found = chosen(plan, name)
    if len(found) > 1:
        raise BadInput(f"which database? The plan has {_names(found)}", f"name one: {option}")
    return found[0]


def to_look_at(place: Place, plan: Plan, agreed: DatabasePlan) -> AtHand:
    """Return a database for looking: nothing can be made or removed with it."""
    from flightrules import reaching, wiring

    return AtHand(agreed, *reaching.by_hand(place.state, plan, agreed, wiring.NoLease()))


@contextmanager
def to_work_with(desk: Desk, plan: Plan, agreed: DatabasePlan) -> Iterator[AtHand]:
    """Give a database to somebody who alone works with databases by hand meanwhile. Raises `StateBusy`."""
    from flightrules import reaching
    from flightrules.state.lease import DATABASES, Lease

    with Lease(desk.records.state, DATABASES) as lease:
        yield AtHand(agreed, *reaching.by_hand(desk.place.state, plan, agreed, lease))


def refuse_during_a_release(desk: Desk, what: str) -> None:
    """Raise `FlightError` while a release is under way: it takes, proves and removes backups itself."""
    found = desk.records.releases.unfinished()
    if found is not None:
        raise FlightError(
            f"{found.kind} {found.id} has not ended, and it works with these backups itself; {what}",
            "do it when it has ended; `flight status` shows how far it is",
        )


def _names(databases: Sequence[DatabasePlan]) -> str:
    return ", ".join(each.name for each in databases)
