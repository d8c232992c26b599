"""What a judge is: it sees every look of a release, in order, and says what follows from it.

The rules of the plan are one judge. Another one plugs in beside it by having the same members; the release asks all
of them at every look and acts on the strongest action that any of them asks for. A hold passes with the consent of all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from flightrules.domain.endings import Ending, Waiting
from flightrules.domain.plan import Stage
from flightrules.domain.verdict import Finding, Observation


class Judge(Protocol):
    """Sees looks and says what it holds against the release.

    What it says may depend on nothing but the observations that it has seen: after a crash another one takes its
    place, which is shown the recorded ones again.
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


class LastingJudge(Judge, Protocol):
    """A judge of a real release, which may be gone on with after a crash without showing it every look again.

    From its record it goes on exactly as if it had never stopped: the same findings, the same figures to the last bit.
    """

    def to_record(self) -> dict[str, Any]:
        """Return where the judge stands after the last look, as data that JSON can hold."""

    def resume(self, record: Mapping[str, Any]) -> None:
        """Stand where `to_record` said. The next look that it is shown is the one after."""
