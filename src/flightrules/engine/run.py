"""A release under way: what every phase of the runbook gets.

It owns how a step is carried out (recorded before and after, once, attended to by people and rules), and what
happens when one fails in a way that no rule names: the release holds. It refuses to know what the steps do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flightrules.domain import errors
from flightrules.domain.errors import FlightError
from flightrules.domain.plan import Plan
from flightrules.domain.stating import stateable
from flightrules.domain.traffic import Version
from flightrules.engine import broken_record
from flightrules.engine.attention import Standing, attended
from flightrules.engine.database_run import DatabaseRun
from flightrules.engine.durable import Json
from flightrules.engine.given import Asked, Kept, Means
from flightrules.engine.people import Listening
from flightrules.engine.under_way import UnderWay
from flightrules.ports.metric_source import MetricSource
from flightrules.ports.router import Router
from flightrules.ports.target import Target

NAMED = (
    errors.Frozen,
    errors.GateFailed,
    errors.ApprovalRefused,
    errors.CandidateFailed,
    errors.StageFailed,
    errors.VerificationFailed,
    errors.WatchFailed,
    errors.RuleFired,
    errors.Aborted,
    errors.ShutDown,
    errors.ReturnRefused,
    errors.MigrationRefused,
    errors.MigrationFailed,
    errors.RestoreNotDone,
)
"""The failures that the stories answer. Every other one leads to a hold: rule 6 of the twelve."""

TRY_BACK_AGAIN = 10.0
"""Seconds until the way back tries again by itself; it never gives up."""


@dataclass(frozen=True)
class ServiceRun:
    """One service in this release. `stable` is None when nothing served before."""

    name: str
    candidate: Version
    stable: Version | None
    target: Target
    router: Router
    address: str
    drain: float
    keep_previous: float
    sources: Mapping[str, MetricSource]
    """Where the metrics of this service come from, by metric; `router` stands for all that it counts."""

    def version(self, key: str) -> Version | None:
        """Return the version of this release with `key`."""
        return next((each for each in (self.candidate, self.stable) if each and each.key == key), None)


@dataclass(frozen=True)
class TimedPhase:
    """A phase whose time was agreed on: `budget` tells people when it takes too long, `end` puts its end on record."""

    budget: Standing
    end: Callable[[], Awaitable[Any]]


class Run(UnderWay):
    """One release under way, with everything that it is carried out with."""

    def __init__(
        self,
        asked: Asked,
        plan: Plan,
        services: Sequence[ServiceRun],
        databases: Sequence[DatabaseRun] = (),
        *,
        kept: Kept,
        means: Means,
    ) -> None:
        version = services[0].candidate.digest if services else ""
        super().__init__(
            asked.release, version, ledger=kept.ledger, fence=means.fence, clock=means.clock, notifiers=means.notifiers
        )
        self.asked = asked
        self.plan = plan
        self.services = tuple(services)
        self.databases = tuple(databases)
        tried = kept.ledger.last(asked.release, "stage.started") is not None
        self.situation = replace(self.situation, stateable=stateable(plan, asked.by), tried=tried)
        self.kept = kept
        self.means = means
        self.overtime: Standing | None = None
        """Tells people when the way back takes longer than agreed; set once it began."""
        self.phase: TimedPhase | None = None
        self.first: Callable[[], Awaitable[None]] | None = None
        """What this process sees to before the step that is its first; a way back has no time for it."""
        self.watch: Standing | None = None
        """Looks at the metrics; set once the candidate gets traffic."""
        self.first_sign: float | None = None
        """The last moment before the candidate failed its first request (seconds since 1970); set by the watch."""
        self._told = ""
        """Why the release held last: on the way back people are told once, and not at every attempt."""
        self._listening = Listening(self, means.inbox)

    @property
    def held_because(self) -> str:
        """Why the release holds at this moment; empty while it does not."""
        return self._told if self.situation.held else ""

    def answer_latecomers(self) -> None:
        """Tell whoever asked something after the last step that the release has ended."""
        self._listening.after_everything_else()

    async def step(self, name: str, effect: Callable[[], Awaitable[Any]]) -> Any:
        """Carry out `effect` once, and return its JSON-ready result.

        `name` comes from the plan and is unique in the release. Intent and result are in the ledger before
        and after. A person or a rule may end it at any moment; a failure that no story answers holds the
        release until somebody resumes (the step is then tried again) or calls it back.
        """
        attempt = 1
        while True:
            attempted = f"{name}/{attempt}"
            outcome = await self.kept.durable.step(attempted, lambda key=attempted: self._carry_out(key, name, effect))  # type: ignore[misc]
            failure = _failure(outcome)
            if failure is None:
                return outcome.get("result")
            if isinstance(failure, NAMED):
                raise failure
            await self._hold(attempted, failure)
            attempt += 1

    async def _carry_out(self, key: str, name: str, effect: Callable[[], Awaitable[Any]]) -> Json:
        before = self.recorded(f"{key}/ended")
        if before is not None:  # it had ended when a crash came before the engine could remember it
            return _outcome_in(before)
        earlier = self.ledger.find(self.id, f"{key}/started")  # of a process that died over it: its time counts too
        self.record("step.started", f"{key}/started", step=name)
        began = self.clock.monotonic() - (max(self.clock.now() - earlier.at, 0.0) if earlier else 0.0)
        outcome = await self._outcome_of(lambda: self._heeding_the_record(effect), self.watch)
        kind = "step.failed" if "error" in outcome else "step.ended"
        seconds = round(self.clock.monotonic() - began, 3)
        # What the engine remembers comes from the record, where secrets are masked.
        return _outcome_in(self.record(kind, f"{key}/ended", step=name, seconds=seconds, **outcome).event.data)

    async def _heeding_the_record(self, effect: Callable[[], Awaitable[Any]]) -> Any:
        await broken_record.heed(self)
        return await effect()

    async def _outcome_of(self, effect: Callable[[], Awaitable[Any]], watch: Standing | None) -> dict[str, Any]:
        """Return `result`, or `error` where the effect, a person or a rule ended it. People outrank the rules."""
        try:
            self.fence.check()
            self._listening.before_anything_else()
            return {"result": await attended(self._after_what_comes_first(effect), *self._standing(watch))}
        except errors.Fenced:
            raise
        except FlightError as failure:
            return {"error": errors.to_record(failure)}
        except Exception as surprise:  # noqa: BLE001 - the engine's edge: rule 6 turns it into a hold
            return {"error": errors.to_record(_unexpected(surprise))}

    async def _after_what_comes_first(self, effect: Callable[[], Awaitable[Any]]) -> Any:
        first, self.first = self.first, None
        if first is not None and not self.situation.going_back and not self.situation.closing:
            await first()
        return await effect()

    def _standing(self, watch: Standing | None) -> tuple[Standing, ...]:
        if not self.situation.going_back and not self.situation.closing:
            budget = self.phase.budget if self.phase else None
            return tuple(each for each in (self._listening.go_on, watch, budget) if each)
        watching = None if watch is None else lambda: self._as_long_as_it_works(watch)
        return tuple(each for each in (self._listening.go_on, watching, self.overtime) if each)

    async def _as_long_as_it_works(self, watch: Standing) -> None:
        """Watch on the way back, where a watch that breaks must not stand in the way."""
        try:
            await watch()
        except errors.Fenced:
            raise
        except Exception as broken:  # noqa: BLE001 - the engine's edge: going back matters more than looking
            self.watch = None
            await self.tell(f"nobody looks at the metrics any more: {_unexpected(broken).what}", urgent=True)
        await asyncio.Event().wait()

    async def _hold(self, key: str, failure: FlightError) -> None:
        """Hold until a person resumes. Raises what the release is called back for."""
        watch, number = self.watch, 1
        while True:
            held = f"{key}/hold" if number == 1 else f"{key}/hold-{number}"
            outcome = await self.kept.durable.step(held, lambda h=held, f=failure, w=watch: self._held(h, f, w))  # type: ignore[misc]
            ended = _failure(outcome)
            if ended is None:
                return
            if isinstance(ended, NAMED):
                raise ended
            # Even waiting failed, so the watch itself is broken: people are told, and asked without it.
            failure, watch, number = ended, None, number + 1

    async def _held(self, key: str, failure: FlightError, watch: Standing | None) -> Json:
        self.record("release.held", key, why=failure.what, do=failure.do, details=dict(failure.details))
        self.now(held=key)
        try:
            outcome = await self._outcome_of(lambda: self._until_resumed(key, failure), watch)
            return self.ledger.presentable(outcome)
        finally:
            self.now(held=None)

    async def _until_resumed(self, key: str, failure: FlightError) -> None:
        """Tell people, and wait for one who resumes; on the way back for ten seconds at most."""
        if not (self.situation.going_back and failure.what == self._told):  # it tries again every few seconds
            await self.tell(f"the release holds: {failure.what}", urgent=True, key=f"{key}/told")
        self._told = failure.what
        again = asyncio.ensure_future(self._time_to_try_again())
        try:
            while self.recorded(f"{key}/resumed") is None and not again.done():
                await self.until_news()
        finally:
            again.cancel()

    async def _time_to_try_again(self) -> None:
        if not self.situation.going_back:
            await asyncio.Event().wait()
        await self.clock.sleep(TRY_BACK_AGAIN)
        self.news.set()


def _outcome_in(data: Mapping[str, Any]) -> Json:
    return {"error": data["error"]} if "error" in data else {"result": data.get("result")}


def _failure(outcome: Json) -> FlightError | None:
    return errors.from_record(outcome["error"]) if "error" in outcome else None


def _unexpected(surprise: Exception) -> errors.Unexpected:
    return errors.Unexpected(
        f"{type(surprise).__name__}: {surprise}",
        "look at what it says; then `flight resume` tries again, `flight abort` takes the release back",
    )
