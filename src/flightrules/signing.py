"""Signing before a release: somebody gives a signature for a version that waits for it in a gate, or will."""

from __future__ import annotations

from collections.abc import Iterator

from flightrules.checks.sign_off import Options
from flightrules.domain.checks import Check
from flightrules.domain.errors import FlightError
from flightrules.domain.events import Entry, Event
from flightrules.domain.near_names import suggestion
from flightrules.domain.people import in_seats
from flightrules.domain.plan import Plan
from flightrules.domain.signals import Question
from flightrules.domain.traffic import Version
from flightrules.phases import sign_offs
from flightrules.records import Records


def to_sign(plan: Plan) -> Iterator[Check]:
    """Yield every check of the plan that people sign, each name once."""
    checks = (check for section in (*plan.gates.values(), plan.verify) for check in section)
    yield from {check.name: check for check in checks if check.kind == sign_offs.KIND}.values()


def find(plan: Plan, item: str) -> Check:
    """Return the check that `item` names. Raises `FlightError` with what there is to sign."""
    there = {check.name: check for check in to_sign(plan)}
    found = there.get(item) or next((check for name, check in there.items() if name.lower() == item.lower()), None)
    if found is not None:
        return found
    if not there:
        raise FlightError(f"nothing in the plan is signed, so not {item!r} either", "see `sign_off` in the reference")
    raise FlightError(f"there is nothing called {item!r} to sign", suggestion(item, tuple(there)))


def sign(records: Records, plan: Plan, check: Check, version: Version, *, role: str, actor: str, comment: str) -> Entry:
    """Put the signature of `actor` under `check` for `version` on record.

    Raises `FlightError` where they have not the role.
    """
    options = check.options
    assert isinstance(options, Options)
    seats = {each: plan.team.logins(each) if plan.team else () for each in options.roles}
    question = Question(check.name, check.name, seats)
    role = role or question.role_of(actor)
    refusal = question.refusal(role, actor)
    if refusal:
        raise FlightError(f"{check.name!r} cannot be signed by {actor}: {refusal}", f"who can: {in_seats(seats)}")
    said = {"item": check.name, "by": actor, "role": role, "reason": comment, "version": str(version)}
    key = f"signature/{version.digest}/{check.name}/{role}/{actor}"
    return records.ledger.append(Event(sign_offs.GIVEN, "", said, actor=actor, version=version.digest, key=key))
