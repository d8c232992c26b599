"""Listening to people: what they ask of a release from another terminal, taken as it arrives.

What was asked is recorded before it counts as taken, and what follows from it is read from the record: a crash
at any moment loses no request and carries none out twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Protocol

from flightrules.domain import signals
from flightrules.domain.signals import Answer, Ask, Signal
from flightrules.engine import taken
from flightrules.engine.under_way import UnderWay

ASKED_AGAIN_WITHIN = 30.0
"""Seconds in which a process that goes on with a release has asked again what an earlier one had asked."""

SOON = 0.1


class Inbox(Protocol):
    """Where requests of people arrive."""

    def waiting(self, release: str) -> tuple[Signal, ...]:
        """Return the requests for `release` that nobody took yet, in order."""

    def take(self, number: int, answer: str) -> None:
        """Mark a request as taken, with the words for the person who sent it."""

    async def arrival(self) -> None:
        """Return when something may have arrived."""


class Listening:
    """Takes requests while work goes on; raises when one ends the release."""

    def __init__(self, run: UnderWay, inbox: Inbox) -> None:
        self._run = run
        self._inbox = inbox
        self._began = run.clock.monotonic()

    def before_anything_else(self) -> None:
        """Take what must not wait for the next effect to begin. Raises what the release is called back for.

        What is about a stage waits until its hold is on: only then can it be answered.
        """
        called_back = self._run.called_back()
        if called_back is not None:
            raise called_back
        for signal in _cannot_wait(self._inbox.waiting(self._run.id)):
            self._take(signal)

    def after_everything_else(self) -> None:
        """Answer whatever came too late, so that nobody waits for an answer for ever."""
        for signal in self._inbox.waiting(self._run.id):
            self._take(signal)

    async def go_on(self) -> None:
        """Listen for ever. Raises `Aborted` or `ShutDown` when the release is called back."""
        while True:
            early = False
            for signal in self._inbox.waiting(self._run.id):
                if self._comes_early(signal):
                    early = True
                else:
                    self._take(signal)
            await (self._soon() if early else self._inbox.arrival())

    def _comes_early(self, signal: Signal) -> bool:
        """Whether `signal` answers what this process has not asked again yet, after the one that asked had died."""
        now = self._run.situation
        if signal.ask is Ask.SUPERSEDE and not now.watching and not now.going_back and not now.closing:
            return self._run.recorded("watch/started") is not None and self._has_just_begun()
        if signal.ask not in (Ask.APPROVE, Ask.REJECT) or now.questions or now.going_back or now.closing:
            return False
        asked = self._run.ledger.last(self._run.id, "question.asked")
        key = (asked.event.key or "").removesuffix("/asked") if asked else ""
        # About a severity people are asked again in every step, and not only by a process that has just begun.
        again = self._has_just_begun() or (now.incident is not None and key == now.incident.key)
        return again and bool(key) and self._run.recorded(f"{key}/answered") is None

    def _has_just_begun(self) -> bool:
        return self._run.clock.monotonic() - self._began <= ASKED_AGAIN_WITHIN

    async def _soon(self) -> None:
        """Return when something may have arrived, or after a moment."""
        arrival = asyncio.ensure_future(self._inbox.arrival())
        moment = asyncio.ensure_future(self._run.clock.sleep(SOON))
        try:
            await asyncio.wait({arrival, moment}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (arrival, moment):
                each.cancel()
            await asyncio.gather(arrival, moment, return_exceptions=True)

    def _take(self, signal: Signal) -> None:
        answer = self._answer(signal)
        kind = "signal.taken" if answer.taken else "signal.refused"
        self._run.record(
            kind,
            f"signals/{signal.number}",
            actor=signal.actor,
            kind_=str(signal.ask),
            arguments=dict(signal.arguments),
            answer=answer.text,
            **({"question": answer.question, "role": answer.role} if answer.question else {}),
            waited=round(self._run.clock.now() - signal.sent_at, 3),
        )
        # Taken only once what follows from it is on record; what calls the release back is raised after that.
        called_back = taken.carry_out(self._run, signal, answer) if answer.taken else None
        self._inbox.take(signal.number, answer.text)
        if called_back is not None:
            raise called_back

    def _answer(self, signal: Signal) -> Answer:
        """Return what becomes of `signal`; what it answered or stated right before a crash, it does still."""
        entry = self._run.ledger.find(self._run.id, f"signals/{signal.number}")
        said = entry.event.data if entry and entry.event.kind == "signal.taken" else {}
        if said.get("question"):
            return Answer(True, said["answer"], said["question"], said["role"])
        return signals.answer(signal, self._run.situation)


def _cannot_wait(waiting: Sequence[Signal]) -> Iterable[Signal]:
    """Return everything up to what calls the release back; where nothing does, what comes first and keeps it still."""
    if any(signal.ask in signals.ENDS_THE_RELEASE for signal in waiting):
        return waiting
    return takewhile(lambda signal: signal.ask in (Ask.PAUSE, Ask.SEVERITY), waiting)
