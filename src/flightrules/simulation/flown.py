"""How a simulated release went: what was decided, when, by what, and how many requests met the candidate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flightrules.simulation.world import Exposure


class End(StrEnum):
    """How a simulated release ended."""

    RELEASED = "released"
    ROLLED_BACK = "rolled back"
    SHUT_DOWN = "shut down"
    WAITS = "waits for a person"
    UNDECIDED = "undecided"
    """The readings end before the release does."""


@dataclass(frozen=True)
class Happening:
    """Something that the release did, in words, `at` seconds after it began.

    `kind` is `told`, `paused`, `stepped back`, `steps back soon` (with the next hold), `began again`, `waits`,
    `passed`, `failed`, `assumed` (of what people do) or `called back`; of a severity it is `declared`, `asked` (people,
    about it) or `goes on`. `rule` is the line of the plan that it follows, if it follows one.
    """

    at: float
    stage: str
    kind: str
    says: str
    rule: str = ""


@dataclass(frozen=True)
class Visited:
    """One stay at a stage. Times are seconds since the release began.

    `held` are the seconds that counted towards the hold, `counted` what was served during the stay.
    """

    stage: str
    share: float
    hold: float
    entered: float
    left: float
    held: float
    looks: int
    verdict: str
    says: str
    counted: Exposure


@dataclass(frozen=True)
class Flown:
    """One simulated release. Times are seconds since it began.

    `decided_by` is the rule or the stage that decided, `says` the words of its verdict. `trouble_at` is when
    something went wrong, where the world knows; `detected` the seconds from then to the decision. `back_at` is when
    stable had all the traffic again; `counted` is everything until then.
    """

    end: End
    stage: str
    decided_at: float
    decided_by: str
    says: str
    trouble_at: float | None
    back_at: float | None
    looks: int
    visits: tuple[Visited, ...]
    happenings: tuple[Happening, ...]
    counted: Exposure

    @property
    def detected(self) -> float | None:
        """The seconds from the trouble to the decision to go back."""
        if self.trouble_at is None or self.end not in (End.ROLLED_BACK, End.SHUT_DOWN):
            return None
        return max(0.0, self.decided_at - self.trouble_at)
