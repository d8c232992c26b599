"""Where the comparison of candidate and stable stands, as a person sees it: read from what was stored at each look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flightrules.domain.comparing.interval import wilson
from flightrules.state.increments import Increment
from flightrules.views.latencies import Latencies
from flightrules.views.model import ComparisonView, LatencyView, RateView

MOST = 120
"""Points of the course of the evidence that are kept; where there are more, the higher one of two neighbours stays."""


class Comparisons:
    """The comparison of every service of one release, one increment after the other."""

    def __init__(self) -> None:
        self._services: dict[str, _Service] = {}
        self.latencies = Latencies()
        """Reads the looks themselves: hand it each of them."""

    def add(self, increment: Increment) -> None:
        """Follow one more increment."""
        self._services.setdefault(increment.service, _Service()).add(increment)

    def rates(self, service: str) -> tuple[RateView, RateView] | None:
        """Return what candidate and stable failed so far; None before the candidate had a request."""
        found = self._services.get(service)
        return found.rates() if found and found.candidate[0] else None

    def views(self) -> tuple[ComparisonView, ...]:
        """Return where each comparison stands, once its candidate has had a request."""
        return tuple(
            service.view(name, self.latencies.of(name))
            for name, service in self._services.items()
            if service.candidate[0]
        )


@dataclass
class _Service:
    candidate: tuple[int, int] = (0, 0)
    stable: tuple[int, int] = (0, 0)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    course: list[float] = field(default_factory=list)
    each: int = 1
    waiting: list[float] = field(default_factory=list)

    def add(self, increment: Increment) -> None:
        self.evidence = increment.evidence
        if not self.candidate[0] and not increment.candidate_requests:
            return  # what stable did before is not compared with anything
        self.candidate = _sum(self.candidate, (increment.candidate_requests, increment.candidate_bad))
        self.stable = _sum(self.stable, (increment.stable_requests, increment.stable_bad))
        self._draw(float(increment.evidence.get("log_e", 0.0)))

    def _draw(self, log_e: float) -> None:
        self.waiting.append(log_e)
        if len(self.waiting) == self.each:
            self.course.append(max(self.waiting))
            self.waiting = []
        if len(self.course) == 2 * MOST:
            self.course = [max(pair) for pair in zip(self.course[::2], self.course[1::2], strict=True)]
            self.each *= 2

    def _overdispersion(self) -> float:
        return float(self.evidence.get("overdispersion", 1.0))

    def rates(self) -> tuple[RateView, RateView]:
        phi = self._overdispersion()
        return _rate(self.candidate, phi), _rate(self.stable, phi)

    def view(self, name: str, latency: LatencyView | None) -> ComparisonView:
        said, (candidate, stable) = self.evidence, self.rates()
        return ComparisonView(
            service=name,
            log_e=float(said.get("log_e", 0.0)),
            limit=float(said.get("limit", 0.0)),
            candidate=candidate,
            stable=stable,
            certified=bool(said.get("certified")),
            needed=said.get("needed"),
            overdispersion=self._overdispersion(),
            estimated=bool(said.get("estimated")),
            course=(*self.course, *self.waiting[-1:]),
            latency=latency,
        )


def _sum(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]


def _rate(counted: tuple[int, int], overdispersion: float) -> RateView:
    low, high = wilson(counted[1], counted[0], overdispersion)
    return RateView(counted[0], counted[1], round(100 * low, 6), round(100 * high, 6))
