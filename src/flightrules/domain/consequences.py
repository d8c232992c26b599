"""What follows when a judge asks for an action: that depends on where the release is.

Pure. Who tells people, puts it on record and raises is for others.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from flightrules.domain.plan import Action, Do
from flightrules.domain.severities import LEVELS
from flightrules.domain.signals import Situation
from flightrules.domain.verdict import Finding

MILDEST_FIRST = list(Do)


class Consequence(Enum):
    """What is done."""

    TELL = "tell people"
    PAUSE = "pause"
    END_HOLD = "end the hold that is on, and step back"
    BEGIN_AGAIN = "begin the hold that is on again"
    WAIT = "step back as soon as the next hold begins"
    DECLARE = "declare the severity"
    CALL_BACK = "call the release back"


def strongest_first(findings: Iterable[Finding]) -> list[tuple[Finding, Action]]:
    """Return the findings that ask for an action, with it, in the order in which they are acted on."""
    asked = [(finding, finding.action) for finding in findings if finding.action is not None]
    return sorted(asked, key=lambda each: _strength(each[1]), reverse=True)


def _strength(action: Action) -> tuple[int, int]:
    worst_first = LEVELS.index(str(action.to)) if action.do is Do.SEVERITY else 0
    return MILDEST_FIRST.index(action.do), -worst_first


def of(action: Action, now: Situation, *, stages_are_over: bool) -> Consequence:
    """Return what follows from `action`. After the last stage there is none left to step back to."""
    match action.do:
        case Do.WARN | Do.PAGE:
            return Consequence.TELL
        case Do.PAUSE:
            return Consequence.PAUSE
        case Do.SEVERITY:
            return Consequence.DECLARE
        case Do.STEP_BACK if not stages_are_over:
            return step_back(action, now)
        case _:
            return Consequence.CALL_BACK


def step_back(action: Action, now: Situation) -> Consequence:
    """Return what stepping back means: between two holds it waits for the next one.

    At the stage to step back to, or before it, the hold begins again.
    """
    if now.visit is None:
        return Consequence.WAIT
    return Consequence.END_HOLD if action.to in now.earlier else Consequence.BEGIN_AGAIN
