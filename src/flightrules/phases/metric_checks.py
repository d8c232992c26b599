"""Checks of metrics: what a metric of the plan reads at this moment, for one version of one service.

In a gate that is what serves now, in `verify` the candidate. A metric of the traffic is counted over the window of the
plan, which takes that long; every other source is asked once. What is not known is said to be so and never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flightrules.domain.checks import Check
from flightrules.domain.figures import figure
from flightrules.domain.observing import Observer, When
from flightrules.domain.plan import TRAFFIC_METRICS
from flightrules.domain.recent import Recent
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import ALL, CANDIDATE, STABLE, TRAFFIC, Observation, Reading, Verdict
from flightrules.engine.run import Run, ServiceRun
from flightrules.phases import externals
from flightrules.phases.asking import PatientSource
from flightrules.ports.check import Found
from flightrules.ports.metric_source import MetricSource, Question

KIND = "metric"


@dataclass(frozen=True)
class MetricCheck:
    """Reads the metric of one check. `role` is of which version: `stable` or `candidate`."""

    run: Run
    check: Check
    role: str

    async def look(self) -> Found:
        """Return what it reads, or why that is not known."""
        service = next((each for each in self.run.services if each.name == self.check.service), None)
        if service is None:
            return Found(f"{self.check.service} is no part of this release", verdict=Verdict.UNREACHABLE)
        version = service.stable if self.role == STABLE else service.candidate
        if version is None:
            return Found(f"nothing of {service.name} serves yet, so nothing can be read", verdict=Verdict.UNREACHABLE)
        return self._told(await self._read(service, version), version)

    async def _read(self, service: ServiceRun, version: Version) -> Reading | None:
        metric, window = self._metric, self.run.plan.window
        name = TRAFFIC if metric in TRAFFIC_METRICS else metric
        source, recent = PatientSource(_sources(self.run, service)[name], self.run.clock), Recent(window)
        if name == TRAFFIC:  # counts say something only beside earlier ones
            recent.add(await self._look(source, (service.name, name), version, recent))
            await self.run.clock.sleep(window.over)
        look = await self._look(source, (service.name, name), version, recent)
        keys = ((metric, subject, service.name) for subject in (self.role, ALL))
        return next((look.by_subject[key] for key in keys if key in look.by_subject), None)

    async def _look(self, source: PatientSource, key: tuple[str, str], version: Version, recent: Recent) -> Observation:
        versions = {self.role: version}
        answer = await source.ask(Question(key[0], versions), 0.0)
        when = When(self.run.clock.now(), "", 0.0)
        observer = Observer(self.run.plan, (self._metric,))
        return observer.observe(when, {key[0]: versions}, {key: answer}, recent)

    @property
    def _metric(self) -> str:
        return self.check.expects[0].value

    def _told(self, reading: Reading | None, version: Version) -> Found:
        who = self.check.service if reading and reading.subject == ALL else f"{version} of {self.check.service}"
        if reading is None or reading.value is None:
            why = reading.why if reading else "its source has no value"
            verdict = (reading and reading.missing) or Verdict.UNREACHABLE
            return Found(f"{self._metric} of {who} is not known: {why}", verdict=verdict)
        seen = figure(reading.value, self.run.plan.metric_units()[self._metric])
        evidence: dict[str, Any] = {"metric": self._metric, "service": self.check.service, "version": version.name}
        evidence |= {"value": reading.value} | ({} if reading.requests is None else {"requests": reading.requests})
        says = f"{self._metric} of {who} is {seen}; agreed is {self.check.expects[0].text}"
        return Found(says, {self._metric: reading.value}, evidence=evidence)


def _sources(run: Run, service: ServiceRun) -> Mapping[str, MetricSource]:
    """Return what is asked for each metric: of a service, or about what is outside of all of them."""
    return {**service.sources, **externals.sources(run)}


def role_at(key: str) -> str:
    """Return about which version a check with this key in the record is.

    In a gate no candidate is there yet, after a way back none any more.
    """
    return STABLE if key.startswith(("gates/", "back/")) else CANDIDATE
