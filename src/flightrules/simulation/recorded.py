"""The looks of an earlier release, as a recording: to see what another plan would have made of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from flightrules.domain.counts import increment
from flightrules.domain.endings import stage_of
from flightrules.domain.errors import FlightError
from flightrules.domain.observing import is_of_stable_alone
from flightrules.domain.plan import Plan
from flightrules.domain.sight import Sight
from flightrules.domain.terms import STABLE_ALONE_EVERY
from flightrules.domain.traffic import WHOLE, Version
from flightrules.domain.verdict import TRAFFIC, Counters, Observation, Verdict
from flightrules.simulation.recording import Arm, Recording, Span


class NothingRecorded(FlightError):
    """A release that has no looks to simulate with."""


def recording(release: str, looks: Iterable[Observation], plan: Plan) -> Recording:
    """Return the recording of `release`; `plan` is the plan that it went by. Raises `NothingRecorded`."""
    seen = list(looks)
    if len(seen) < 2:
        raise NothingRecorded(
            f"release {release} has {len(seen)} looks: there is nothing to simulate with",
            "name another one, or describe what happens: --scenario TEXT",
        )
    first, shares = seen[0].at, {stage.name: stage.share.basis_points / WHOLE for stage in plan.stages}
    dues = _dues(seen, plan)
    spans = tuple(replace(span, due=due) for span, due in zip(_spans(seen, shares), dues, strict=True))
    began = next((look.at for look in seen if not is_of_stable_alone(look)), seen[-1].at)
    versions = {service: _versions(service, seen) for service in seen[-1].roles}
    seconds = round(seen[-1].at - first)
    told = (f"the looks of release {release}: {len(seen)} in {seconds} seconds",)
    # The look with which the candidate began is no longer one at stable alone.
    alone = math.nextafter(began - first, 0.0)
    return Recording(spans, versions, alone, told)


def _dues(seen: list[Observation], plan: Plan) -> Iterator[float | None]:
    """Yield when each look was due, in seconds since the first one."""
    eyes, due = Sight(plan, ()), None
    for look in seen:
        yield due
        eyes.recall(look, paused=False)
        due = look.at - seen[0].at + (STABLE_ALONE_EVERY if is_of_stable_alone(look) else eyes.stay.next_in())


def _spans(seen: list[Observation], shares: Mapping[str, float]) -> Iterator[Span]:
    counted: dict[tuple[str, str], Counters] = {}
    before = seen[0]
    for look in seen:
        added: dict[Arm, Counters] = {}
        for service, versions in look.counters.items():
            for role, key in look.roles.get(service, {}).items():
                if key in versions:
                    known = counted.get((service, key))
                    # What was counted before the recording began is no part of it.
                    added[service, role] = increment(
                        known or (versions[key] if look is seen[0] else None), versions[key]
                    )
                    counted[service, key] = versions[key]
        begins = _stage(look) if look.stage != before.stage else ""
        at, share = look.at - seen[0].at, shares.get(_stage(before), 0.0)
        yield Span(at, added, _values(look), share, _silent(look), begins_visit=begins)
        before = look


def _stage(look: Observation) -> str:
    """Return the stage that was held at `look`; before the first one the candidate has no share."""
    return stage_of(look.stage) if look.stage else ""


def _values(look: Observation) -> dict[tuple[str, str, str], float]:
    return {
        (reading.service, reading.metric, reading.subject): reading.value
        for reading in look.readings
        if reading.value is not None and reading.requests is None
    }


def _silent(look: Observation) -> frozenset[tuple[str, str]]:
    routers = {(service, TRAFFIC) for service in look.roles if service not in look.counters}
    others = {(each.service, each.metric) for each in look.readings if each.missing is Verdict.UNREACHABLE}
    return frozenset(routers | others)


def _versions(service: str, seen: list[Observation]) -> dict[str, Version]:
    """Return who was who; names are those that people used, keys stand for digests."""
    parts = seen[-1].roles[service]
    names = {key: name for look in seen for key, name in look.names.items()}
    return {role: Recalled(names.get(key, key), key) for role, key in parts.items()}


class Recalled(Version):
    """A version of which the record has the key, and not the digest."""

    @property
    def key(self) -> str:
        """The key that it was recorded under."""
        return self.digest
