"""The baseline: what stable does alone, while the candidate is built and started.

Only the router is asked, and nothing is acted on: no candidate has had an effect yet. The judges are shown these
looks first; they tell how stable fails and how fast it answers by itself.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from flightrules.domain import observations, observing
from flightrules.domain.observing import When
from flightrules.domain.terms import STABLE_ALONE_EVERY, Terms
from flightrules.domain.verdict import CANDIDATE, STABLE, TRAFFIC, Observation
from flightrules.engine.run import Run
from flightrules.phases.asking import PatientSource
from flightrules.phases.moments import Moments
from flightrules.ports.metric_source import Question


class Baseline:
    """Looks at every service of a release that has a stable version."""

    def __init__(self, run: Run, wanted: float) -> None:
        self._run = run
        self.wanted = wanted
        """For how many seconds the plan wants stable to be looked at alone, at least."""
        self._versions = {each.name: {STABLE: each.stable} for each in run.services if each.stable is not None}
        self._asked = {
            each.name: {STABLE: each.stable, CANDIDATE: each.candidate}
            for each in run.services
            if each.stable is not None
        }
        """The candidate's counters are read too: they are not zero where it was in service before."""
        self._sources = {
            each.name: PatientSource(each.sources[TRAFFIC], run.clock)
            for each in run.services
            if each.name in self._versions
        }
        self._own = {metric.name for metric in observing.gauges(run.plan)}
        self._moments = Moments(run.clock)
        self._recent: tuple[Observation, ...] = ()
        self._first: float | None = None

    async def go_on(self) -> None:
        """Look for ever, as long as the candidate is being started."""
        self._recall()
        while True:
            await self._look()
            self._run.news.set()
            await self._run.clock.sleep(STABLE_ALONE_EVERY)

    async def lasts(self) -> None:
        """Return once stable was looked at for as long as the plan wants."""
        while self._first is None or self._recent[-1].at - self._first < self.wanted:
            await self._run.until_news()

    def _recall(self) -> None:
        """Go on from the looks of before a crash."""
        if self._first is None:
            for stored in self._run.kept.observations.of(self._run.id, ""):
                self._remember(observations.from_record(stored.record))

    async def _look(self) -> None:
        at = self._moments.now()
        names = list(self._sources)
        asked = (self._sources[name].ask(Question(name, self._asked[name]), STABLE_ALONE_EVERY) for name in names)
        answers = {(name, TRAFFIC): answer for name, answer in zip(names, await asyncio.gather(*asked), strict=True)}
        when = When(at, "", STABLE_ALONE_EVERY if self._recent else 0.0)
        look = observing.build_observation(when, self._versions, answers, self._recent, self._run.plan)
        look = replace(look, readings=tuple(each for each in look.readings if each.metric not in self._own))
        self._run.fence.check()  # a look of a process that lost the lease is none
        self._run.kept.observations.add(self._run.id, observations.to_record(look))
        self._remember(look)

    def _remember(self, look: Observation) -> None:
        self._moments.not_before(look.at)
        self._first = look.at if self._first is None else self._first
        self._recent = observing.recent((*self._recent, look), self._run.plan.window)


def begin(run: Run) -> Baseline | None:
    """Begin to look at stable alone; None where the plan does not compare, or nothing serves that could be."""
    terms = run.plan.compare
    if not isinstance(terms, Terms) or not any(service.stable for service in run.services):
        return None
    baseline = Baseline(run, terms.baseline)
    run.watch = baseline.go_on
    return baseline
