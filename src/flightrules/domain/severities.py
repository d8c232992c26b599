"""How bad something is, and what was agreed about it: watched first, people asked, taken back by itself, or left.

Pure. Who watches, who asks and who counts the time is for others.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LEVELS = ("P0", "P1", "P2", "P3", "P4")
"""The severities that a plan can agree on, the worst first."""


class Decision(StrEnum):
    """What becomes of a release about which a severity was declared, the mildest first."""

    FIX_FORWARD = "fix forward"
    """It goes on, and the next version mends it."""
    ROLL_BACK = "roll back"
    SHUT_DOWN = "shut down"


@dataclass(frozen=True)
class AskPeople:
    """One of `roles` is asked whether the release goes on (anybody, where no role is named).

    `otherwise` is what is done where nobody has answered `within` seconds; people are reminded every `remind` seconds.
    """

    roles: tuple[str, ...] = ()
    within: float = 900.0
    otherwise: Decision = Decision.ROLL_BACK
    remind: float = 300.0


@dataclass(frozen=True)
class Severity:
    """What was agreed about one severity: what is done, once it was `watch`ed for so many seconds (0: at once).

    What gets better while it is watched is over.
    """

    then: Decision | AskPeople
    watch: float = 0.0

    @property
    def takes_back_at_once(self) -> bool:
        """Whether it takes the release back, with nothing that could keep it from that."""
        return not self.watch and self.then in (Decision.ROLL_BACK, Decision.SHUT_DOWN)


@dataclass(frozen=True)
class Incident:
    """A severity that was declared, and why: by the `rule` that fired, or where that is empty by a person.

    `number` counts the severities of a release from 1, `at` is when it was declared and `look` at which look (seconds
    since 1970; 0 for a person), `lasted` for how many seconds the condition of the rule had been true by then.
    """

    number: int
    level: str
    says: str
    at: float
    rule: str = ""
    service: str = ""
    lasted: float = 0.0
    look: float = 0.0

    @property
    def key(self) -> str:
        """Under which what becomes of it is recorded."""
        return f"severities/{self.number}"

    @property
    def text(self) -> str:
        """The severity and why, as people read it."""
        return f"{self.level}: {self.says}"


def worse(one: str, other: str) -> bool:
    """Return whether the severity `one` is worse than `other`: the smaller the number, the worse."""
    return one < other
