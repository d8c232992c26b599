"""Reads `watch` and `sign_offs`: what goes on once the candidate is in service, until the release is sealed."""

from __future__ import annotations

from flightrules.domain.figures import duration
from flightrules.domain.plan import Look, SignOff, Watch
from flightrules.plan_file import stages, units, values
from flightrules.plan_file.approvals import Refuse, read_roles
from flightrules.plan_file.people_vocabulary import SIGN_OFF
from flightrules.plan_file.problems import quote
from flightrules.plan_file.shapes import Form
from flightrules.plan_file.stages import Units
from flightrules.plan_file.values import Slot
from flightrules.plan_file.vocabulary import WATCH

USUAL = SignOff(0.0, (), ())


def read_watch(slot: Slot, known: Units) -> Watch | None:
    """Return the watch; `known` are the metrics that its conditions can name."""
    fields = values.fields(slot, WATCH)
    if fields is None:
        return None
    lasts = fields.read("for", values.duration)
    looks = fields.read("look", lambda inner: stages.schedule(inner, lasts, "watch"))
    passes = fields.read("pass", lambda inner: stages.passes(inner, known, "watch")) or ()
    reports = fields.read("report", lambda inner: _reports(inner, lasts)) or ()
    return Watch(lasts, looks, passes, reports) if lasts and looks else None


def _reports(slot: Slot, lasts: float | None) -> tuple[Look, ...]:
    parts = stages.parts_of(slot, "reports", lambda inner: inner.parse(units.report, Form.REPORT))
    if lasts and parts and parts[0].every > lasts:
        slot.wrong("the first report would come after the watch", "report more often, or watch longer")
    return tuple(parts)


def read_sign_offs(slot: Slot, lasts: float | None, refuse: Refuse) -> tuple[SignOff, ...]:
    """Return the sign-offs in the order of the plan.

    `lasts` is for how many seconds the watch does: 0 where there is none, None where nobody knows.
    """
    if lasts == 0:
        slot.wrong("sign-offs fall due during the watch, and there is none", "add `watch`, or remove `sign_offs`")
        lasts = None
    items: list[str] = []
    read = [_sign_off(inner, lasts, items, refuse) for inner in values.items(slot, "sign-offs")]
    return tuple(each for each in read if each)


def _sign_off(slot: Slot, lasts: float | None, known: list[str], refuse: Refuse) -> SignOff | None:
    fields = values.fields(slot, SIGN_OFF)
    if fields is None:
        return None
    after = fields.read("after", values.duration)
    if after and lasts and after > lasts:
        what = f"this falls due after {duration(after)}, and the watch lasts {duration(lasts)}"
        fields.complain("after", what, "let it fall due earlier, or watch longer")
    roles = fields.read("role", lambda inner: read_roles(inner, refuse)) or ()
    items = fields.read("items", lambda inner: _items(inner, known)) or ()
    remind = fields.read_or("remind", values.duration, USUAL.remind)
    return SignOff(after, roles, items, remind) if after else None


def _items(slot: Slot, known: list[str]) -> tuple[str, ...]:
    read = []
    for inner in values.one_or_many(slot, "items"):
        item = values.text(inner)
        if item in known:
            inner.wrong(f"{quote(item or '')} is to be signed twice", "give each item words of its own")
        elif item:
            known.append(item)
            read.append(item)
    return tuple(read)
