"""Watching: look at every metric on schedule, let the judges look, and do what they ask.

It goes on beside everything that the release does once the candidate gets traffic: holding, shifting,
verifying, waiting for people. Every look is stored before anybody judges it, so that after a crash the judges
are shown the same looks again and come to the same state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flightrules.domain import observations, observing, passing
from flightrules.domain.errors import RuleFired, ShutDown
from flightrules.domain.hold_looks import HoldLooks
from flightrules.domain.judges import Judge
from flightrules.domain.plan import Action, Do, LookSchedule, Stage
from flightrules.domain.rules import RulesJudge
from flightrules.domain.signals import Ask
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import CANDIDATE, STABLE, Answer, Finding, Observation, Verdict
from flightrules.engine.run import Run, ServiceRun
from flightrules.phases.asking import PatientSource
from flightrules.ports.metric_source import Question

GAP = 2.5
"""A look later than this many intervals says nothing about the time before it: the hold does not count it."""


@dataclass
class Stay:
    """A visit of a stage, as far as it was watched: `held` seconds, without pauses and gaps."""

    name: str
    looks: LookSchedule
    hold: float
    seen: HoldLooks
    held: float = 0.0

    def add(self, look: Observation, previous: Observation | None, paused: bool) -> None:
        """Count one more look of this visit."""
        self.seen.add(look)
        if previous is None or previous.stage != self.name or paused:
            return
        self.held += min(look.at - previous.at, GAP * max(look.interval, 0.001))

    def begin_again(self) -> None:
        """Count from zero."""
        self.held = 0.0
        self.seen.clear()

    def next_in(self) -> float:
        """Return the seconds to the next look; the hold ends with a look of its own."""
        every = self.looks.every(self.held)
        left = self.hold - self.held
        return min(every, left) if left > 0 else every


class Watching:
    """The eyes of one release."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._sources = {
            (service.name, metric): PatientSource(source, run.clock)
            for service in run.services
            for metric, source in service.sources.items()
        }
        self._judges: tuple[Judge, ...] = (RulesJudge(run.plan),)
        self._recent: tuple[Observation, ...] = ()
        self._last: Observation | None = None
        self._before: tuple[Observation, ...] = ()
        """The first look of the release: what a metric read before the candidate had traffic."""
        self._stay = Stay("", run.plan.stages[0].looks, 0.0, HoldLooks((), run.plan))
        self._next_at: float | None = None
        self._trouble_told: str | None = None
        self._replayed = False
        self._to_step_back: tuple[Finding, Action] | None = None
        self.stages_are_over = False
        """Set after the last stage: there is no stage left to step back to."""

    @property
    def held(self) -> float:
        """Seconds of this visit's hold that were watched."""
        return self._stay.held

    def enter(self, visit: str, stage: Stage) -> None:
        """Begin to watch a visit of a stage, or go on with one that a crash interrupted."""
        self._replay()
        self._stay = Stay(visit, stage.looks, stage.hold, HoldLooks(stage.passes, self._run.plan))
        previous = None
        again = self._begun_again(visit)
        for stored in self._run.observations.of(self._run.id, visit):
            look = observations.from_record(stored.record)
            self._stay.add(look, previous, bool(stored.record.get("paused")))
            previous = look
            if look.at in again:
                self._stay.begin_again()
        self._next_at = None
        if self._to_step_back is not None:
            self._step_back(*self._to_step_back)
            self._to_step_back = None

    def _begun_again(self, visit: str) -> set[float]:
        """Return the moments at which a rule made the hold of this visit begin again."""
        entries = self._run.ledger.entries(release=self._run.id)
        again = (e.event.data for e in entries if e.event.kind == "stage.began_again")
        return {data["at"] for data in again if data["visit"] == visit}

    def passes(self, stage: Stage) -> tuple[Verdict, str]:
        """Return what the `pass` conditions say of the whole hold, and in words why."""
        return passing.judge(stage.passes, self._stay.seen.looks, self._run.plan, self._before)

    async def go_on(self) -> None:
        """Look for ever. Raises `RuleFired` or `ShutDown` when a rule calls the release back."""
        self._replay()
        clock = self._run.clock
        while True:
            if self._next_at is None:
                self._next_at = clock.now()
            await clock.sleep(self._next_at - clock.now())
            await self._look()

    async def _look(self) -> None:
        interval = self._stay.next_in() if self._last else 0.0
        at = self._run.clock.now()
        answers = await self._answers()
        when = observing.When(at, self._stay.name, interval)
        look = observing.build_observation(when, self._versions(), answers, self._recent, self._run.plan)
        self._keep(look)
        self._next_at = max(at + self._stay.next_in(), self._run.clock.now())
        self._run.news.set()
        await self._tell_of_trouble()
        if not self._run.situation.going_back and not self._run.situation.closing:
            for judge in self._judges:
                await self._act_on(judge.look(look))

    def _keep(self, look: Observation) -> None:
        paused = self._run.situation.paused
        self._run.observations.add(self._run.id, {**observations.to_record(look), "paused": paused})
        self._stay.add(look, self._last, paused)
        self._remember(look)

    async def _tell_of_trouble(self) -> None:
        """Tell people once when the record can hardly be written any more; that very telling was still possible."""
        trouble = self._run.trouble()
        if trouble is not None and trouble != self._trouble_told:
            await self._run.tell(trouble, urgent=True)
        self._trouble_told = trouble

    def _remember(self, look: Observation) -> None:
        if self._run.first_sign is None and _candidate_failed_a_request(look):
            self._run.first_sign = (self._last or look).at
        self._last = look
        self._before = self._before or (look,)
        self._recent = observing.recent((*self._recent, look), self._run.plan.window)

    def _replay(self) -> None:
        """Show the judges every look from before a crash; what they say was acted on then."""
        if self._replayed:
            return
        self._replayed = True
        for stored in self._run.observations.of(self._run.id):
            look = observations.from_record(stored.record)
            self._remember(look)
            for judge in self._judges:
                judge.look(look)

    async def _answers(self) -> dict[tuple[str, str], Answer]:
        asked = list(self._sources)
        within = self._stay.next_in()
        answers = await asyncio.gather(*(self._sources[key].ask(self._question(key[0]), within) for key in asked))
        return dict(zip(asked, answers, strict=True))

    def _question(self, service: str) -> Question:
        return Question(service, self._versions()[service])

    def _versions(self) -> dict[str, dict[str, Version]]:
        return {service.name: _parts(service) for service in self._run.services}

    async def _act_on(self, findings: Sequence[Finding]) -> None:
        """Do what the findings ask for, the strongest first: what ends the release must not wait for the rest."""
        asking = [finding for finding in findings if finding.action is not None]
        order = list(Do)
        for finding in sorted(asking, key=lambda each: -order.index(each.action.do if each.action else Do.WARN)):
            assert finding.action is not None
            await self._do(finding, finding.action)

    async def _do(self, finding: Finding, action: Action) -> None:
        run, seen = self._run, self._last
        assert seen is not None
        key = f"rules/{finding.rule_text}/{finding.service}/{seen.at:.3f}"
        run.record("rule.fired", key, rule=finding.rule_text, says=finding.says, action=str(action))
        if action.do is Do.STEP_BACK and not self.stages_are_over:
            self._step_back(finding, action)
            visit = run.situation.visit or "next"
            await run.tell(f"{action}: {finding.says}", urgent=True, key=f"{visit}/{action}/told")
        elif action.do in (Do.ROLL_BACK, Do.STEP_BACK, Do.SHUT_DOWN):
            details: dict[str, Any] = {
                "rule": finding.rule_text,
                "service": finding.service,
                "detect_seconds": round(finding.lasted, 3),
            }
            failure = ShutDown if action.do is Do.SHUT_DOWN else RuleFired
            raise run.call_back(failure(finding.says, **details))
        elif action.do is Do.PAUSE:
            if not run.situation.paused:
                run.record("release.paused", f"{key}/paused", why=finding.says)
                run.now(paused=True)
            await run.tell(f"paused: {finding.says}", urgent=True)
        else:
            await run.tell(finding.says, urgent=action.do is Do.PAGE, role=action.to)

    def _step_back(self, finding: Finding, action: Action) -> None:
        """End the hold that is on; at the stage to step back to, or before it, the hold begins again instead.

        Between two holds it waits for the next one.
        """
        run, now = self._run, self._run.situation
        if now.visit is None:
            self._to_step_back = finding, action
        elif action.to in now.earlier:
            run.record("stage.decided", f"{now.visit}/decided", ask=str(Ask.STEP_BACK), to=action.to, says=finding.says)
            run.now()
        elif self._last is not None:
            run.record("stage.began_again", visit=now.visit, at=self._last.at, says=finding.says)
            self._stay.begin_again()


def _candidate_failed_a_request(look: Observation) -> bool:
    return any(
        counted.bad > 0
        for service, versions in look.counters.items()
        for key, counted in versions.items()
        if key == look.roles[service].get(CANDIDATE)
    )


def _parts(service: ServiceRun) -> dict[str, Version]:
    parts = {CANDIDATE: service.candidate}
    return parts if service.stable is None else {**parts, STABLE: service.stable}
