"""How a hold ends, and where the release goes from there: to the next stage, back to an earlier one, or back for good.

Pure. Who waits for the end, and who is asked when the plan says `pause`, is for others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from flightrules.domain.errors import StageFailed
from flightrules.domain.plan import Action, Do, Stage
from flightrules.domain.signals import Ask
from flightrules.domain.verdict import Verdict


@dataclass(frozen=True)
class Ending:
    """The end of a hold: the verdict, why in words, and for a failed one what is to be done about it."""

    verdict: Verdict
    says: str
    action: Action | None = None
    by_person: bool = False


class For(Enum):
    """What a hold that is over may still wait for."""

    DATA = "insufficient"
    """Something to judge it by."""
    TRAFFIC = "underpowered"
    """Enough requests to certify the candidate."""
    REQUESTS = "silent"
    """Any request of the candidate at all."""


@dataclass(frozen=True)
class Waiting:
    """A hold that goes on although its time is over, and why in words."""

    for_what: For
    says: str


def of_conditions(stage: Stage, verdict: Verdict, says: str) -> Ending | Waiting:
    """Return what the verdict of the `pass` conditions leads to: missing data decide nothing, the hold goes on."""
    if verdict is Verdict.PASS:
        return Ending(verdict, says)
    if verdict is Verdict.FAIL:
        return Ending(verdict, says, stage.on_fail)
    return Waiting(For.DATA, says)


def visit_name(number: int, stage: Stage) -> str:
    """Return what the visit with this number (from 1) is called: in the record, and in the looks taken during it."""
    return f"stages/{number}-{stage.name}"


def stage_of(visit: str) -> str:
    """Return the name of the stage that a visit with this name is to; empty where it is to none."""
    return visit.partition("/")[2].partition("-")[2]


class Then(Enum):
    """What follows a hold that has ended."""

    GO_ON = "go on"
    """At the stage that the order names next."""
    ASK = "ask"
    """A person decides."""


class StageOrder:
    """The stages in the order in which they are really visited, decided hold by hold."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = tuple(stages)
        self._at = 0
        self._failed: set[str] = set()
        """Stages that already sent the release a stage back once."""
        self.are_over = False
        """Set once the last stage was passed: there is no stage left to step back to."""

    def __iter__(self) -> Iterator[Stage]:
        while self._at < len(self.stages):
            stage = self.stages[self._at]
            self._at += 1
            yield stage

    def earlier(self, stage: Stage) -> tuple[str, ...]:
        """Return the names of the stages before `stage`."""
        names = [each.name for each in self.stages]
        return tuple(names[: names.index(stage.name)])

    def passed(self) -> None:
        """Note that the stage was passed."""
        self.are_over = self._at == len(self.stages)

    def back_to(self, name: str) -> None:
        """Go on at the stage with `name`."""
        self._at = [stage.name for stage in self.stages].index(name)

    def after(self, stage: Stage, ending: Ending) -> Then:
        """Go where `ending` leads. Raises `StageFailed` where that is the way back.

        A stage may send the release a stage back once; a person may do so as often as they like.
        """
        if ending.verdict is Verdict.PASS:
            self.passed()
            return Then.GO_ON
        action = ending.action or Action(Do.ROLL_BACK)
        if action.do is Do.PAUSE:
            return Then.ASK
        if action.to is None or not (ending.by_person or self._may_step_back(stage, action)):
            raise StageFailed(f"stage {stage.name} failed: {ending.says}", stage=stage.name)
        if not ending.by_person:
            self._failed.add(stage.name)
        self.back_to(action.to)
        return Then.GO_ON

    def _may_step_back(self, stage: Stage, action: Action) -> bool:
        return action.do is Do.STEP_BACK and stage.name not in self._failed


def by_person(decision: Mapping[str, Any]) -> str:
    """Return in words what a person decided about a stage: `decision` has `ask`, `by` and `reason`, as recorded."""
    done, reason = "promoted" if decision["ask"] == Ask.PROMOTE else "stepped back", decision.get("reason")
    return f"{done} by {decision.get('by', 'a person')}{f': {reason}' if reason else ''}"
