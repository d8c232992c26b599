"""Reads `on_call` of the team file: whose turn it is to be on call, when, and as what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flightrules.domain.clock_times import MINUTES_OF_A_DAY
from flightrules.domain.on_call import Once, Weekly
from flightrules.plan_file import values
from flightrules.plan_file.clock_times import clock, day_and_clock, weekdays
from flightrules.plan_file.problems import did_you_mean, quote
from flightrules.plan_file.shapes import Form
from flightrules.plan_file.team_vocabulary import TURN
from flightrules.plan_file.values import Fields, Slot

Roles = Mapping[str, Sequence[str]]
"""By role, the keys of those who have it."""


def read_rota(slot: Slot, roles: Roles) -> tuple[Once | Weekly, ...]:
    """Return every turn that could be read; who is on call as something must have that role."""
    return tuple(turn for inner in values.items(slot, "turns") if (turn := _turn(inner, roles)))


def _turn(slot: Slot, roles: Roles) -> Once | Weekly | None:
    fields = values.fields(slot, TURN)
    if fields is None:
        return None
    role = fields.read("role", lambda inner: _role(inner, roles))
    who = fields.read("who", lambda inner: _who(inner, role, roles)) or ()
    read = _weekly if fields.slot("every") else _once
    return read(fields, role or "", who)


def _role(slot: Slot, roles: Roles) -> str | None:
    name = values.name(slot)
    if name and name not in roles:
        slot.wrong(f"nobody has the role {quote(name)} under `roles`", did_you_mean(name, roles))
        return None
    return name


def _who(slot: Slot, role: str | None, roles: Roles) -> tuple[str, ...]:
    named = []
    for inner in values.one_or_many(slot, "people"):
        node = inner.scalar(Form.NAME)
        if node and role and node.text not in roles[role]:
            hint = did_you_mean(node.text, roles[role], f"give it to them under `roles`, as {quote(role)}")
            inner.wrong(f"{quote(node.text)} does not have the role {quote(role)}", hint)
        elif node:
            named.append(node.text)
    return tuple(named)


def _weekly(fields: Fields, role: str, who: tuple[str, ...]) -> Weekly | None:
    days = fields.read("every", weekdays)
    since = fields.read_or("from", clock, 0)
    until = fields.read_or("until", clock, MINUTES_OF_A_DAY)
    ends = until if until > since else until + MINUTES_OF_A_DAY
    return Weekly(role, who, days, since, ends) if days else None


def _once(fields: Fields, role: str, who: tuple[str, ...]) -> Once | None:
    for key, what in (("from", "never begins"), ("until", "never ends")):
        if fields.slot(key) is None:
            hint = f"write `{key}: …`, {Form.WHEN.value}, or `every` with days of the week"
            fields.notes.add(fields.place, f"this turn {what}", hint)
    since = fields.read("from", lambda inner: day_and_clock(inner, 0))
    until = fields.read("until", lambda inner: day_and_clock(inner, MINUTES_OF_A_DAY))
    if since is None or until is None:
        return None
    if until <= since:
        fields.complain("until", "this turn ends before it begins", "write an `until` after `from`")
        return None
    return Once(role, who, since, until)
