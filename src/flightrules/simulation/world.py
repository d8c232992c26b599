"""What a simulated release looks at: a world that answers at every moment, as the sources of a release do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from flightrules.domain.errors import FlightError
from flightrules.domain.observing import Answers, Versions
from flightrules.domain.plan import Stage
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import CANDIDATE, STABLE

USUAL = {CANDIDATE: Version("candidate", "candidate"), STABLE: Version("stable", "stable")}
"""The versions of a world that knows no names for them."""


def alone(versions: Versions) -> Versions:
    """Return the stable ones of `versions`: before the candidate has started there are no others."""
    return {
        service: {role: version for role, version in parts.items() if role == STABLE}
        for service, parts in versions.items()
    }


class NothingKnown(FlightError):
    """The readings end here: what came after is not known, and is not guessed."""


@dataclass(frozen=True)
class Exposure:
    """What users did and met, summed over the services since the release began, by `candidate` and `stable`."""

    requests: Mapping[str, int]
    bad: Mapping[str, int]

    def since(self, before: Exposure) -> Exposure:
        """Return what came after `before`."""
        return Exposure(
            {role: count - before.requests[role] for role, count in self.requests.items()},
            {role: count - before.bad[role] for role, count in self.bad.items()},
        )


class World(Protocol):
    """Versions under traffic. Moments are seconds since 1970 and never run backwards."""

    @property
    def begins(self) -> float:
        """The moment of the first look."""

    @property
    def versions(self) -> Versions:
        """Which versions there are."""

    def look_at(self, due: float) -> float:
        """Return when a look that is due at `due` is taken."""

    def shifted_at(self, at: float, stage: Stage) -> float | None:
        """Return when a shift to `stage` that begins at `at` is through; None where this world does not know."""

    def shift(self, at: float, stage: Stage) -> None:
        """Give the candidate the share of `stage` from `at` on. Raises `NothingKnown`."""

    def answers(self, at: float) -> Answers:
        """Return what every source answers at the moment `at`. Raises `NothingKnown`."""

    def exposure(self) -> Exposure:
        """Return what was counted until the last answers."""

    def trouble_since(self) -> float | None:
        """Return the moment at which something went wrong in this world, as far as it has and that is known."""
