"""What a judge is: it sees every look of a release, in order, and says what follows from it.

The rules of the plan are one judge. Another one plugs in beside it by having the same members; the release asks all
of them at every look and acts on the strongest action that any of them asks for. A hold passes with the consent of all.
"""

from __future__ import annotations

from typing import Protocol

from flightrules.domain.endings import Ending, Waiting
from flightrules.domain.plan import Stage
from flightrules.domain.verdict import Finding, Observation


class Judge(Protocol):
    """Sees looks and says what it holds against the release.

    A judge is rebuilt after a crash by showing it the recorded observations again; so what it says may
    depend on nothing but the observations that it has seen.
    """

    @property
    def name(self) -> str:
        """What the judge is called in the record."""

    def look(self, seen: Observation) -> tuple[Finding, ...]:
        """Return what follows from one more look. Looks come in order and each once."""

    def at_the_end(self, stage: Stage, ending: Ending, beyond: float) -> Ending | Waiting:
        """Return what becomes of `ending`, with which the hold of `stage` would pass.

        `beyond` is for how many seconds it was watched longer than its hold. To ask changes nothing.
        """
