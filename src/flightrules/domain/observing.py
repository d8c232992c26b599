"""From what the sources answered at one look to the observation of that look.

Pure: who asks, when, and where observations are kept is for others.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from flightrules.domain import traffic_metrics
from flightrules.domain.plan import EXTERNAL, PERSON, TRAFFIC_METRICS, Metric, Plan, Window
from flightrules.domain.recent import Recent
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import (
    ALL,
    CANDIDATE,
    TRAFFIC,
    Answer,
    Bare,
    Counters,
    Gauge,
    Observation,
    Reading,
    Verdict,
)

Answers = Mapping[tuple[str, str], Answer]
"""By service and metric. The counters of a service's router are under `TRAFFIC`."""

Versions = Mapping[str, Mapping[str, Version]]
"""By service, then `candidate` or `stable`: the version that has that part at this look."""

ROUTER = "router"
"""The kind of the source whose metrics follow from `TRAFFIC`; it needs no answer of its own."""


@dataclass(frozen=True)
class When:
    """Of which moment an observation is; the three fields mean what they mean in `Observation`."""

    at: float
    stage: str
    interval: float


class Observer:
    """Makes the observations of releases by one plan; what is the same at every look is worked out once.

    `metrics` are those that there is a reading of, all where nothing is said. A traffic metric that the plan gives
    another source is read from there, not from the router.
    """

    def __init__(self, plan: Plan, metrics: Container[str] | None = None) -> None:
        own = [metric.name for metric in gauges(plan)]
        self._gauges = tuple(each for each in own if metrics is None or each in metrics)
        read = [metric for metric in TRAFFIC_METRICS if metric not in own]
        self._traffic = tuple(metric for metric in read if metrics is None or metric in metrics)
        self._stated = frozenset(metric.name for metric in gauges(plan) if metric.source == PERSON)
        """What people say of the candidate, whatever else is in service."""
        self._once = self._stated | {metric.name for metric in gauges(plan) if metric.source == EXTERNAL}
        """What is no service's own: there is one reading of it, with the first of them."""
        self._window = plan.window
        self._versions: Versions | None = None
        self._roles: Mapping[str, Mapping[str, str]] = {}
        self._names: Mapping[str, str] = {}

    def observe(self, when: When, versions: Versions, answers: Answers, recent: Recent) -> Observation:
        """Return the observation of one look; `recent` are the looks before it."""
        if versions is not self._versions:
            self._versions = versions
            self._roles = {s: {role: v.key for role, v in parts.items()} for s, parts in versions.items()}
            self._names = {v.key: v.name for parts in versions.values() for v in parts.values()}
        counters = {service: dict(counters) for service, counters in _counters(versions, answers)}
        bare = Bare(when.at, counters)
        readings: list[Reading] = []
        for service in versions:
            readings += self._read_traffic(service, bare, answers.get((service, TRAFFIC)), recent)
            first = service == next(iter(versions))
            for metric in self._gauges if first else (each for each in self._gauges if each not in self._once):
                read = _stated if metric in self._stated else _gauge
                readings += read(metric, service, self._roles[service], answers.get((service, metric)))
        return Observation(when.at, when.stage, tuple(readings), counters, self._roles, self._names, when.interval)

    def _read_traffic(self, service: str, seen: Bare, answer: Answer | None, recent: Recent) -> Iterator[Reading]:
        if answer is None or answer.missing is not None:
            verdict = (answer and answer.missing) or Verdict.INSUFFICIENT
            why = answer.why if answer else "the router was not asked"
            for subject in self._roles[service]:
                yield from traffic_metrics.missing(service, subject, verdict, why, self._traffic)
            return
        opening = recent.opening(service, seen)
        for subject, key in self._roles[service].items():
            counted = recent.counted(service, key, opening, seen)
            seconds = seen.at - opening.at
            yield from traffic_metrics.readings(service, subject, counted, seconds, self._window, self._traffic)


def build_observation(
    when: When, versions: Versions, answers: Answers, previous: Iterable[Observation], plan: Plan
) -> Observation:
    """Return the observation of one look, as an `Observer` does; `previous` are the looks before it, oldest first."""
    return Observer(plan).observe(when, versions, answers, Recent(plan.window, previous))


def is_of_stable_alone(seen: Observation) -> bool:
    """Return whether no version was a candidate yet: only the baseline is looked at like that."""
    return bool(seen.roles) and not any(CANDIDATE in parts for parts in seen.roles.values())


def gauges(plan: Plan) -> tuple[Metric, ...]:
    """Return the metrics that have a source of their own, which must be asked."""
    return tuple(metric for metric in plan.metrics if metric.source != ROUTER)


def recent(seen: Iterable[Observation], window: Window) -> tuple[Observation, ...]:
    """Return those of `seen` that the next look can still need: all in the window, and one before it a service."""
    return tuple(Recent(window, seen))


def _counters(versions: Versions, answers: Answers) -> Iterator[tuple[str, Mapping[str, Counters]]]:
    for service in versions:
        answer = answers.get((service, TRAFFIC))
        if answer is not None and answer.missing is None:
            sample = answer.sample.items()
            yield service, {key: counted for key, counted in sample if isinstance(counted, Counters)}


def _gauge(metric: str, service: str, roles: Mapping[str, str], answer: Answer | None) -> Iterator[Reading]:
    """Yield the readings of one metric of one service: of both together, or of each version by itself."""
    if answer is not None and isinstance(both := answer.sample.get(ALL), Gauge):
        yield Reading(metric, ALL, service, both.value)
        return
    for subject, key in roles.items():
        value = answer.sample.get(key) if answer else None
        if isinstance(value, Gauge):
            yield Reading(metric, subject, service, value.value)
        else:
            yield _missing_gauge(metric, subject, service, answer)


def _stated(metric: str, service: str, roles: Mapping[str, str], answer: Answer | None) -> Iterator[Reading]:
    """Yield the reading of what people said: the candidate's, and none while there is no candidate."""
    if CANDIDATE not in roles:
        return
    said = [answer.sample[key] for key in (roles[CANDIDATE], ALL) if key in answer.sample] if answer else []
    if said and isinstance(said[0], Gauge):
        yield Reading(metric, CANDIDATE, service, said[0].value)
    else:
        yield _missing_gauge(metric, CANDIDATE, service, answer)


def _missing_gauge(metric: str, subject: str, service: str, answer: Answer | None) -> Reading:
    if answer is None:
        return Reading(metric, subject, service, None, Verdict.INSUFFICIENT, "its source was not asked")
    why = answer.why or "its source has no value for this version"
    return Reading(metric, subject, service, None, answer.missing or Verdict.INSUFFICIENT, why)
