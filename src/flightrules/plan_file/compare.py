"""Reads `compare`: on what terms candidate and stable are compared, or why they are not."""

from __future__ import annotations

from flightrules.domain.terms import NotCompared, Terms, Underpowered, WhenUnderpowered
from flightrules.plan_file import units, values
from flightrules.plan_file.nodes import Scalar
from flightrules.plan_file.problems import quote
from flightrules.plan_file.shapes import Form
from flightrules.plan_file.values import Fields, Slot
from flightrules.plan_file.vocabulary import COMPARE

ON_WORDS = ("on", "true", "yes")
OFF_WORDS = ("off", "false", "no", "none", "never")
WRITE_WHY = "write `compare: {off: WHY}`, such as `compare: {off: v2 answers other requests than v1 by design}`"
LARGEST_FALSE_ALARM, LARGEST_TOLERANCE = 0.1, 0.5


def read_compare(slot: Slot) -> Terms | NotCompared | None:
    """Return the terms; notes a comparison that is switched off without a reason."""
    if isinstance(slot.node, Scalar) and slot.node.text.lower() in OFF_WORDS:
        slot.wrong(f"`compare: {slot.node.text}` does not say why", WRITE_WHY)
        return None
    if isinstance(slot.node, Scalar) and slot.node.text.lower() in ON_WORDS:
        return Terms()
    fields = values.fields(slot, COMPARE)
    if fields is None:
        return None
    if fields.slot("off") is not None:
        return _off(fields)
    return Terms(
        false_alarm=fields.read_or("false_alarm", _false_alarm, Terms.false_alarm),
        tolerance=fields.read_or("tolerance", _tolerance, Terms.tolerance),
        limit=fields.read("limit", _limit),
        underpowered=fields.read_or("underpowered", _underpowered, Terms.underpowered),
        baseline=fields.read_or("baseline", values.duration, Terms.baseline),
    )


def _off(fields: Fields) -> NotCompared | None:
    for key in COMPARE.keys:
        if key.name != "off" and fields.slot(key.name) is not None:
            fields.complain(key.name, f"the comparison is off, so `{key.name}` means nothing", "remove it, or `off`")
    because = fields.read("off", _reason)
    return NotCompared(because) if because else None


def _reason(slot: Slot) -> str | None:
    written = slot.node.text if isinstance(slot.node, Scalar) else "word word"
    if len(written.split()) < 2:
        slot.wrong(f"`off` takes the reason in words, not {quote(written) if written else 'nothing'}", WRITE_WHY)
        return None
    return values.text(slot)


def _false_alarm(slot: Slot) -> float | None:
    chance = slot.parse(units.percentage, Form.PERCENTAGE)
    if chance is not None and not 0 < chance <= LARGEST_FALSE_ALARM:
        what = "this is the chance that a healthy release is called back: more than 0%, at most 10%"
        slot.wrong(what, "write for example `1%`")
        return None
    return chance


def _tolerance(slot: Slot) -> float | None:
    part = slot.parse(units.percentage, Form.PERCENTAGE)
    if part is not None and part > LARGEST_TOLERANCE:
        slot.wrong("a candidate that fails half as much again as stable is not equal to it", "write at most `50%`")
        return None
    return part


def _limit(slot: Slot) -> float | None:
    rate = slot.parse(units.percentage, Form.PERCENTAGE)
    if rate is not None and not 0 < rate < 1:
        what = "this is the rate of errors that the candidate may not exceed: more than 0%, less than 100%"
        slot.wrong(what, "write for example `2%`")
        return None
    return rate


def _underpowered(slot: Slot) -> WhenUnderpowered | None:
    read = slot.parse(units.underpowered, Form.UNDERPOWERED)
    if read is not None and read.do is Underpowered.EXTEND and read.up_to == 0:
        slot.wrong("this extends a hold by no time", "write `go on`, or for example `extend up to 2h`")
        return None
    return read
