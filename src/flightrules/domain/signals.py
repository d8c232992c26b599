"""What a person may ask of a release that is under way, and what that means at this moment.

Pure: `answer` decides from what the release is doing. Abort is accepted in every state (rule 2); on the way
back it is accepted too, and changes nothing, since that is where the release is going already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Ask(StrEnum):
    """What a person may ask for."""

    ABORT = "abort"
    PAUSE = "pause"
    RESUME = "resume"
    PROMOTE = "promote"
    STEP_BACK = "step-back"
    APPROVE = "approve"
    REJECT = "reject"
    ROLLBACK = "rollback"
    SHUTDOWN = "shutdown"


@dataclass(frozen=True)
class Signal:
    """One request, as it was sent: `number` orders them, `sent_at` is seconds since 1970."""

    number: int
    ask: Ask
    actor: str
    sent_at: float
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Situation:
    """What the release is doing: as far as it decides what a person may ask.

    `held` names the hold that waits for a person, `stage` the stage whose hold is on and `visit` which visit
    of it; each is None elsewhere, and `stage` is None as soon as its hold is decided. `earlier` are the stages
    before it. `question` is what somebody is asked to approve, and `role` who that is. `ended` is how the release
    ended, once it has.
    """

    going_back: bool = False
    closing: bool = False
    held: str | None = None
    paused: bool = False
    stage: str | None = None
    visit: str | None = None
    earlier: tuple[str, ...] = ()
    question: str | None = None
    role: str = ""
    ended: str | None = None


@dataclass(frozen=True)
class Answer:
    """Whether a request is taken, and the words for the person who sent it."""

    taken: bool
    text: str


ENDS_THE_RELEASE = (Ask.ABORT, Ask.ROLLBACK, Ask.SHUTDOWN)
"""What outranks everything else: the release goes back."""


def answer(signal: Signal, now: Situation) -> Answer:
    """Return what becomes of `signal` in this situation."""
    if now.ended is not None:
        return Answer(False, f"it came too late: the release has ended already, {now.ended}")
    if signal.ask is Ask.SHUTDOWN:
        return Answer(True, "the services are being shut down already" if now.closing else "the services are shut down")
    if signal.ask in (Ask.APPROVE, Ask.REJECT):
        return _answered(signal, now)
    if now.going_back or now.closing:
        return _on_the_way_back(signal, now)
    if signal.ask in ENDS_THE_RELEASE:
        return Answer(True, "the release goes back")
    return _ASKED_ON_THE_WAY[signal.ask](signal, now)


def _on_the_way_back(signal: Signal, now: Situation) -> Answer:
    if signal.ask in (Ask.ABORT, Ask.ROLLBACK):
        return Answer(True, "the release is on its way back already")
    if signal.ask is Ask.RESUME and now.held:
        return Answer(True, "tried again")
    return Answer(False, "the release is on its way back; only `flight shutdown` can change that")


def _answered(signal: Signal, now: Situation) -> Answer:
    if now.question is None:
        return Answer(False, "nothing waits for an approval at this moment")
    role = signal.arguments.get("role") or ""
    if now.role and role != now.role:
        return Answer(False, f"only {now.role} can answer this: flight {signal.ask} --as {now.role}")
    return Answer(True, "approved" if signal.ask is Ask.APPROVE else "rejected")


def _pause(signal: Signal, now: Situation) -> Answer:
    if now.paused:
        return Answer(True, "the release is paused already")
    return Answer(True, "paused: traffic stays as it is, the rules go on")


def _resume(signal: Signal, now: Situation) -> Answer:
    if now.held:
        return Answer(True, "tried again")
    if now.paused:
        return Answer(True, "the release goes on")
    return Answer(False, "the release is neither paused nor held")


def _promote(signal: Signal, now: Situation) -> Answer:
    if now.stage is None:
        return Answer(False, "there is no stage to promote at this moment; try again when one is holding")
    return Answer(True, f"stage {now.stage} is passed by decision of {signal.actor}")


def _step_back(signal: Signal, now: Situation) -> Answer:
    if now.stage is None:
        return Answer(False, "there is no stage to step back from at this moment")
    if not now.earlier:
        return Answer(False, f"{now.stage} is the first stage; `flight abort` takes the release back")
    wanted = signal.arguments.get("to") or now.earlier[-1]
    if wanted not in now.earlier:
        return Answer(False, f"{wanted} is not a stage before {now.stage}; there are: {', '.join(now.earlier)}")
    return Answer(True, f"the release steps back to {wanted}")


_ASKED_ON_THE_WAY = {
    Ask.PAUSE: _pause,
    Ask.RESUME: _resume,
    Ask.PROMOTE: _promote,
    Ask.STEP_BACK: _step_back,
}
