"""Freezes: stretches of time in which no release begins, and who may begin one all the same.

Pure: whoever asks brings the moment. Nothing here is ever asked on a way back (rule 10).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo

from flightrules.domain.clock_times import MINUTES_OF_A_DAY, clock_said, day_of, moment_of, said
from flightrules.domain.errors import Frozen
from flightrules.domain.people import Team, who_can

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Freeze:
    """One stretch: from `starts` until `ends` (seconds since 1970). Who has the role `override` may begin within it."""

    starts: float
    ends: float
    reason: str
    override: str = ""

    @property
    def key(self) -> str:
        """How this stretch is called in the record of a release."""
        return f"freeze/{self.starts:.0f}-{self.ends:.0f}"


@dataclass(frozen=True)
class Weekly:
    """A stretch of each of `days` (0 is Monday), between two clock times (minutes after midnight)."""

    days: tuple[int, ...]
    since: int
    until: int
    reason: str
    override: str = ""

    def around(self, moment: float, zone: tzinfo) -> Iterator[Freeze]:
        """Yield the stretches from the day before `moment` to a week after it."""
        today = day_of(moment, zone)
        for day in (today + timedelta(days=days) for days in range(-1, 9)):
            if day.weekday() in self.days:
                starts, ends = moment_of(day, self.since, zone), moment_of(day, self.until, zone)
                yield Freeze(starts, ends, self.reason, self.override)

    def __str__(self) -> str:
        days = " and ".join(DAYS[day] for day in self.days)
        return f"every {days} from {clock_said(self.since)} until {clock_said(self.until)}"


@dataclass(frozen=True)
class Freezes:
    """What a plan agrees on; clock times are those of `zone`."""

    agreed: tuple[Freeze | Weekly, ...] = ()
    zone: tzinfo = UTC

    def on(self, moment: float) -> tuple[Freeze, ...]:
        """Return the freezes that are on at `moment`, the one that lasts longest first."""
        there = [each for each in self._around(moment) if each.starts <= moment < each.ends]
        return tuple(sorted(there, key=lambda each: -each.ends))

    def following(self, moment: float) -> Freeze | None:
        """Return the freeze that begins next after `moment`."""
        ahead = [each for each in self._around(moment) if each.starts > moment]
        return min(ahead, key=lambda each: each.starts, default=None)

    def over(self, moment: float) -> float:
        """Return the first moment from `moment` on at which no freeze is on."""
        while there := self.on(moment):
            moment = there[0].ends
        return moment

    def _around(self, moment: float) -> Iterator[Freeze]:
        for each in self.agreed:
            if isinstance(each, Weekly):
                yield from each.around(moment, self.zone)
            else:
                yield each


def all_week(agreed: tuple[Freeze | Weekly, ...]) -> bool:
    """Whether what recurs leaves no minute of the week free: nothing could ever begin."""
    stretches = sorted(
        (day * MINUTES_OF_A_DAY + each.since, day * MINUTES_OF_A_DAY + each.until)
        for each in agreed
        if isinstance(each, Weekly)
        for day in each.days
    )
    covered = 0
    for since, until in stretches:
        if since > covered:
            return False
        covered = max(covered, until)
    return covered >= len(DAYS) * MINUTES_OF_A_DAY


def refuse(freezes: Freezes, moment: float, team: Team | None, login: str, because: str) -> tuple[Freeze, ...]:
    """Return the freezes that are on and that `login` overrides; `because` is the reason given, empty without one.

    Raises `Frozen` where one of them is not overridden.
    """
    there = freezes.on(moment)
    for each in there:
        until = said(freezes.over(moment), freezes.zone)
        what = f"no release begins before {until}: {each.reason}"
        if not because:
            raise Frozen(what, f"begin it then; {_way_around(each, team)}")
        refusal = _refusal(each, team, login)
        if refusal:
            raise Frozen(f"{what}, and {login} cannot override it: {refusal}", "begin it then")
    return there


def _way_around(freeze: Freeze, team: Team | None) -> str:
    if not freeze.override:
        return "the plan names nobody who may begin one all the same"
    able = who_can(team, (freeze.override,))
    return f"who may begin one all the same ({able}): flight run VERSION --override-freeze REASON"


def _refusal(freeze: Freeze, team: Team | None, login: str) -> str:
    if not freeze.override:
        return "the plan names no role that may"
    having = team.logins(freeze.override) if team else ()
    return "" if login in having else f"who can: {who_can(team, (freeze.override,))}"
