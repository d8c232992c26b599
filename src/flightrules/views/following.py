"""Following a release: its view as often as one likes, each time reading only what is new.

A view of a release that holds costs some hundred microseconds, however long the release has been under way.
"""

from __future__ import annotations

import os
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from flightrules.domain import health
from flightrules.domain.plan import WATCH, Plan, Stage
from flightrules.state.releases import Release
from flightrules.views import course as courses
from flightrules.views import course_events, hints, outlook, stating_words
from flightrules.views.comparing import Comparisons
from flightrules.views.course import Course
from flightrules.views.model import (
    DriverView,
    EventView,
    HoldView,
    ReleaseView,
    ServiceView,
    StageStatus,
    State,
    WatchView,
    WritesView,
)
from flightrules.views.readings import Readings
from flightrules.views.wording import Cast, words

if TYPE_CHECKING:
    from flightrules.records import Records

T = TypeVar("T")

EVENTS = 50
"""So many of the last events a view carries."""


class Following:
    """One release, followed from its first event on."""

    def __init__(self, records: Records, plan: Plan, release: Release) -> None:
        self._records = records
        self._release = release
        self._course = courses.begin(plan, release)
        self._readings = Readings(plan)
        self._comparisons = Comparisons()
        self._cast = Cast({name: (p.candidate, p.stable) for name, p in self._course.services.items()})
        self._entry = self._look = self._increment = 0
        self._recorded_at = release.created_at
        self._events: deque[EventView] = deque(maxlen=EVENTS)
        self.new: tuple[EventView, ...] = ()
        """The events that the last `view` was the first to see."""

    @property
    def release(self) -> str:
        """The id of the release."""
        return self._release.id

    def view(self) -> ReleaseView:
        """Return the release as it is now. Raises `StateUnusable`."""
        driver = self._driver()  # first: a release that ends in the meantime must not look as if nobody drove it
        self._read_events()
        for look in self._records.observations.of(self.release, after=self._look):
            self._look = look.number
            self._readings.add(look.record)
            self._comparisons.latencies.add(look.record)
        for increment in self._records.increments.of(self.release, after=self._increment):
            self._increment = increment.look
            self._comparisons.add(increment)
        return self.as_typed(self._view(self._records.state.clock.now(), driver))

    def as_typed(self, said: T) -> T:
        """Return a text or a view with its commands as they are to be typed: of a rehearsal they name its state."""
        rehearsing = self._release.rehearsing
        if rehearsing is None:
            return said
        # Where nothing is in service, what ends everything that runs has no version either.
        candidate = next((parts.candidate for parts in self._course.services.values()), "VERSION")
        state = os.path.relpath(self._records.state.folder)
        return hints.of_rehearsal(said, state, hints.command(rehearsing, candidate))

    def _read_events(self) -> None:
        new = []
        for entry in self._records.ledger.entries(self.release, after=self._entry):
            self._entry, self._recorded_at = entry.number, entry.at
            course_events.follow(self._course, entry)
            if entry.event.kind == "stage.began_again":
                self._readings.begin_again(entry.event.data["at"])
            said = words(entry, self._cast)
            if said is not None:
                new.append(EventView(entry.number, entry.at, entry.event.kind, entry.event.actor, said.tone, said.text))
        self._events.extend(new)
        self.new = self.as_typed(tuple(new))

    def _driver(self) -> DriverView | None:
        holder = self._records.lease.holder()
        return None if holder is None else _driver(holder)

    def _last_sign_of_life(self) -> float:
        """Return when whoever drives the release recorded something last: a look or an event."""
        return max(self._recorded_at, self._readings.last.at if self._readings.last else 0.0)

    def _view(self, now: float, driver: DriverView | None) -> ReleaseView:
        course, readings = self._course, self._readings
        state, driven = outlook.state_of(course), driver is not None
        holding = _held_against(course)
        metrics = readings.metrics(holding)
        course.unsaid = stating_words.missing(metrics, holding.passes if holding else (), course.plan)
        return ReleaseView(
            id=self.release,
            story=course.story,
            plan=self._release.plan,
            rehearsal=str(self._release.rehearsing or ""),
            reason=course.reason,
            started_by=self._release.started_by,
            started_at=course.started_at,
            ended_at=course.ended_at,
            elapsed=(course.ended_at or now) - course.started_at,
            state=state,
            outcome=course.outcome,
            why=course.why,
            log=course.log,
            now=outlook.now_words(course, state),
            then=outlook.then_words(course, state, driven),
            can=outlook.commands(course, state, driven),
            to_decide=outlook.to_decide(course, state),
            driver=driver,
            unattended_since=None if driver or course.outcome else self._last_sign_of_life(),
            services=tuple(ServiceView(name, **vars(parts)) for name, parts in course.services.items()),
            stages=tuple(course.stages.values()),
            hold=self._hold(now, state, driver),
            held=course.held,
            looked_at=readings.last.at if readings.last else None,
            metrics=metrics,
            rules=readings.rules(),
            comparisons=self._comparisons.views(),
            way_back=course.way_back,
            not_restored=tuple(course.not_restored),
            events=tuple(self._events),
            watch=self._watch(now),
            severity=course.severity,
            writes_stopped=tuple(WritesView(name, since) for name, since in course.writes_stopped.items()),
        )

    def _watch(self, now: float) -> WatchView | None:
        """Return the watch with what was watched of it so far, and when people are told next."""
        watch, last, agreed = self._course.watch, self._readings.last, self._course.plan.watch
        if watch is None or agreed is None:
            return watch
        on = self._course.watched is not None
        seen = on and watch.verdict is None and last is not None and last.stage == WATCH
        following = (watch.since + at for at in health.due(agreed.reports) if watch.since + at > now)
        return replace(
            watch,
            held=self._readings.held if seen else watch.held,
            report_at=next(following, None) if on else None,
        )

    def _hold(self, now: float, state: State, driver: DriverView | None) -> HoldView | None:
        """Return the hold that is on. Between two looks the time left runs on; not in a pause, nor unattended."""
        course, last = self._course, self._readings.last
        stage = course.stages.get(course.stage or "")
        if stage is None or stage.status is not StageStatus.HOLDING:
            return None
        seen = last is not None and last.stage == course.visit
        held = self._readings.held if seen else 0.0
        since = 0.0
        if last is not None and seen and driver is not None and state is State.HOLDING:
            since = now - max(last.at, driver.since or 0.0)
        return HoldView(stage.name, stage.hold, held, max(0.0, stage.hold - held - min(since, stage.hold)))


def _held_against(course: Course) -> Stage | None:
    """Return whose `pass` conditions stand on the metrics now: those of the stage that holds, or of the watch."""
    if course.watched is not None:
        return course.plan.visited(WATCH)
    return course.plan.stage(course.stage) if course.stage else None


def _driver(holder: dict[str, Any]) -> DriverView:
    return DriverView(holder.get("pid"), holder.get("user"), holder.get("host"), holder.get("since"))
