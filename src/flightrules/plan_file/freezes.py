"""Reads `freeze`: when no release begins. A freeze that nobody could mean is refused."""

from __future__ import annotations

from datetime import tzinfo

from flightrules.domain.clock_times import MINUTES_OF_A_DAY, moment_of
from flightrules.domain.freezes import Freeze, Weekly, all_week
from flightrules.plan_file import values
from flightrules.plan_file.approvals import Refuse
from flightrules.plan_file.clock_times import clock, day_and_clock, weekdays
from flightrules.plan_file.people_vocabulary import FREEZE
from flightrules.plan_file.shapes import Form
from flightrules.plan_file.values import Fields, Slot

LONGEST = 366 * 86_400.0
"""Seconds that a freeze lasts at most: nobody means to stop releasing for longer than a year."""


def read_freezes(slot: Slot, zone: tzinfo, refuse: Refuse) -> tuple[Freeze | Weekly, ...]:
    """Return every freeze that could be read; clock times are those of `zone`."""
    read = [_freeze(inner, zone, refuse) for inner in values.items(slot, "freezes")]
    agreed = tuple(each for each in read if each)
    if all_week(agreed):
        slot.notes.add(slot.key_place, "the freezes that recur leave no minute of the week free", "let one end earlier")
    return agreed


def _freeze(slot: Slot, zone: tzinfo, refuse: Refuse) -> Freeze | Weekly | None:
    fields = values.fields(slot, FREEZE)
    if fields is None:
        return None
    reason = fields.read("reason", values.text) or ""
    override = fields.read("override", lambda inner: _role(inner, refuse)) or ""
    return (_weekly if fields.slot("every") else _once)(fields, zone, reason, override)


def _role(slot: Slot, refuse: Refuse) -> str | None:
    name = values.name(slot)
    if name:
        refuse(name, slot)
    return name


def _weekly(fields: Fields, zone: tzinfo, reason: str, override: str) -> Weekly | None:
    days = fields.read("every", weekdays)
    since = fields.read_or("from", clock, 0)
    until = fields.read_or("until", clock, MINUTES_OF_A_DAY)
    if until <= since:
        fields.complain("until" if fields.slot("until") else "from", "this freeze ends before it begins", _SPLIT)
        return None
    return Weekly(days, since, until, reason, override) if days else None


_SPLIT = "write an `until` after `from`; for a night write two freezes, until 24:00 and from 00:00"


def _once(fields: Fields, zone: tzinfo, reason: str, override: str) -> Freeze | None:
    for key, what in (("from", "never begins"), ("until", "never ends")):
        if fields.slot(key) is None:
            fields.notes.add(fields.place, f"this freeze {what}", f"write `{key}: …`, {Form.WHEN.value}")
    starts = fields.read("from", lambda slot: _moment(slot, zone, 0))
    ends = fields.read("until", lambda slot: _moment(slot, zone, MINUTES_OF_A_DAY))
    if starts is None or ends is None:
        return None
    if ends <= starts:
        fields.complain("until", "this freeze ends before it begins", "write an `until` after `from`")
    elif ends - starts > LONGEST:
        what = f"this freeze lasts {round((ends - starts) / 86_400)} days, and none lasts longer than a year"
        fields.complain("until", what, "write an end within a year; agree on a new one then")
    return Freeze(starts, ends, reason, override)


def _moment(slot: Slot, zone: tzinfo, minutes: int) -> float | None:
    """Return the moment in `slot`; of a day alone that `minutes` after its midnight."""
    written = day_and_clock(slot, minutes)
    return moment_of(*written, zone) if written else None
