"""A state written by hand: the events and looks of a release as the engine would record them, without an engine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flightrules import plan_file
from flightrules.domain import observations
from flightrules.domain.events import Event
from flightrules.domain.plan import Plan
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import CANDIDATE, STABLE, Observation, Reading, Verdict
from flightrules.records import Records
from flightrules.state.database import open_state
from flightrules.state.increments import Increment
from flightrules.state.releases import RELEASE, Release
from flightrules.testing.fake_clock import FakeClock

PLAN = """\
plan: shop
version: {from: argument}
services:
  web:
    target: {kind: local, start: python3 app.py --port $PORT, health: {http: /health, within: 10s}}
    traffic: {kind: envoy, listen: "127.0.0.1:80"}
metrics:
  memory: {from: target}
stages:
  - {stage: canary,  traffic: 5%,   hold: 12s, look: every 1s, pass: error_rate < 1%, fail: roll back}
  - {stage: quarter, traffic: 25%,  hold: 12s, look: every 1s, pass: [error_rate < 1%, p95 < 250ms], fail: pause}
  - {stage: full,    traffic: 100%, hold: 15s, look: every 1s, pass: error_rate < 1%, fail: step back to canary}
rules:
  - {if: error_rate > 5% for 5s,        then: roll back}
  - {if: p95 > 5x baseline for 10s,     then: roll back}
  - {if: memory > 300 MB,               then: warn}
"""
V1, V2 = Version("v1", "1" * 64), Version("v2", "2" * 64)


def records_in(folder: Path, clock: FakeClock) -> Records:
    return Records.of(open_state(folder, clock), clock)


class Written:
    """A release, written event by event; every event comes a second after the one before."""

    TEXT = PLAN

    def __init__(
        self,
        records: Records,
        clock: FakeClock,
        folder: Path,
        *,
        text: str = PLAN,
        kind: str = RELEASE,
        candidate: Version = V2,
        stable: Version | None = V1,
        services: tuple[str, ...] = ("web",),
        name: str = "v2",
    ) -> None:
        self.records, self.clock = records, clock
        self.file = folder / "flight.yaml"
        self.file.write_text(text)
        self.plan: Plan = plan_file.load(self.file, os.environ)
        self.candidate, self.stable = candidate, stable
        parts = {"candidate": vars(candidate), "stable": vars(stable) if stable else None}
        self.release = records.releases.create(
            Release(
                f"2026-11-21-143207-{name}", kind, self.plan.name, text, self.plan.digest, "anna",
                {"services": dict.fromkeys(services, parts)},
            )
        )  # fmt: skip
        named = {k: v and {"name": v["name"], "digest": v["digest"]} for k, v in parts.items()}
        self.event("release.started", "started", story=kind, reason="", services=dict.fromkeys(services, named))

    def event(self, kind: str, key: str | None = None, actor: str = "flight", **data: Any) -> None:
        self.clock.advance(1)
        self.records.ledger.append(Event(kind, self.release.id, data, actor, self.candidate.digest, key))

    def started(self) -> Written:
        for name in ("start/web/stable", "start/web/build", "start/web/candidate"):
            self.step(name)
        return self

    def step(self, name: str, seconds: float = 0.4) -> None:
        self.event("step.started", f"{name}/1/started", step=name)
        self.event("step.ended", f"{name}/1/ended", step=name, seconds=seconds, result=None)

    def shifted(self, percent: float, service: str = "web") -> Written:
        candidate, stable = self.candidate, self.stable
        split = {candidate.key: percent} | ({stable.key: 100 - percent} if stable else {})
        names = {version.key: version.name for version in (candidate, stable) if version}
        self.event("traffic.shifted", service=service, split=split, names=names, closed=False, seconds=0.08)
        return self

    def holds(self, number: int, stage: str, percent: float) -> Written:
        self.shifted(percent)
        visit, planned = f"stages/{number}-{stage}", self.plan.stage(stage)
        self.event("step.started", f"{visit}/hold/1/started", step=f"{visit}/hold")
        self.event("stage.started", f"{visit}/started", stage=stage, share=str(planned.share), hold=planned.hold)
        return self

    def ends(self, number: int, stage: str, verdict: str = "pass", **data: Any) -> Written:
        given = {"seconds": 12.0, "says": "error_rate of v2 is 0.1%, below the limit of 1% over 12s", "do": "",
                 "to": None, "by_person": False, **data}  # fmt: skip
        self.event("stage.ended", f"stages/{number}-{stage}/ended", stage=stage, verdict=verdict, **given)
        self.event("step.ended", f"stages/{number}-{stage}/hold/1/ended", step=f"stages/{number}-{stage}/hold",
                   seconds=12.0, result={})  # fmt: skip
        return self

    def look(
        self, visit: str, values: Mapping[str, tuple[float | None, float | None]], paused: bool = False
    ) -> Written:
        """One look, a second after the last: by metric, the values of candidate and stable."""
        self.clock.advance(1)
        readings = []
        for metric, (mine, stables) in values.items():
            readings.append(_reading(metric, CANDIDATE, mine))
            readings.append(_reading(metric, STABLE, stables))
        seen = Observation(
            at=self.clock.now(),
            stage=visit,
            readings=tuple(readings),
            counters={},
            roles={"web": {"candidate": self.candidate.key} | ({"stable": self.stable.key} if self.stable else {})},
            names={version.key: version.name for version in (self.candidate, self.stable) if version},
            interval=1.0,
        )
        self.records.observations.add(self.release.id, {**observations.to_record(seen), "paused": paused})
        return self

    def weighed(self, candidate: tuple[int, int], stable: tuple[int, int], **evidence: Any) -> Written:
        """What the comparison made of the last look: requests and failures of each version, and the evidence."""
        *_, last = self.records.observations.of(self.release.id)
        usual = {"log_e": 0.0, "limit": 4.6, "certified": False, "needed": None}
        given = {**usual, "overdispersion": 1.0, "estimated": True, **evidence}
        row = Increment(last.number, "web", last.at, last.stage, *candidate, *stable, given)
        self.records.increments.add(self.release.id, [row])
        return self

    def ended(self, outcome: str) -> Written:
        self.event("release.ended", "ended", outcome=outcome, seconds=42.5)
        self.records.releases.finish(self.release.id, outcome)
        return self


def _reading(metric: str, subject: str, value: float | None) -> Reading:
    if value is None:
        return Reading(metric, subject, "web", None, Verdict.INSUFFICIENT, "3 requests in 5s, 20 are needed", 3)
    return Reading(metric, subject, "web", value, requests=200)
