"""From looks with cumulative counters to what candidate and stable were asked in between.

Owns what a restart of the router, a look without an answer, a version that appears late and counters that were read
one after the other mean. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from flightrules.domain import counts
from flightrules.domain.counts import ZERO
from flightrules.domain.observations import counters_from_record, counters_to_record
from flightrules.domain.verdict import CANDIDATE, STABLE, Counters, Observation


@dataclass(frozen=True)
class Between:
    """What was counted for both versions of one service between two looks that counted, `seconds` apart."""

    candidate: Counters
    stable: Counters
    seconds: float


def compared_in(seen: Observation) -> tuple[str, ...]:
    """Return the services that have two versions, in order: only these can be compared."""
    return tuple(
        service
        for service, parts in seen.roles.items()
        if parts.get(CANDIDATE) and parts.get(STABLE) and parts[CANDIDATE] != parts[STABLE]
    )


class Counting:
    """The counters of one service, look by look."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._last: Mapping[str, Counters] = {}
        self._at: float | None = None

    def to_record(self) -> dict[str, Any]:
        """Return where the counting stands, as data that JSON can hold."""
        return {"at": self._at, "last": {key: counters_to_record(counted) for key, counted in self._last.items()}}

    def resume(self, record: Mapping[str, Any]) -> None:
        """Go on from where `to_record` said."""
        self._at = record["at"]
        self._last = {key: counters_from_record(counted) for key, counted in record["last"].items()}

    def after(self, seen: Observation) -> Between | None:
        """Return what was counted since the look before that counted.

        None where the router did not answer: what it counted in the meantime is part of the next increment. None at
        the first look too, which only opens the counting; a version that is not counted there has zero. A look that
        knows of no candidate yet has none of its requests.
        """
        counted = seen.counters.get(self._service)
        if counted is None:
            return None
        added = {key: _increment(self._last.get(key, ZERO), after) for key, after in counted.items()}
        self._last = {key: _without(added[key].early, after) for key, after in counted.items()}
        opened, self._at = self._at, seen.at
        if opened is None:
            return None
        parts = seen.roles[self._service]
        candidate, stable = (added[parts[part]].counters if parts.get(part) in added else ZERO for part in PARTS)
        return Between(candidate, stable, max(0.0, seen.at - opened))


PARTS = (CANDIDATE, STABLE)


class _Added(NamedTuple):
    counters: Counters
    early: int
    """Failures that were counted before their requests were: a router reads its counters one after the other. They
    belong to the next increment, in which their requests are."""


def _increment(before: Counters, after: Counters) -> _Added:
    added = counts.increment(before, after)
    early = max(0, added.bad - added.requests)
    return _Added(_without(early, added), early)


def _without(early: int, counted: Counters) -> Counters:
    return replace(counted, bad=counted.bad - early) if early else counted
