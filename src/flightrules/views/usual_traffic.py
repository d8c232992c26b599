"""The traffic that each service usually has, as the last release saw it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flightrules.domain import counts, observations
from flightrules.domain.comparing.counting import Counting
from flightrules.domain.comparing.foresight import Usual
from flightrules.domain.counts import ZERO
from flightrules.domain.verdict import Counters, Observation

if TYPE_CHECKING:
    from flightrules.records import Records

LOOKS = 500
"""So many of the last looks are read."""

SHORTEST = 10.0
"""Seconds of looking that say something."""


@dataclass(frozen=True)
class Measured:
    """What was measured, of which release, and until when (seconds since 1970)."""

    usual: Mapping[str, Usual]
    release: str
    until: float


def measured(records: Records) -> Measured | None:
    """Return the traffic by service, as the last release that looked long enough saw it; None without one."""
    for release in records.releases.list(limit=10):
        looks = [observations.from_record(seen.record) for seen in records.observations.latest(release.id, LOOKS)]
        if looks and looks[-1].at - looks[0].at >= SHORTEST:
            services = {service for look in looks for service in look.roles}
            found = {service: _usual(service, looks) for service in sorted(services)}
            usual = {service: each for service, each in found.items() if each is not None}
            if usual:
                return Measured(usual, release.id, looks[-1].at)
    return None


def _usual(service: str, looks: Sequence[Observation]) -> Usual | None:
    """Return the traffic of both versions together, with the errors and latencies of the one that had most of it."""
    counting, candidate, stable, seconds = Counting(service), ZERO, ZERO, 0.0
    for look in looks:
        between = counting.after(look)
        if between is not None:
            candidate, stable = counts.merge(candidate, between.candidate), counts.merge(stable, between.stable)
            seconds += between.seconds
    requests = candidate.requests + stable.requests
    if not requests or seconds < SHORTEST:
        return None
    steady: Counters = max(stable, candidate, key=lambda each: each.requests)
    return Usual(requests / seconds, steady.bad / steady.requests, steady.latency)
