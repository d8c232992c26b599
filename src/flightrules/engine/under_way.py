"""What is known of a release under way, and what has happened to it: always read from the record, or put there.

Whatever must survive a crash goes through here; what is only in memory follows from the record again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from flightrules.domain import errors
from flightrules.domain.errors import FlightError
from flightrules.domain.events import MACHINE, Entry, Event
from flightrules.domain.severities import Incident, worse
from flightrules.domain.signals import Situation
from flightrules.ledger.ledger import Ledger
from flightrules.ports.clock import Clock
from flightrules.ports.fence import Fence
from flightrules.ports.notifier import Notice, Notifier

TELLING_TAKES = 5.0
"""Seconds that a notifier gets."""


SEALED = "sealed"
"""The key of the event from which on nothing takes the release back."""


class UnderWay:
    """A release under way: its record, what it is doing now, and how people are told."""

    def __init__(
        self,
        release: str,
        version: str,
        *,
        ledger: Ledger,
        fence: Fence,
        clock: Clock,
        notifiers: Sequence[Notifier] = (),
    ) -> None:
        self.id = release
        self.version = version
        """The digest of what is released: every event carries it."""
        self.ledger = ledger
        self.fence = fence
        self.clock = clock
        self.situation = Situation(
            paused=_was_paused(ledger, release),
            sealed=ledger.find(release, SEALED) is not None,
            incident=_undecided(ledger, release),
        )
        self.news = asyncio.Event()
        """Set whenever a look or a signal may have changed what the release waits for."""
        self.onward = False
        """Whether the story brings something new into service; a story that brings back what served does not."""
        self._notifiers = tuple(notifiers)
        self._deliveries: set[asyncio.Future[None]] = set()

    @property
    def goes_onward(self) -> bool:
        """Whether something new is being brought into service at this moment, and not taken back."""
        return self.onward and not self.situation.going_back and not self.situation.closing

    def record(self, kind: str, key: str | None = None, actor: str = MACHINE, **data: Any) -> Entry:
        """Append an event of this release to the ledger; one with a `key` only once.

        Raises `Fenced` when another process drives the release by now: the record is that one's to write.
        """
        self.fence.check()
        event = Event(kind=kind, release=self.id, data=data, actor=actor, version=self.version, key=key)
        return self.ledger.append(event)

    def recorded(self, key: str) -> Mapping[str, Any] | None:
        """Return the data of the event with `key`, or None if it did not happen yet."""
        entry = self.ledger.find(self.id, key)
        return None if entry is None else entry.event.data

    def now(self, **changes: Any) -> None:
        """Change what the release is doing (fields of `Situation`), and wake who waits for news."""
        self.situation = replace(self.situation, **changes)
        self.news.set()

    def call_back(self, failure: FlightError) -> FlightError:
        """Put on record that the release is called back, so that no crash can forget it; the caller raises."""
        key = "shut-down" if isinstance(failure, errors.ShutDown) else "called-back"
        self.record("release.called_back", key, failure=errors.to_record(failure))
        return failure

    def called_back(self) -> FlightError | None:
        """Return why the release was called back, as long as it is not on its way; a shutdown outranks the rest."""
        shut_down = None if self.situation.closing else self.recorded("shut-down")
        called = None if self.situation.going_back or self.situation.closing else self.recorded("called-back")
        if shut_down is not None:
            return _why(shut_down, errors.ShutDown("the services were shut down; the record of why was changed"))
        if called is not None:
            return _why(called, errors.Aborted("the release was called back; the record of why was changed"))
        return None

    def declare(self, level: str, says: str, key: str, actor: str = MACHINE, **about: Any) -> Incident | None:
        """Put on record, as `key`, that a severity was declared; return it.

        None where that was done before, or where one that is as bad is not decided yet: that one goes on.
        """
        undecided = self.situation.incident
        if self.recorded(key) is not None or (undecided is not None and not worse(level, undecided.level)):
            return None
        last = self.ledger.last(self.id, "severity.declared")
        number = last.event.data["number"] + 1 if last else 1
        follows = self.situation.severities.get(level, "")
        self.record("severity.declared", key, actor, number=number, level=level, says=says, follows=follows, **about)
        incident = _undecided(self.ledger, self.id)
        self.now(incident=incident)
        return incident

    def settle(self, how: str, by: str = "") -> None:
        """Put on record that the release goes on although a severity was declared: `how` that was decided, by whom."""
        incident = self.situation.incident
        if incident is not None:
            about: dict[str, Any] = {"number": incident.number, "level": incident.level, "says": incident.says}
            self.record("severity.ended", f"{incident.key}/ended", how=how, by=by, **about)
            self.now(incident=None)

    async def until_news(self) -> None:
        """Wait for the next look or signal."""
        await self.news.wait()
        self.news.clear()

    async def tell(self, text: str, *, urgent: bool, role: str | None = None, key: str | None = None) -> None:
        """Tell people. What was told is recorded; that telling failed is recorded too and changes nothing.

        Nothing waits for a notifier: a release is not later because of the news about it.
        """
        if key is not None and self.recorded(key) is not None:
            return
        told = self.record("people.told", key, text=text, urgent=urgent, role=role).event.data
        # What people are told comes from the record, where secrets are masked.
        notice = Notice(self.id, told["text"], urgent, role)
        for notifier in self._notifiers:
            delivery = asyncio.ensure_future(self._deliver(notice, notifier))
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._deliveries.discard)

    async def news_is_out(self) -> None:
        """Return when everything that people are told was delivered, or could not be."""
        await asyncio.gather(*self._deliveries)

    async def _deliver(self, notice: Notice, notifier: Notifier) -> None:
        telling = asyncio.ensure_future(notifier.tell(notice))
        time_over = asyncio.ensure_future(self.clock.sleep(TELLING_TAKES))
        try:
            await asyncio.wait({telling, time_over}, return_when=asyncio.FIRST_COMPLETED)
            if not telling.done():
                raise TimeoutError(f"it took longer than {TELLING_TAKES:g} s")
            telling.result()
        except Exception as error:  # noqa: BLE001 - news never decides a release
            with suppress(FlightError):  # the lease has passed on, or the disk is full: nobody waits for this
                self.record("people.not_told", text=notice.text, why=str(error) or type(error).__name__)
        finally:
            telling.cancel()
            time_over.cancel()

    async def unpaused(self) -> None:
        """Return as soon as the release is not paused; on the way back a pause means nothing any more."""
        while self.situation.paused and not self.situation.going_back and not self.situation.closing:
            await self.until_news()

    async def decided(self) -> None:
        """Return as soon as no severity is undecided: before that the candidate gets no more than it has."""
        while self.situation.incident is not None and not self.situation.going_back and not self.situation.closing:
            await self.until_news()


def _why(recorded: Mapping[str, Any], unreadable: FlightError) -> FlightError:
    """Return the failure that was recorded; that somebody changed the record since calls nothing off."""
    try:
        return errors.from_record(recorded["failure"])
    except (KeyError, TypeError, AttributeError):
        return unreadable


def _was_paused(ledger: Ledger, release: str) -> bool:
    paused = False
    for entry in ledger.entries(release=release):
        if entry.event.kind in ("release.paused", "release.resumed"):
            paused = entry.event.kind == "release.paused"
    return paused


def _undecided(ledger: Ledger, release: str) -> Incident | None:
    """Return the severity that was declared last, unless it is decided: a worse one takes the place of those before."""
    declared = ledger.last(release, "severity.declared")
    if declared is None:
        return None
    said = declared.event.data
    about = {name: said[name] for name in ("rule", "service", "lasted", "look") if name in said}
    incident = Incident(said["number"], said["level"], said["says"], declared.at, **about)
    return None if ledger.find(release, f"{incident.key}/ended") else incident
