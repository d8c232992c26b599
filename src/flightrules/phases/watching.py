"""Watching: look at every metric on schedule, and let the judges look.

It goes on beside everything that the release does once the candidate gets traffic: holding, shifting,
verifying, waiting for people. Every look is stored before anybody judges it, so that after a crash the judges
come to the same state again (`recalling`).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping

from flightrules.domain import observations
from flightrules.domain.endings import Ending, StageOrder, Waiting
from flightrules.domain.judging import Judging
from flightrules.domain.plan import WATCH, Stage
from flightrules.domain.sight import Sight
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import CANDIDATE, STABLE, TRAFFIC, Answer, Finding, Observation, Verdict
from flightrules.engine.attention import attended
from flightrules.engine.run import Run, ServiceRun
from flightrules.phases import externals, stating
from flightrules.phases.acting import Acting
from flightrules.phases.asking import PatientSource
from flightrules.phases.deciding import IS_LOOKED_AT_EVERY, Deciding
from flightrules.phases.externals import Externals
from flightrules.phases.moments import Moments
from flightrules.phases.recalling import Recalling
from flightrules.phases.reviving import Reviving
from flightrules.phases.weighing import Weighing
from flightrules.ports.metric_source import Question


class Watching:
    """The eyes of one release."""

    def __init__(self, run: Run, order: StageOrder) -> None:
        self._run = run
        self._sources = {
            (service.name, metric): PatientSource(source, run.clock)
            for service in run.services
            for metric, source in service.sources.items()
        }
        outside, first = externals.sources(run), run.services[0].name
        self._sources |= {(first, metric): PatientSource(source, run.clock) for metric, source in outside.items()}
        self._externals = Externals(run, outside)
        self._judging = Judging(run.plan)
        self._weighing = Weighing(run, self._judging)
        self._moments = Moments(run.clock)
        self._recalling = Recalling(run, self._judging, self._weighing, self._moments)
        self._reviving = Reviving(run)
        self._next_at: float | None = None
        self._trouble_told: str | None = None
        self._recalled = False
        self._unanswered: tuple[Finding, ...] = ()
        """What the judges found at the last look before a crash: it may not have been acted on."""
        self._deciding = Deciding(run, self._judging.is_over)
        self.acting = Acting(run, order, lambda: self._sight.stay.begin_again())

    @property
    def _sight(self) -> Sight:
        return self._judging.sight

    @property
    def held(self) -> float:
        """Seconds of this visit's hold that were watched."""
        return self._sight.stay.held

    def enter(self, visit: str, stage: Stage) -> None:
        """Begin to watch a visit of a stage, or go on with one that a crash interrupted."""
        self._recall()
        if visit != self._sight.stay.name:
            self._sight.enter(visit, stage)
        self._next_at = None
        self.acting.enter()

    def at_the_end(self, stage: Stage) -> Ending | Waiting:
        """Return how the hold ends, now that its time is over; or what it goes on waiting for."""
        return self._externals.told_at_the_end(self._sight.at_the_end(stage))

    def judged(self, stage: Stage) -> tuple[Verdict, str]:
        """Return the verdict of the `pass` conditions over all of the hold so far, and why in words."""
        return self._sight.judged(stage)

    async def go_on(self) -> None:
        """Look for ever. Raises `RuleFired` or `ShutDown` when a rule or a severity calls the release back."""
        self._recall()
        stating.by_who_rehearses(self._run)
        if self._sight.last is not None:
            await self._judged(self._unanswered, self._sight.last.at)
        await attended(self._look_for_ever(), self._reviving.go_on, self._deciding.go_on)

    async def _look_for_ever(self) -> None:
        while True:
            if self._next_at is None:
                self._next_at = self._moments.now()
            await self._run.clock.sleep(self._next_at - self._moments.now())
            await self._look()

    async def _look(self) -> None:
        at = self._moments.now()
        answers = await self._answers()
        self._note_silence(answers)
        look = self._sight.observe(at, self._versions(), answers)
        number = self._keep(look)
        self._externals.note(look)
        findings = self._sight.found(look)
        self._next_at = max(at + self._next_in(), self._moments.now())
        await self._tell_of_trouble()
        self._weighing.keep(number, look)
        await self._judged(findings, at)
        self._next_at = min(self._next_at, max(at + self._at_the_latest(), self._moments.now()))
        self._run.news.set()  # only now: a hold must not pass by a look for which a rule calls the release back
        self._recalling.note(number, look, findings)

    def _next_in(self) -> float:
        """Return the seconds to the next look; in a watch, where looks are hours apart, sooner if a rule may fire."""
        planned = self._sight.stay.next_in()
        decided_in = self._judging.decided_in if self._sight.stay.name == WATCH else None
        return planned if decided_in is None else min(planned, decided_in)

    def _at_the_latest(self) -> float:
        """Return the seconds after which the next look is taken in any case."""
        return IS_LOOKED_AT_EVERY if self._run.situation.incident is not None else math.inf

    def _note_silence(self, answers: Mapping[tuple[str, str], Answer]) -> None:
        for service, metric in answers:
            if metric == TRAFFIC:
                silent = answers[service, metric].missing is Verdict.UNREACHABLE
                (self._reviving.is_silent if silent else self._reviving.answered)(service)

    async def _judged(self, findings: tuple[Finding, ...], at: float) -> None:
        """Act on what was found; on the way back nothing can call the release back any more."""
        self._unanswered = findings
        if not self._run.situation.going_back and not self._run.situation.closing:
            await self.acting.act_on(self._externals.told_beside(findings, self._sight.last), at)
        self._unanswered = ()

    def _keep(self, look: Observation) -> int:
        self._run.fence.check()  # a look of a process that lost the lease is none
        paused = self._run.situation.paused
        number = self._run.kept.observations.add(self._run.id, {**observations.to_record(look), "paused": paused})
        self._sight.keep(look, paused)
        self._run.first_sign = self._sight.first_sign
        return number

    async def _tell_of_trouble(self) -> None:
        """Tell people once when the record can hardly be written any more; that very telling was still possible."""
        trouble = self._run.kept.trouble()
        if trouble is not None and trouble != self._trouble_told:
            await self._run.tell(trouble, urgent=True)
        self._trouble_told = trouble

    def _recall(self) -> None:
        """Come back to where the judging stood, once a process."""
        if not self._recalled:
            self._recalled = True
            self._unanswered = self._recalling.recall()
            self._run.first_sign = self._sight.first_sign

    async def _answers(self) -> dict[tuple[str, str], Answer]:
        asked = list(self._sources)
        within = self._sight.stay.next_in()
        answers = await asyncio.gather(*(self._sources[key].ask(self._question(key[0]), within) for key in asked))
        return dict(zip(asked, answers, strict=True))

    def _question(self, service: str) -> Question:
        return Question(service, self._versions()[service])

    def _versions(self) -> dict[str, dict[str, Version]]:
        return {service.name: _parts(service) for service in self._run.services}


def _parts(service: ServiceRun) -> dict[str, Version]:
    parts = {CANDIDATE: service.candidate}
    return parts if service.stable is None else {**parts, STABLE: service.stable}
