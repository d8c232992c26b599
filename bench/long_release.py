"""A release that has been under way for long: thousands of looks, stored and judged by the code that releases use.

Nothing here waits between two looks, so an hour of them takes a minute. What the router counted goes on from the last
real look, as a healthy release under steady traffic would have it.
"""

from __future__ import annotations

import time
from dataclasses import replace

from bench.shop import Shop
from flightrules import plan_file, wiring
from flightrules.domain import observations
from flightrules.domain.judging import Judging
from flightrules.domain.verdict import CANDIDATE, Counters, Histogram, Observation
from flightrules.engine.run import Run
from flightrules.phases.moments import Moments
from flightrules.phases.recalling import Recalling
from flightrules.phases.weighing import Weighing
from flightrules.state.releases import Release
from flightrules.testing.fake_durable import FakeDurable

STABLE_REQUESTS, CANDIDATE_REQUESTS = 15, 5
"""That each version answers between two looks."""


def lengthen(place: Shop, release: Release, looks: int) -> int:
    """Add so many looks to `release`, which nobody drives now; return the number of the last one."""
    records = place.records
    plan = plan_file.load_text(release.plan_text, str(place.plan), place.folder, {})
    with records.lease:
        run = wiring.Workshop(records).run(release, plan, FakeDurable())
        return _watched(run, looks)


def _watched(run: Run, looks: int) -> int:
    judging, moments = Judging(run.plan), Moments(run.clock)
    weighing = Weighing(run, judging)
    recalling = Recalling(run, judging, weighing, moments)
    recalling.recall()
    look, number = judging.sight.last, 0
    assert look is not None
    for _ in range(looks):
        look = _next(look)
        number = run.kept.observations.add(run.id, {**observations.to_record(look), "paused": False})
        judging.sight.keep(look, paused=False)
        findings = judging.sight.found(look)
        weighing.keep(number, look)
        recalling.note(number, look, findings)
    return number


def _next(look: Observation) -> Observation:
    counters = {
        service: {key: _grown(counted, key == look.roles[service][CANDIDATE]) for key, counted in versions.items()}
        for service, versions in look.counters.items()
    }
    return replace(look, at=time.time(), counters=counters, interval=1.0)


def _grown(counted: Counters, is_candidate: bool) -> Counters:
    more = CANDIDATE_REQUESTS if is_candidate else STABLE_REQUESTS
    usual = max(range(len(counted.latency.counts)), key=counted.latency.counts.__getitem__)
    counts = [count + (more if place == usual else 0) for place, count in enumerate(counted.latency.counts)]
    return Counters(counted.requests + more, counted.bad, Histogram(counted.latency.bounds, tuple(counts)))
