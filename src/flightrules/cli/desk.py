"""What a command works with: the records of a state, the plan, and the plans of the releases in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flightrules.cli.places import Place
from flightrules.domain.errors import FlightError
from flightrules.domain.outcome import Outcome

if TYPE_CHECKING:
    from flightrules.domain.plan import Plan
    from flightrules.state.releases import Release
    from flightrules.wiring import Records


@dataclass(frozen=True)
class Desk:
    """An opened state, and where its plan lies."""

    place: Place
    records: Records

    def plan(self) -> Plan:
        """Return the plan as the file says it now. Raises `PlanProblems`."""
        from flightrules import plan_file

        return self._masked(plan_file.load(self.place.plan, os.environ))

    def plan_of(self, release: Release) -> Plan:
        """Return the plan of a recorded release, to carry it out. Raises `PlanProblems`."""
        from flightrules import plans

        return self._masked(plans.to_carry_out(release, self.place.plan, os.environ))

    def plan_to_look_at(self, release: Release) -> Plan:
        """Return the plan of a recorded release, to show it."""
        from flightrules import plans

        return plans.to_look_at(release, self.place.plan, os.environ)

    def plan_in_force(self) -> Plan:
        """Return the plan by which the services run now: that of the last release that touched them.

        The file may have changed since, and may be broken, on the night when somebody has to go back.
        """
        for release in self.records.releases.list():
            if release.outcome != Outcome.NOT_STARTED:
                return self.plan_of(release)
        raise FlightError("nothing was released here yet", "release a first version: flight run VERSION")

    def under_way(self) -> Release:
        """Return the release that has not ended. Raises `FlightError` where there is none."""
        found = self.records.releases.unfinished()
        if found is None:
            raise FlightError(
                "no release is under way",
                "to return to an earlier version: flight rollback --to VERSION --reason TEXT",
            )
        return found

    def _masked(self, plan: Plan) -> Plan:
        self.records.ledger.mask(plan.secrets, plan.names())
        return plan


@contextmanager
def opened(place: Place) -> Iterator[Desk]:
    """Open the state in `place`, making it where there is none."""
    from flightrules.wiring import open_records

    records = open_records(place.state)
    try:
        yield Desk(place, records)
    finally:
        records.state.close()


@contextmanager
def existing(place: Place) -> Iterator[Desk]:
    """Open the state in `place`. Raises `FlightError` where there is none: looking must not make one."""
    if not (place.state / "flight.db").exists():
        raise FlightError(
            f"there is no state in {place.state}: nothing was released from here yet",
            "name the plan with --plan FILE or the state with --state DIR, or release a first version: flight run",
        )
    with opened(place) as desk:
        yield desk
