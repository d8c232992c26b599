"""The rota: who is on call when, and when nobody is.

Pure: whoever asks brings the moments, and the time zone of the plan, in which the clock times of the team file are
meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from flightrules.domain.clock_times import day_of, moment_of, said

SEAM = 60.0
"""Seconds between two turns that are no gap: calendars end one at 23:59 and begin the next at midnight."""


@dataclass(frozen=True)
class Turn:
    """Somebody is on call from `since` until `until` (seconds since 1970). `who` is their key in the team file."""

    who: str
    since: float
    until: float


@dataclass(frozen=True)
class Once:
    """One turn as the team file has it: each end a day, and minutes after the midnight that begins it."""

    role: str
    who: tuple[str, ...]
    since: tuple[date, int]
    until: tuple[date, int]

    def turns(self, since: float, until: float, zone: tzinfo) -> Iterator[Turn]:
        """Yield the turns between the two moments."""
        yield from _within(self.who, moment_of(*self.since, zone), moment_of(*self.until, zone), since, until)


@dataclass(frozen=True)
class Weekly:
    """A turn on each of `days` (0 is Monday), between two clock times (minutes after the midnight that begins the day).

    One that ends on the day after has an `until` beyond 1440.
    """

    role: str
    who: tuple[str, ...]
    days: tuple[int, ...]
    since: int
    until: int

    def turns(self, since: float, until: float, zone: tzinfo) -> Iterator[Turn]:
        """Yield the turns between the two moments."""
        day, last = day_of(since, zone) - timedelta(days=1), day_of(until, zone)
        while day <= last:
            if day.weekday() in self.days:
                begins, ends = moment_of(day, self.since, zone), moment_of(day, self.until, zone)
                yield from _within(self.who, begins, ends, since, until)
            day += timedelta(days=1)


def _within(who: Iterable[str], begins: float, ends: float, since: float, until: float) -> Iterator[Turn]:
    if begins < until and ends > since:
        yield from (Turn(each, begins, ends) for each in who)


def turns_of(role: str, rota: Sequence[Once | Weekly], since: float, until: float, zone: tzinfo) -> tuple[Turn, ...]:
    """Return who is on call as `role` between two moments, by the team file, in the order in which they begin."""
    there = (turn for each in rota if each.role == role for turn in each.turns(since, until, zone))
    return tuple(sorted(there, key=lambda turn: (turn.since, turn.until)))


def gaps(turns: Iterable[Turn], since: float, until: float) -> tuple[tuple[float, float], ...]:
    """Return when nobody is on call between two moments (seconds since 1970); a seam between two turns is no gap."""
    found, covered = [], since
    for turn in sorted(turns, key=lambda each: each.since):
        if turn.since - covered > SEAM:
            found.append((covered, min(turn.since, until)))
        covered = max(covered, turn.until)
    if until - covered > SEAM:
        found.append((covered, until))
    return tuple(found)


def gap_said(gap: tuple[float, float], zone: tzinfo) -> str:
    """Return a gap in words: `from 02:00 to 06:00 on Sunday 2026-11-22 Europe/Berlin`."""
    since, until = (datetime.fromtimestamp(each, UTC).astimezone(zone) for each in gap)
    if since.date() == until.date():
        return f"from {since:%H:%M} to {until:%H:%M} on {since:%A %Y-%m-%d} {zone}"
    return f"from {since:%A} {said(gap[0], zone)} to {until:%A} {said(gap[1], zone)}"
