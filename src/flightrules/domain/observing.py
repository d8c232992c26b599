"""From what the sources answered at one look to the observation of that look.

Pure: who asks, when, and where observations are kept is for others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from flightrules.domain import traffic_metrics
from flightrules.domain.plan import Metric, Plan, Window
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import ALL, CANDIDATE, TRAFFIC, Answer, Counters, Gauge, Observation, Reading, Verdict

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


def build_observation(
    when: When, versions: Versions, answers: Answers, previous: Sequence[Observation], plan: Plan
) -> Observation:
    """Return the observation of one look.

    `previous` are the looks before it, oldest first, at least those that `recent` keeps. A traffic metric
    that the plan gives another source is read from there, not from the router.
    """
    bare = Observation(
        at=when.at,
        stage=when.stage,
        interval=when.interval,
        readings=(),
        counters={service: dict(counters) for service, counters in _counters(versions, answers)},
        roles={service: {role: v.key for role, v in parts.items()} for service, parts in versions.items()},
        names={v.key: v.name for parts in versions.values() for v in parts.values()},
    )
    readings: list[Reading] = []
    replaced = {metric.name for metric in gauges(plan)}
    for service in versions:
        traffic = _traffic(service, bare, answers.get((service, TRAFFIC)), previous, plan.window)
        readings += [reading for reading in traffic if reading.metric not in replaced]
        for metric in gauges(plan):
            readings += _gauge(metric.name, service, bare, answers.get((service, metric.name)))
    return replace(bare, readings=tuple(readings))


def is_of_stable_alone(seen: Observation) -> bool:
    """Return whether no version was a candidate yet: only the baseline is looked at like that."""
    return bool(seen.roles) and not any(CANDIDATE in parts for parts in seen.roles.values())


def gauges(plan: Plan) -> tuple[Metric, ...]:
    """Return the metrics that have a source of their own, which must be asked."""
    return tuple(metric for metric in plan.metrics if metric.source != ROUTER)


def recent(seen: Sequence[Observation], window: Window) -> tuple[Observation, ...]:
    """Return those of `seen` that the next look can still need: all in the window, and one before it a service."""
    if not seen:
        return ()
    start = seen[-1].at - window.over
    needed = {id(observation) for observation in seen if observation.at > start}
    for service in {service for observation in seen for service in observation.counters}:
        needed.add(id(traffic_metrics.since(start, seen, service)[0]))
    return tuple(observation for observation in seen if id(observation) in needed)


def _counters(versions: Versions, answers: Answers) -> Iterator[tuple[str, Mapping[str, Counters]]]:
    for service in versions:
        answer = answers.get((service, TRAFFIC))
        if answer is not None and answer.missing is None:
            sample = answer.sample.items()
            yield service, {key: counted for key, counted in sample if isinstance(counted, Counters)}


def _traffic(
    service: str, seen: Observation, answer: Answer | None, previous: Sequence[Observation], window: Window
) -> Iterator[Reading]:
    looks = (*_window(service, seen, previous, window.over), seen)
    for subject, key in seen.roles[service].items():
        if answer is None or answer.missing is not None:
            verdict = (answer and answer.missing) or Verdict.INSUFFICIENT
            why = answer.why if answer else "the router was not asked"
            yield from traffic_metrics.missing(service, subject, verdict, why)
            continue
        counted = traffic_metrics.counted_in(looks, service, key)
        yield from traffic_metrics.readings(service, subject, counted, seen.at - looks[0].at, window)


def _window(service: str, seen: Observation, previous: Sequence[Observation], over: float) -> tuple[Observation, ...]:
    # With looks further apart than the window, the last one is where it starts: nothing is left unseen.
    return traffic_metrics.since(seen.at - over, previous, service)


def _gauge(metric: str, service: str, seen: Observation, answer: Answer | None) -> Iterator[Reading]:
    """Yield the readings of one metric of one service: of both together, or of each version by itself."""
    if answer is not None and isinstance(both := answer.sample.get(ALL), Gauge):
        yield Reading(metric, ALL, service, both.value)
        return
    for subject, key in seen.roles[service].items():
        value = answer.sample.get(key) if answer else None
        if isinstance(value, Gauge):
            yield Reading(metric, subject, service, value.value)
        else:
            yield _missing_gauge(metric, subject, service, answer)


def _missing_gauge(metric: str, subject: str, service: str, answer: Answer | None) -> Reading:
    if answer is None:
        return Reading(metric, subject, service, None, Verdict.INSUFFICIENT, "its source was not asked")
    why = answer.why or "its source has no value for this version"
    return Reading(metric, subject, service, None, answer.missing or Verdict.INSUFFICIENT, why)
