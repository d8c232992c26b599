"""Days and clock times of a place, and the moments that they are there.

A moment is seconds since 1970. A clock time is minutes after midnight, 0 to 1440: `24:00` is the end of the day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

MINUTES_OF_A_DAY = 24 * 60


def moment_of(day: date, minutes: int, zone: tzinfo) -> float:
    """Return the moment at which clocks in `zone` show `minutes` after the midnight that begins `day`."""
    days, minutes = divmod(minutes, MINUTES_OF_A_DAY)
    clock = time(minutes // 60, minutes % 60)
    return datetime.combine(day + timedelta(days=days), clock, zone).timestamp()


def day_of(moment: float, zone: tzinfo) -> date:
    """Return the day that it is in `zone` at `moment`."""
    return datetime.fromtimestamp(moment, UTC).astimezone(zone).date()


def nearest(moment: float, minutes: int, zone: tzinfo) -> float:
    """Return when clocks in `zone` show `minutes`, nearest to `moment`: before it, or still to come."""
    today = day_of(moment, zone)
    there_are = [moment_of(today + timedelta(days=days), minutes, zone) for days in (-1, 0, 1)]
    return min(there_are, key=lambda each: abs(each - moment))


def said(moment: float, zone: tzinfo) -> str:
    """Return `moment` as people in `zone` write it: `2026-12-20 18:00 Europe/Berlin`."""
    there = datetime.fromtimestamp(moment, UTC).astimezone(zone)
    return f"{there:%Y-%m-%d %H:%M} {zone}"


def clock_said(minutes: int) -> str:
    """Return a clock time as it is written: `09:30`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
