"""How fast each version answered since the candidate had its first request, as histograms with the same buckets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flightrules.domain.verdict import CANDIDATE, STABLE
from flightrules.views.model import LatencyView

Counted = Mapping[str, Any]
"""The counters of one version at one look, as they are stored."""


class Latencies:
    """The looks of one release, one after the other; reads what is stored, which is quicker than to rebuild looks."""

    def __init__(self) -> None:
        self._services: dict[str, _Service] = {}

    def add(self, record: Mapping[str, Any]) -> None:
        """Follow one more look, as it was stored."""
        for service, counters in record.get("counters", {}).items():
            parts = record.get("roles", {}).get(service, {})
            if CANDIDATE in parts and STABLE in parts:
                pair = [counters.get(parts[part]) for part in (CANDIDATE, STABLE)]
                self._services.setdefault(service, _Service()).add(*pair)

    def of(self, service: str) -> LatencyView | None:
        """Return the histograms of both versions; None where nothing was measured, or not with the same buckets."""
        found = self._services.get(service)
        return found.view() if found else None


@dataclass
class _Tally:
    """The latencies of one version from a moment on, across restarts of the router."""

    opening: Sequence[int] = ()
    last: Sequence[int] = ()
    before: list[int] = field(default_factory=list)
    bounds: Sequence[float] = ()

    def add(self, counted: Counted | None) -> None:
        if counted is None:
            return
        counts = counted["counts"]
        if list(self.bounds) != list(counted["bounds"]):
            self.opening, self.last, self.before, self.bounds = counts, counts, [0] * len(counts), counted["bounds"]
        elif any(new < old for new, old in zip(counts, self.last, strict=True)):  # the router counts from zero again
            self.before, self.opening = self.total(), [0] * len(counts)
        self.last = counts

    def open(self) -> None:
        self.opening, self.before = self.last, [0] * len(self.last)

    def total(self) -> list[int]:
        counted = zip(self.before, self.last, self.opening, strict=True)
        return [before + last - opening for before, last, opening in counted]


@dataclass
class _Service:
    candidate: _Tally = field(default_factory=_Tally)
    stable: _Tally = field(default_factory=_Tally)

    def add(self, candidate: Counted | None, stable: Counted | None) -> None:
        if not any(self.candidate.total()):
            self.stable.open()
        self.candidate.add(candidate or self._nothing(stable))
        self.stable.add(stable)

    def _nothing(self, stable: Counted | None) -> Counted | None:
        # A version that the router does not count yet is counted from zero.
        if stable is None or self.candidate.last:
            return None
        return {"bounds": stable["bounds"], "counts": [0] * len(stable["counts"])}

    def view(self) -> LatencyView | None:
        candidate, stable = self.candidate, self.stable
        if not any(candidate.total()) or list(candidate.bounds) != list(stable.bounds):
            return None
        return LatencyView(tuple(candidate.bounds), tuple(candidate.total()), tuple(stable.total()))
