"""Reads days, clock times, moments and the time zone in which they are meant."""

from __future__ import annotations

import re
from datetime import UTC, date, tzinfo
from zoneinfo import ZoneInfo, available_timezones

from flightrules.domain.clock_times import MINUTES_OF_A_DAY
from flightrules.domain.freezes import DAYS
from flightrules.plan_file import values
from flightrules.plan_file.problems import did_you_mean, quote
from flightrules.plan_file.shapes import Form
from flightrules.plan_file.values import Slot

NAMED_DAYS = {
    **{name: (number,) for number, name in enumerate(DAYS)},
    "day": tuple(range(7)),
    "weekday": tuple(range(5)),
    "weekend": (5, 6),
}

_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEARS = range(1971, 9999)
"""What every clock can count, in every time zone."""


def zone(slot: Slot) -> tzinfo | None:
    """Read the name of a time zone, as the IANA has it."""
    node = slot.scalar(Form.ZONE)
    if node is None:
        return None
    if node.text == "UTC":
        return UTC
    if node.text not in available_timezones():
        known = sorted(available_timezones())
        slot.wrong(
            f"there is no time zone {quote(node.text)}", did_you_mean(node.text, known, f"write {Form.ZONE.value}")
        )
        return None
    return ZoneInfo(node.text)


def clock(slot: Slot) -> int | None:
    """Read a clock time, as minutes after midnight; `24:00` is the end of the day."""
    node = slot.scalar(Form.CLOCK)
    if node is None:
        return None
    minutes = clock_in(node.text)
    if minutes is None:
        slot.wrong(f"{quote(node.text)} is no clock time", f"write {Form.CLOCK.value}")
    return minutes


def clock_in(text: str) -> int | None:
    """Return the clock time that `text` is, as minutes after midnight; None where it is none."""
    found = _CLOCK.fullmatch(text.strip())
    minutes = int(found[1]) * 60 + int(found[2]) if found else MINUTES_OF_A_DAY + 1
    return minutes if found and int(found[2]) < 60 and minutes <= MINUTES_OF_A_DAY else None


def day_in(text: str) -> date | None:
    """Return the day that `text` is; None where it is none, or one that no plan is about."""
    try:
        day = date.fromisoformat(text.strip()) if _DAY.fullmatch(text.strip()) else None
    except ValueError:
        return None
    return day if day and day.year in _YEARS else None


def day_and_clock(slot: Slot, minutes: int) -> tuple[date, int] | None:
    """Read a day, or a day with a clock time; a day alone stands for that `minutes` after its midnight."""
    node = slot.scalar(Form.WHEN)
    if node is None:
        return None
    written, _, clock_time = node.text.strip().replace("T", " ").partition(" ")
    day = day_in(written)
    at = clock_in(clock_time) if clock_time.strip() else minutes
    if day is None or at is None:
        slot.wrong(f"{quote(node.text)} is neither a day nor a moment", f"write {Form.WHEN.value}")
        return None
    return day, at


def weekdays(slot: Slot) -> tuple[int, ...]:
    """Read days of the week, one or several; 0 is Monday."""
    days: set[int] = set()
    for inner in values.one_or_many(slot, "days"):
        node = inner.scalar(Form.WEEKDAY)
        if node and node.text.lower() in NAMED_DAYS:
            days |= set(NAMED_DAYS[node.text.lower()])
        elif node:
            hint = did_you_mean(node.text, tuple(NAMED_DAYS))
            inner.wrong(f"{quote(node.text)} is no day of the week", hint)
    return tuple(sorted(days))
