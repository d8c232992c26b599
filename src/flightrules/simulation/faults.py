"""What happens in a described scenario: each fault, when it begins, how long it lasts, and whom it hits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flightrules.domain.verdict import CANDIDATE, STABLE
from flightrules.simulation.latencies import Slower

BOTH = (CANDIDATE, STABLE)


@dataclass(frozen=True)
class Whom:
    """Which versions of which service; every service where `service` is None."""

    roles: tuple[str, ...] = BOTH
    service: str | None = None

    def hits(self, service: str, role: str) -> bool:
        """Return whether this version is meant."""
        return role in self.roles and self.service in (None, service)


@dataclass(frozen=True)
class Fails:
    """The part `rate` (0 to 1) of the requests fails, instead of the part that always does."""

    rate: float


@dataclass(frozen=True)
class Traffic:
    """There are `factor` times as many requests."""

    factor: float


@dataclass(frozen=True)
class Level:
    """A metric of the plan reads `value`, in its unit."""

    metric: str
    value: float


@dataclass(frozen=True)
class Times:
    """A metric of the plan reads `factor` times what it read before."""

    metric: str
    factor: float


@dataclass(frozen=True)
class Grows:
    """A metric of the plan grows by `percent` of its level at the beginning every `per_seconds`."""

    metric: str
    percent: float
    per_seconds: float


@dataclass(frozen=True)
class Down:
    """The source of a metric does not answer; `traffic` stands for the router."""

    metric: str


Effect = Fails | Slower | Traffic | Level | Times | Grows | Down


@dataclass(frozen=True)
class Fault:
    """One thing that happens, as it was described in `text`.

    It begins `after` seconds after `stage` was first entered, or after the release began where that is None, and
    lasts for `lasting` seconds; None: to the end.
    """

    effect: Effect
    whom: Whom = Whom()
    stage: str | None = None
    after: float = 0.0
    lasting: float | None = None
    text: str = ""

    def span(self, entered: Mapping[str | None, float]) -> tuple[float, float] | None:
        """Return from when until when it is there; None as long as its stage was not entered."""
        if self.stage not in entered:
            return None
        begins = entered[self.stage] + self.after
        return begins, float("inf") if self.lasting is None else begins + self.lasting
