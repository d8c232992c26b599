"""Readings from elsewhere: what each version did, span by span, and a world that plays it back.

Where the plan gives the candidate another share than it had, counts are scaled to it: failures and latencies stay those
that were read. Where a version had no traffic, nothing is known of it, and the flight ends: it is not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flightrules.domain.counts import NO_LATENCY
from flightrules.domain.figures import duration
from flightrules.domain.observing import Answers, Versions, gauges
from flightrules.domain.plan import TRAFFIC_METRICS, Metric, Plan, Stage
from flightrules.domain.traffic import WHOLE
from flightrules.domain.verdict import ALL, CANDIDATE, STABLE, TRAFFIC, Answer, Counters, Gauge, Histogram, Verdict
from flightrules.simulation.world import USUAL, Exposure, NothingKnown

Arm = tuple[str, str]
"""Service, and `candidate` or `stable`; in a gauge also `all`."""


@dataclass(frozen=True)
class Span:
    """What happened until `at` (seconds since the recording began), since the span before.

    `counted` are increments. `share` is the candidate's part of the traffic, 0 to 1; None where it is not known, and
    counts are then taken as they are. `silent` are the sources that did not answer at its end, by service and metric.
    """

    at: float
    counted: Mapping[Arm, Counters] = field(default_factory=dict)
    values: Mapping[tuple[str, str, str], float] = field(default_factory=dict)
    """By service, metric, and `candidate`, `stable` or `all`: what it read at the end."""
    share: float | None = None
    silent: frozenset[tuple[str, str]] = frozenset()
    due: float | None = None
    """When the look at its end was due; None where that is not known, or where it ends without one."""
    begins_visit: str = ""
    """The stage whose hold begins with the look at its end."""


@dataclass(frozen=True)
class Recording:
    """Spans in order. `alone` is for how many seconds at the beginning there was no candidate.

    Where it is known when looks were due, one that is due at the same moment again is taken as late, or early, as it
    was then: so that a release comes to the same decisions at the same looks again, to the last one.
    """

    spans: tuple[Span, ...]
    versions: Versions
    alone: float = 0.0
    told: tuple[str, ...] = ()
    """What it is, in words."""

    def plan_for(self, plan: Plan) -> Plan:
        """Return `plan` with the traffic metrics that were recorded as values read from there, not from counts."""
        recorded = {metric for span in self.spans for _, metric, _ in span.values}
        own = {metric.name for metric in gauges(plan)}
        read = [name for name in TRAFFIC_METRICS if name in recorded and name not in own]
        metrics = [metric for metric in plan.metrics if metric.name not in read]
        return replace(plan, metrics=(*metrics, *(Metric(name, "recording", TRAFFIC_METRICS[name]) for name in read)))

    def world(self, plan: Plan, seed: int) -> Playback:
        """Return a world that plays it back; chance has no part in it."""
        return Playback(self, plan)


class Playback:
    """A recording, played back to a release."""

    def __init__(self, recording: Recording, plan: Plan) -> None:
        self.begins = 0.0
        self.versions: Versions = {each.name: recording.versions.get(each.name, USUAL) for each in plan.services}
        self._spans = recording.spans
        self._metrics = [metric.name for metric in gauges(plan)]
        self._arms = {(service, role): _Sum() for service in self.versions for role in (CANDIDATE, STABLE)}
        self._share = 0.0
        self._place = 0
        """The span that is being played."""
        self._played = 0.0
        """The part of it that was, 0 to 1."""
        self._unknown = 0.0
        """For how many seconds a version had a share of the traffic that it did not have in the recording."""

    def look_at(self, due: float) -> float:
        """Return when a look that is due at `due` is taken: with the next that was recorded, where that is the same."""
        if self._played or self._place == len(self._spans):
            return due
        following = self._spans[self._place]
        planned = following.at if following.due is None else following.due
        same = abs(due - planned) <= SAME or abs(due - following.at) <= self._slack(self._place)
        return following.at if same else due

    def shifted_at(self, at: float, stage: Stage) -> float | None:
        """Return when the hold of `stage` began next, where traffic was shifted to it at that time."""
        begun = (span.at for span in self._spans[self._place :] if span.begins_visit == stage.name and span.at >= at)
        return next((moment for moment in begun if moment - at <= LONGEST_SHIFT), None)

    def shift(self, at: float, stage: Stage) -> None:
        """Give the candidate the share of `stage` from `at` on."""
        self._play(at)
        self._share = stage.share.basis_points / WHOLE

    def answers(self, at: float) -> Answers:
        """Return what was counted until `at`, and what every other source last read."""
        self._play(at)
        last = self._spans[max(0, self._place - 1)]
        sources = [(service, source) for service in self.versions for source in (TRAFFIC, *self._metrics)]
        return {key: SILENT if key in last.silent else self._answer(*key, last) for key in sources}

    def exposure(self) -> Exposure:
        """Return what was counted until the last answers."""
        requests, bad = dict.fromkeys((CANDIDATE, STABLE), 0), dict.fromkeys((CANDIDATE, STABLE), 0)
        for (_, role), arm in self._arms.items():
            requests[role] += arm.counters().requests
            bad[role] += arm.counters().bad
        return Exposure(requests, bad)

    def trouble_since(self) -> float | None:
        """Return None: when something began to go wrong is not in the readings."""
        return None

    def _answer(self, service: str, source: str, last: Span) -> Answer:
        versions = self.versions[service]
        if source == TRAFFIC:
            return Answer({version.key: self._arms[service, role].counters() for role, version in versions.items()})
        keys = {ALL: ALL, **{role: version.key for role, version in versions.items()}}
        read = {key: last.values.get((service, source, role)) for role, key in keys.items()}
        return Answer({key: Gauge(value) for key, value in read.items() if value is not None})

    def _play(self, at: float) -> None:
        """Count what happened until `at`. A look close to the end of a span is taken at it, as it was recorded."""
        if at > self._spans[-1].at + self._slack(len(self._spans) - 1):
            raise NothingKnown(f"the readings end {duration(round(self._spans[-1].at))} after they begin")
        while self._place < len(self._spans) and self._spans[self._place].at <= at + self._slack(self._place):
            self._count(self._place, 1.0)
            self._place, self._played = self._place + 1, 0.0
        if self._place < len(self._spans) and at > self._begins(self._place):
            self._count(self._place, (at - self._begins(self._place)) / self._length(self._place))

    def _begins(self, place: int) -> float:
        return self._spans[place - 1].at if place else 0.0

    def _length(self, place: int) -> float:
        return self._spans[place].at - self._begins(place)

    def _slack(self, place: int) -> float:
        return NEAR * self._length(place)

    def _count(self, place: int, until: float) -> None:
        """Count the span from the part that was played until the part `until`."""
        span, part = self._spans[place], until - self._played
        if part <= 0:
            return
        scales = {CANDIDATE: _scale(self._share, span.share), STABLE: _scale_of_stable(self._share, span.share)}
        for (service, role), counted in span.counted.items():
            if (service, role) in self._arms:
                self._arms[service, role].add(counted, part * (scales[role] or 0.0))
        self._played = until
        self._unknown = self._unknown + part * self._length(place) if None in scales.values() else 0.0
        if self._unknown > LONGEST_UNKNOWN:
            who = CANDIDATE if scales[CANDIDATE] is None else STABLE
            raise NothingKnown(f"the readings have no traffic of {who} from here on, which would have had some")


def _scale(share: float, recorded: float | None) -> float | None:
    """Return by how much the counts of a version are scaled; None where they are not known."""
    if recorded is None or share == recorded:
        return 1.0
    return share / recorded if recorded else None


def _scale_of_stable(share: float, recorded: float | None) -> float | None:
    return _scale(1 - share, None if recorded is None else 1 - recorded)


class _Sum:
    """What one version was counted to have done; parts of requests are kept until they are whole."""

    def __init__(self) -> None:
        self._requests = self._bad = 0.0
        self._bounds = NO_LATENCY.bounds
        self._counts = [0.0]
        self._whole: Counters | None = None

    def add(self, counted: Counters, part: float) -> None:
        """Add a part of an increment. Buckets with other bounds begin anew, as after a restart of the router."""
        self._whole = None
        self._requests += part * counted.requests
        self._bad += part * counted.bad
        if counted.latency.bounds != self._bounds and any(counted.latency.counts):
            self._bounds, self._counts = counted.latency.bounds, [0.0] * len(counted.latency.bounds)
        if counted.latency.bounds == self._bounds:
            self._counts = [
                sum_ + part * count for sum_, count in zip(self._counts, counted.latency.counts, strict=True)
            ]

    def counters(self) -> Counters:
        """Return it in whole requests."""
        if self._whole is None:
            counts = tuple(int(count + ROUNDING) for count in self._counts)
            latency = Histogram(self._bounds, counts)
            self._whole = Counters(int(self._requests + ROUNDING), int(self._bad + ROUNDING), latency)
        return self._whole


NEAR = 0.1
"""Looks are never taken on the dot: within such a part of a span they count as that of its end."""

SAME = 1e-3
"""Seconds between two moments that are the same up to how they were computed."""

LONGEST_SHIFT = 60.0
"""Seconds from a decision to the first look of the next hold: what took longer was no shift at that time."""

LONGEST_UNKNOWN = 60.0
"""Seconds. Traffic that shifts earlier or later than it did leaves a little that is not known."""

ROUNDING = 1e-6
SILENT = Answer({}, Verdict.UNREACHABLE, "the source did not answer")
