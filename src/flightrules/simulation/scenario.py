"""A described world: steady traffic, and what the scenario says happens to it.

What is not described is as usual: requests arrive and fail at the given rates, answers take as long as they always do.
A metric of the plan that nothing is said about has no value: it is not made up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from flightrules.domain.asking_again import AskingAgain
from flightrules.domain.figures import duration
from flightrules.domain.observing import Answers, Versions, gauges
from flightrules.domain.plan import Plan, Stage
from flightrules.domain.traffic import WHOLE
from flightrules.domain.verdict import CANDIDATE, STABLE, TRAFFIC, Answer, Gauge, Verdict
from flightrules.simulation.arrivals import Arrivals, Load
from flightrules.simulation.faults import BOTH, Down, Fails, Fault, Grows, Level, Times, Traffic
from flightrules.simulation.latencies import Curve, Slower
from flightrules.simulation.world import USUAL, Exposure


@dataclass(frozen=True)
class Usual:
    """What is so while nothing happens: for each service, requests a second, the part that fails, latencies."""

    per_second: float = 100.0
    failing: float = 0.001
    median: float = 0.1


class Scenario:
    """The world that `usual` and `faults` describe. `bounds` are the buckets in which latencies are counted."""

    def __init__(
        self, plan: Plan, usual: Usual, faults: tuple[Fault, ...], seed: int, bounds: tuple[float, ...]
    ) -> None:
        self.begins = 0.0
        self.versions: Versions = {service.name: dict(USUAL) for service in plan.services}
        self._usual = usual
        self._faults = faults
        self._downs = [fault for fault in faults if isinstance(fault.effect, Down)]
        self._readable = {getattr(fault.effect, "metric", None) for fault in faults}
        self._metrics = tuple(metric.name for metric in gauges(plan))
        self._arms = {
            (service.name, role): Arrivals((seed, number, BOTH.index(role)), bounds)
            for number, service in enumerate(plan.services)
            for role in BOTH
        }
        self._again = {(service.name, each): AskingAgain() for service in plan.services for each in self._sources()}
        self._entered: dict[str | None, float] = {None: 0.0}
        self._share = 0.0
        self._until = 0.0
        """The moment until which requests have arrived."""
        self._spell: Spell | None = None

    def _sources(self) -> tuple[str, ...]:
        return (TRAFFIC, *self._metrics)

    def look_at(self, due: float) -> float:
        """Return `due`: a described world is looked at on the dot."""
        return due

    def shifted_at(self, at: float, stage: Stage) -> float | None:
        """Return None: nothing is described of it."""
        return None

    def shift(self, at: float, stage: Stage) -> None:
        """Give the candidate the share of `stage`."""
        self._arrive(at)
        self._entered.setdefault(stage.name, at)
        self._share = stage.share.basis_points / WHOLE
        self._spell = None

    def answers(self, at: float) -> Answers:
        """Return what the router counted until `at`, and what every other source reads then."""
        self._arrive(at)
        return {key: self._answer(*key, at) for key in self._again}

    def exposure(self) -> Exposure:
        """Return what arrived until now."""
        return Exposure(
            {role: sum(arm.counted.requests for (_, of), arm in self._arms.items() if of == role) for role in BOTH},
            {role: sum(arm.counted.bad for (_, of), arm in self._arms.items() if of == role) for role in BOTH},
        )

    def trouble_since(self) -> float | None:
        """Return when the first fault began."""
        began = (self._felt_from(fault) for fault in self._faults)
        return min((moment for moment in began if moment <= self._until), default=None)

    def _felt_from(self, fault: Fault) -> float:
        """Return from when on a fault is felt: one of the candidate once that has traffic, one of nobody never."""
        span = fault.span(self._entered)
        if span is None or not fault.text:
            return math.inf
        with_traffic = min((at for stage, at in self._entered.items() if stage is not None), default=math.inf)
        return max(span[0], with_traffic) if fault.whom.roles == (CANDIDATE,) else span[0]

    def _arrive(self, at: float) -> None:
        while self._until < at:
            spell = self._spell
            if spell is None or self._until >= spell.until:
                spell = self._spell = self._spell_from(self._until)
            until = min(at, spell.until)
            for key, arm in self._arms.items():
                arm.add(spell.load(key, round(until - self._until, 6)))
            self._until = until

    def _spell_from(self, at: float) -> Spell:
        spans = [(fault, span) for fault in self._faults if (span := fault.span(self._entered))]
        changes = [moment for _, span in spans for moment in span if moment > at]
        active = tuple(fault for fault, (begins, ends) in spans if begins <= at < ends)
        return Spell(min(changes, default=math.inf), self._usual, self._share, active)

    def _answer(self, service: str, source: str, at: float) -> Answer:
        again = self._again[service, source]
        left = again.left(at)
        if left > 0:
            why = f"the source is down; it is asked again in {duration(math.ceil(left))}"
            return Answer({}, Verdict.UNREACHABLE, why)
        if self._is_down(service, source, at):
            again.failed(at)
            return Answer({}, Verdict.UNREACHABLE, "the source is down")
        again.answered()
        if source == TRAFFIC:
            return Answer({key: self._arms[service, role].counted for role, key in KEYS})
        if source not in self._readable:
            return NOT_DESCRIBED
        read = {key: value for role, key in KEYS if (value := self._read(source, service, role, at)) is not None}
        return Answer({key: Gauge(value) for key, value in read.items()}) if read else NOT_DESCRIBED

    def _is_down(self, service: str, source: str, at: float) -> bool:
        return bool(self._downs) and any(
            fault.effect == Down(source) and fault.whom.service in (None, service) for fault, _ in self._active(at)
        )

    def _read(self, metric: str, service: str, role: str, at: float) -> float | None:
        """Return what a metric of the plan reads; None where the scenario says nothing about it."""
        value: float | None = None
        for fault, began in self._active(at):
            if getattr(fault.effect, "metric", None) != metric or not fault.whom.hits(service, role):
                continue
            match fault.effect:
                case Level(value=level):
                    value = level
                case Times(factor=factor) if value is not None:
                    value *= factor
                case Grows(percent=percent, per_seconds=per) if value is not None:
                    value *= 1 + percent / 100 * (at - began) / per
        return value

    def _active(self, at: float) -> Iterator[tuple[Fault, float]]:
        for fault in self._faults:
            span = fault.span(self._entered)
            if span is not None and span[0] <= at < span[1]:
                yield fault, span[0]


KEYS = tuple((role, USUAL[role].key) for role in BOTH)
NOT_DESCRIBED = Answer(why="the scenario says nothing about it")


class Spell:
    """A time in which nothing changes: until when, and what arrives meanwhile."""

    def __init__(self, until: float, usual: Usual, share: float, active: tuple[Fault, ...]) -> None:
        self.until = until
        self._usual = usual
        self._shares = {CANDIDATE: share, STABLE: 1 - share}
        self._active = active
        self._loads: dict[tuple[tuple[str, str], float], Load] = {}

    def load(self, arm: tuple[str, str], seconds: float) -> Load:
        """Return what arrives within `seconds` at one version of one service."""
        known = self._loads.get((arm, seconds))
        if known is None:
            known = self._loads[arm, seconds] = self._load(*arm, seconds)
        return known

    def _load(self, service: str, role: str, seconds: float) -> Load:
        mine = [fault.effect for fault in self._active if fault.whom.hits(service, role)]
        traffic = math.prod(effect.factor for effect in mine if isinstance(effect, Traffic))
        fails = [effect.rate for effect in mine if isinstance(effect, Fails)]
        healthy = math.prod(1 - rate for rate in fails) if fails else 1 - self._usual.failing
        slower = tuple(effect for effect in mine if isinstance(effect, Slower))
        requests = self._usual.per_second * traffic * self._shares[role] * seconds
        return Load(requests, 1 - healthy, Curve(self._usual.median, slower))
