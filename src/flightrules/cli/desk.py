"""What a command works with: the records of a state, the plan, and the plans of the releases in it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from flightrules.cli.clean import clean
from flightrules.cli.places import Place
from flightrules.domain.errors import FlightError
from flightrules.domain.outcome import Outcome

if TYPE_CHECKING:
    from flightrules.domain.plan import Plan
    from flightrules.domain.signals import Ask
    from flightrules.records import Records
    from flightrules.state.releases import Release


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
        """Return the plan of a recorded release, to carry it out or, where that is its way, to go back by it.

        Raises `PlanProblems`.
        """
        from flightrules import actions, plans

        read = plans.to_go_back if actions.goes_back(self.records, release) else plans.to_carry_out
        return self._masked(read(release, self.place.plan, os.environ))

    def plan_to_look_at(self, release: Release) -> Plan:
        """Return the plan of a recorded release, to show it."""
        from flightrules import plans

        return plans.to_look_at(release, self.place.plan, os.environ)

    def plan_in_force(self) -> Plan:
        """Return the plan by which the services run now, to go back by it: that of the last release that touched them.

        The file may have changed since, and may be broken, on the night when somebody has to go back; and variables
        may have no value in that terminal. Raises `PlanProblems` for those that every act needs.
        """
        from flightrules import plans

        for release in self.records.releases.list():
            if release.outcome != Outcome.NOT_STARTED:
                return self._masked(plans.to_go_back(release, self.place.plan, os.environ))
        raise FlightError("nothing was released here yet", "release a first version: flight run VERSION")

    def under_way(self) -> Release:
        """Return the release that has not ended. Raises `FlightError` where there is none."""
        from flightrules import actions

        return actions.under_way(self.records)

    def ask(self, wanted: Ask, arguments: Mapping[str, Any]) -> int:
        """Ask something of the release that is under way, in the name of whoever sits here; return its number.

        A secret of its plan that was typed into a reason is hidden before anything is stored, as far as its value is
        known here. Raises `FlightError` where no release is under way.
        """
        from flightrules import actions
        from flightrules.cli.hiding import hidden

        if arguments.get("reason"):
            reason = hidden(arguments["reason"], self.under_way(), self.place.plan, os.environ)
            arguments = {**arguments, "reason": reason}
        return actions.ask(self.records, wanted, actions.who(), arguments)

    def end_what_a_killed_rehearsal_left(self) -> None:
        """End the traffic of a rehearsal that was killed, where this is the state of rehearsals. The lease is held."""
        last = self.records.releases.latest()
        if last is not None and last.rehearsing:
            from flightrules.rehearsing import load
            from flightrules.wiring import Workshop

            Workshop.to_look_around(self.records).commands.kill_left_over(load.NAME)

    def _masked(self, plan: Plan) -> Plan:
        self.records.ledger.mask(plan.secrets, plan.names())
        return plan


def require_plan(place: Place) -> None:
    """Raise `PlanProblems` before a state is made beside a plan that cannot be carried out.

    Where there is a state, a release in it may have to go on whatever the file says by now.
    """
    if not place.state.exists():
        from flightrules import plan_file

        plan_file.load(place.plan, os.environ)


@contextmanager
def opened(place: Place) -> Iterator[Desk]:
    """Open the state in `place`, making it where there is none."""
    from flightrules.records import open_records

    records = open_records(place.state, _tell_of_trouble)
    try:
        yield Desk(place, records)
    finally:
        records.state.close()


@contextmanager
def existing(place: Place) -> Iterator[Desk]:
    """Open the state in `place`. Raises `FlightError` where there is none: looking must not make one."""
    from flightrules.state.folder import is_there

    if not is_there(place.state):
        raise FlightError(
            f"there is no state in {place.state}: nothing was released from here yet",
            "name the plan with --plan FILE or the state with --state DIR, or release a first version: flight run",
        )
    with opened(place) as desk:
        yield desk


def _tell_of_trouble(trouble: str) -> None:
    """Say why nothing moves. What waits for the disk must not fail because nobody reads this any more."""
    with suppress(OSError, ValueError):
        typer.echo(f"{clean(trouble)}\n    This waits, and goes on by itself as soon as it can write there.", err=True)
