"""Whether somebody who has a role is on call for a whole stretch of time from now on, and can be reached.

The rota comes from `on_call` of the team file, or from a calendar (iCalendar) as tools for rotas export it. It wakes
nobody, and does not know whether a person is well: it says what the rota says, and names every gap in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from flightrules.checks import _calendar
from flightrules.checks._calendar import Duty
from flightrules.domain.clock_times import said
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.figures import duration
from flightrules.domain.on_call import Turn, gap_said, gaps, turns_of
from flightrules.domain.people import CONTACTS, Person, Team
from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found, Tools
from flightrules.ports.options import Duration

MAIN = "oncall"
WITHIN = 30.0
VALUES: dict[str, Unit] = {}
OPEN = False
EXPECTED: tuple[str, ...] = ()

NAMED_AT_MOST = 5

Contact = Literal["email", "phone", "slack"]


class Options(BaseModel):
    """As what somebody is on call, for how long, and by which rota."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    oncall: Annotated[str, Field(min_length=1, description="The role as which somebody is on call")]
    lasts: Annotated[
        Duration | None,
        Field(alias="for", gt=0, description="For how long from now; as long as the release if nothing is said"),
    ] = None
    calendar: Annotated[
        str | None,
        AfterValidator(_calendar.place),
        Field(
            description="The rota as a calendar (iCalendar): a file from the plan's folder, or an address; `on_call` "
            "of the team file if nothing is said"
        ),
    ] = None
    reach: Annotated[
        Contact | tuple[Contact, ...],
        Field(description="How they must be reachable by the team file, one of these; any way if nothing is said"),
    ] = CONTACTS  # type: ignore[assignment]  # each is one of the literals

    @property
    def roles(self) -> tuple[str, ...]:
        """The role: somebody in the team must have it."""
        return (self.oncall,)

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways to reach somebody, of which one must be there."""
        return (self.reach,) if isinstance(self.reach, str) else self.reach


def create(options: Options, tools: Tools) -> OnCallCheck:
    """Return the check."""
    return OnCallCheck(options, tools)


@dataclass(frozen=True)
class OnCallCheck:
    """Looks into the rota once."""

    options: Options
    tools: Tools

    async def look(self) -> Found:
        """Return who is on call, or when nobody is. Raises `SourceUnreachable` where nobody knows."""
        team = self._team()
        since = self.tools.clock.now()
        until = since + (self.options.lasts or self.tools.lasts)
        if self.options.calendar is None:
            turns = turns_of(self.options.oncall, team.on_call, since, until, self.tools.zone)
            return self._told(team, turns, (), since, until)
        duties = await self._duties(self.options.calendar, since, until)
        having = team.having(self.options.oncall)
        turns = tuple(Turn(who.key, each.since, each.until) for each in duties for who in having if each.means(who))
        strangers = tuple(dict.fromkeys(each.title for each in duties if not any(map(each.means, having))))
        return self._told(team, turns, strangers, since, until)

    def _team(self) -> Team:
        team = self.tools.team
        if team is None or team.broken:
            why = team.broken if team else "there is no team.yaml beside the plan"
            raise SourceUnreachable(f"nobody knows who is on call: {why}")
        return team

    async def _duties(self, place: str, since: float, until: float) -> Sequence[Duty]:
        text = await _calendar.read(place, self.tools.plan_folder)
        return await asyncio.to_thread(_calendar.duties, text, since, until, self.tools.zone)

    def _told(self, team: Team, turns: Sequence[Turn], strangers: Sequence[str], since: float, until: float) -> Found:
        zone, role = self.tools.zone, self.options.oncall
        missing = [gap_said(gap, zone) for gap in gaps(turns, since, until)]
        people = [each for each in team.having(role) if each.key in {turn.who for turn in turns}]
        mute = [each for each in people if not any(each.contacts.get(way) for way in self.options.ways)]
        wrong = [
            *([f"nobody is on call as {role} {_named(missing)}"] if missing else []),
            *(f"{each} is on call and has no {' or '.join(self.options.ways)} in team.yaml" for each in mute),
        ]
        unknown = [f"who has no role {role} in team.yaml does not count: {_named(strangers)}"] if strangers else []
        there = f"on call as {role} for {duration(until - since)}, until {said(until, zone)}: {_names(people)}"
        says = "; ".join([*(wrong or [there]), *unknown])
        evidence = {"role": role, "from": _moment(since), "until": _moment(until), "turns": self._turns(team, turns)}
        return Found(says, evidence=evidence, verdict=Verdict.FAIL if wrong else None)

    def _turns(self, team: Team, turns: Sequence[Turn]) -> list[dict[str, str]]:
        called = {each.key: each.called for each in team.people}
        kept = (replace(turn, who=called[turn.who]) for turn in turns[:NAMED_AT_MOST])
        return [{"who": turn.who, "from": _moment(turn.since), "until": _moment(turn.until)} for turn in kept]


def _named(parts: Sequence[str]) -> str:
    more = len(parts) - NAMED_AT_MOST
    return ", ".join(parts[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")


def _names(people: Sequence[Person]) -> str:
    return _named([each.called for each in people])


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
