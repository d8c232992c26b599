"""Deciding about a severity that was declared: it is watched, people are asked, it is left, or the release goes back.

It goes on beside everything that the release does once there is a candidate, as the watch does. What was declared, what
is asked and since when comes from the record, so a crash neither forgets a time nor begins it anew. Meanwhile the
candidate gets no more traffic than it has; who sees to that is each step that would give it some.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flightrules.domain import severity_words
from flightrules.domain.errors import FlightError, NobodyAnswered, RuleFired, ShutDown
from flightrules.domain.figures import duration
from flightrules.domain.severities import AskPeople, Decision, Incident, Severity
from flightrules.domain.severity_words import BETTER, KEPT, LEFT
from flightrules.engine.attention import attended
from flightrules.engine.run import Run
from flightrules.phases import approval
from flightrules.phases.approval import Asking
from flightrules.phases.waiting import until_moment

IS_LOOKED_AT_EVERY = 60.0
"""Seconds between two looks, at most, while a severity is undecided: in a watch of weeks they may be hours apart."""


class _Worse(Exception):
    """A worse severity was declared: what was agreed about that follows."""


class Deciding:
    """What becomes of the severities of one release. `is_over` says whether what the rules of one saw is over."""

    def __init__(self, run: Run, is_over: Callable[[str], bool]) -> None:
        self._run = run
        self._is_over = is_over
        run.now(severities={level: severity_words.agreed(each) for level, each in run.plan.severities.items()})

    async def go_on(self) -> None:
        """Decide for ever. Raises `RuleFired` or `ShutDown` where a severity takes the release back."""
        while True:
            incident = self._undecided()
            if incident is None:
                await self._run.until_news()
                continue
            with suppress(_Worse):
                await attended(self._decide(incident), lambda now=incident: self._until_worse(now))  # type: ignore[misc]

    def _undecided(self) -> Incident | None:
        """Return what is to be decided; on the way back nothing is."""
        now = self._run.situation
        return None if now.going_back or now.closing or now.sealed else now.incident

    async def _until_worse(self, incident: Incident) -> None:
        while (now := self._run.situation.incident) is None or now.number == incident.number:
            await self._run.until_news()
        raise _Worse

    async def _decide(self, incident: Incident) -> None:
        agreed = self._run.plan.severities[incident.level]
        because = ""
        if agreed.watch:
            if await self._gets_better(incident, agreed):
                return await self._goes_on(incident, BETTER)
            because = severity_words.no_better(agreed)
        if isinstance(agreed.then, AskPeople):
            return await self._ask(incident, agreed.then, because)
        await self._carry_out(agreed.then, incident, because)

    async def _gets_better(self, incident: Incident, agreed: Severity) -> bool:
        """Watch for as long as agreed; what a person declared is over only when a person says so."""
        text = f"{incident.text}; {severity_words.agreed(agreed)}"
        await self._run.tell(text, urgent=True, key=f"{incident.key}/watched")
        until = asyncio.ensure_future(until_moment(self._run, incident.at + agreed.watch))
        until.add_done_callback(lambda _: self._run.news.set())
        try:
            while not until.done():
                if incident.rule and self._is_over(incident.level):
                    return True
                await self._run.until_news()
            return False
        finally:
            until.cancel()
            await asyncio.gather(until, return_exceptions=True)

    async def _ask(self, incident: Incident, agreed: AskPeople, because: str) -> None:
        asking = Asking(
            incident.key,
            f"{incident.text}{because}; approving lets the release go on, rejecting takes it back, "
            f"and without an answer within {duration(agreed.within)} {_OTHERWISE[agreed.otherwise]}",
            agreed.roles,
            about=incident.level,
            within=agreed.within,
            remind=agreed.remind,
            otherwise=_OTHERWISE[agreed.otherwise],
        )  # fmt: skip
        try:
            answered = await approval.answered(self._run, asking)
        except NobodyAnswered:
            return await self._carry_out(agreed.otherwise, incident, because + severity_words.nobody_answered(agreed))
        if answered["approved"]:
            return await self._goes_on(incident, KEPT, approval.by(answered))
        await self._carry_out(Decision.ROLL_BACK, incident, f"{because}; rejected by {approval.by(answered)}")

    async def _carry_out(self, decision: Decision, incident: Incident, because: str) -> None:
        if decision is not Decision.FIX_FORWARD:
            raise self._run.call_back(self._failure(decision, incident, because))
        await self._goes_on(incident, LEFT)

    def _failure(self, decision: Decision, incident: Incident, because: str) -> FlightError:
        """Return what takes the release back. Of a rule, what it saw began before the severity was declared."""
        since = self._run.clock.now() - incident.at + incident.lasted
        seen: dict[str, Any] = {"rule": incident.rule, "service": incident.service, "detect_seconds": round(since, 3)}
        failure = ShutDown if decision is Decision.SHUT_DOWN else RuleFired
        return failure(f"{incident.text}{because}", severity=incident.level, **(seen if incident.rule else {}))

    async def _goes_on(self, incident: Incident, how: str, by: str = "") -> None:
        await self._run.tell(
            f"{incident.text}; {severity_words.goes_on(how, by)}", urgent=False, key=f"{incident.key}/goes-on"
        )
        self._run.settle(how, by)


_OTHERWISE = {
    Decision.FIX_FORWARD: "the release goes on",
    Decision.ROLL_BACK: "the release goes back",
    Decision.SHUT_DOWN: "the services are shut down",
}
