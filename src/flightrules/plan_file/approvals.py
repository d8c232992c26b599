"""Reads `approvals`: who has to approve a release before anything is touched."""

from __future__ import annotations

from collections.abc import Callable

from flightrules.domain.people import Approval
from flightrules.plan_file import values
from flightrules.plan_file.people_vocabulary import APPROVAL
from flightrules.plan_file.problems import quote
from flightrules.plan_file.values import Slot

Refuse = Callable[[str, Slot], None]
"""Notes that nobody has a role."""

USUAL = Approval(())


def read_approvals(slot: Slot, refuse: Refuse) -> tuple[Approval, ...]:
    """Return every approval that could be read."""
    read = [_approval(inner, refuse) for inner in values.items(slot, "approvals")]
    return tuple(each for each in read if each)


def _approval(slot: Slot, refuse: Refuse) -> Approval | None:
    fields = values.fields(slot, APPROVAL)
    if fields is None:
        return None
    roles = fields.read("role", lambda inner: read_roles(inner, refuse)) or ()
    every = fields.read_or("all", values.truth, USUAL.every)
    if every and len(roles) == 1:
        fields.complain("all", "`all` says nothing where one role is named", "remove `all`, or name several roles")
    return Approval(
        roles,
        every,
        fields.read_or("of", values.count, USUAL.of),
        fields.read_or("not", _not_author, USUAL.not_author),
        fields.read("within", values.duration),
        fields.read_or("remind", values.duration, USUAL.remind),
    )


def read_roles(slot: Slot, refuse: Refuse) -> tuple[str, ...]:
    """Return one role or several, each once; notes those that nobody has."""
    roles: list[str] = []
    for inner in values.one_or_many(slot, "roles"):
        name = values.name(inner)
        if name in roles:
            inner.wrong(f"the role {quote(str(name))} is named twice", "keep one")
        elif name:
            refuse(name, inner)
            roles.append(name)
    return tuple(roles)


def _not_author(slot: Slot) -> bool | None:
    name = values.name(slot)
    if name and name != "author":
        slot.wrong(f"{quote(name)} cannot be kept out", "write `author`: who wrote or began the release")
        return None
    return bool(name)
