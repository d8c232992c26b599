"""What a person may ask of a release that is under way, and what that means at this moment.

Pure: `answer` decides from what the release is doing. Abort is accepted in every state (rule 2); on the way
back it is accepted too, and changes nothing, since that is where the release is going already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from shlex import quote
from typing import Any

from flightrules.domain.severities import Incident, worse
from flightrules.domain.stating import Stateable, typed


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
    SUPERSEDE = "supersede"
    SEVERITY = "severity"
    MEASURE = "measure"


@dataclass(frozen=True)
class Signal:
    """One request, as it was sent: `number` orders them, `sent_at` is seconds since 1970."""

    number: int
    ask: Ask
    actor: str
    sent_at: float
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """What the release waits for people to answer. `key` is that of the record, `item` what it is about, in few words.

    `seats` has, by role, the logins of those who may answer as that, or None where nobody says who has it; without any
    role everybody may. `barred` are logins that may not, each with the reason.
    """

    key: str
    item: str
    seats: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    barred: Mapping[str, str] = field(default_factory=dict)

    def refusal(self, role: str, login: str) -> str:
        """Return why `login` may not answer as `role`; empty where nothing speaks against it."""
        if self.seats and role not in self.seats:
            return "another role answers this"
        having = self.seats.get(role)
        if having is not None and login not in having:
            return f"{login} is not {role} in team.yaml"
        return self.barred.get(login, "")

    def role_of(self, login: str) -> str:
        """Return the role as which `login` answers where none was said: the first that is theirs.

        Where they have none of them, the first that has people; empty where nobody says who has a role.
        """
        known = {role: having for role, having in self.seats.items() if having is not None}
        return next((role for role, having in known.items() if login in having), next(iter(known), ""))


@dataclass(frozen=True)
class Situation:
    """What the release is doing: as far as it decides what a person may ask.

    `held` names the hold that waits for a person, `stage` the stage whose hold is on and `visit` which visit
    of it; each is None elsewhere, and `stage` is None as soon as its hold is decided. `earlier` are the stages
    before it. `questions` are what people are asked at this moment. `watching` says that all that is left is the watch
    and its sign-offs, `sealed` that nothing takes the release back any more. `ended` is how it ended, once it has.
    """

    going_back: bool = False
    closing: bool = False
    held: str | None = None
    paused: bool = False
    stage: str | None = None
    visit: str | None = None
    earlier: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    waits: str | None = None
    """The key of what waits for its clock time, and can be begun before it."""
    severities: Mapping[str, str] = field(default_factory=dict)
    """What was agreed about each severity, in words, once there is a candidate about which one can be declared."""
    incident: Incident | None = None
    """The severity that was declared and is not decided: until then the candidate gets no more traffic."""
    stateable: Mapping[str, Stateable] = field(default_factory=dict)
    """The metrics that people state, by name."""
    tried: bool = False
    """Whether the candidate has had a stage: before that nobody can say anything of it."""
    watching: bool = False
    sealed: bool = False
    ended: str | None = None


@dataclass(frozen=True)
class Answer:
    """Whether a request is taken, and the words for the person who sent it.

    `question` is the key of what it answers, or the metric that it states, and `role` as what; both are empty for
    everything else.
    """

    taken: bool
    text: str
    question: str = ""
    role: str = ""


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
        return Answer(False, _SEALED) if now.sealed else Answer(True, "the release goes back")
    return _ASKED_ON_THE_WAY[signal.ask](signal, now)


def _on_the_way_back(signal: Signal, now: Situation) -> Answer:
    if signal.ask in (Ask.ABORT, Ask.ROLLBACK):
        return Answer(True, "the release is on its way back already")
    if signal.ask is Ask.RESUME and now.held:
        return Answer(True, "tried again")
    if signal.ask is Ask.RESUME and now.waits:
        return Answer(True, "the watch after the way back ends here")
    return Answer(False, "the release is on its way back; only `flight shutdown` can change that")


def _answered(signal: Signal, now: Situation) -> Answer:
    item, asked = signal.arguments.get("item") or "", now.questions
    if item:
        asked = tuple(each for each in asked if each.item == item)
    if not asked:
        waits = f"nothing waits for {item}" if item else "nothing waits for an approval"
        return Answer(False, f"{waits} at this moment{_what_does(now)}")
    refusals = []
    for question in asked:
        role = signal.arguments.get("role") or question.role_of(signal.actor)
        refusal = question.refusal(role, signal.actor)
        if not refusal:
            break
        refusals.append(refusal)
    else:
        return Answer(False, _refused(signal, asked, refusals))
    others = {each.item for each in asked if not each.refusal(role, signal.actor)}
    if len(others) > 1:
        named = " · ".join(sorted(each or "what has no name, without one" for each in others))
        return Answer(False, f"which one? {named}: name it, flight {_typed(signal)} ITEM")
    word = _WORDS[_typed(signal)]
    about = f": {question.item}" if question.item else ""
    return Answer(True, f"{word}{about}", question.key, role if question.seats else signal.arguments.get("role") or "")


_SIGN = "sign"
_WORDS = {str(Ask.APPROVE): "approved", str(Ask.REJECT): "rejected", _SIGN: "signed"}


def _typed(signal: Signal) -> str:
    """Return the command that was typed: `flight sign` approves what is to be signed."""
    return _SIGN if signal.arguments.get("typed") == _SIGN else str(signal.ask)


def _what_does(now: Situation) -> str:
    items = " · ".join(sorted({each.item for each in now.questions if each.item}))
    return f"; what does: {items}" if items else ""


def _refused(signal: Signal, asked: tuple[Question, ...], refusals: list[str]) -> str:
    """Return why none of `asked` can be answered by who asked for it, and who could."""
    roles = list(dict.fromkeys(role for each in asked for role in each.seats))
    nobody_said = all(having is None for each in asked for having in each.seats.values())
    if nobody_said and not any(each.barred.get(signal.actor) for each in asked):
        could = " or ".join(roles)
        item = f" {quote(signal.arguments['item'])}" if _typed(signal) == _SIGN else ""
        return f"only {could} can answer this: flight {_typed(signal)}{item} --as {quote(roles[0])}"
    having = [f"{role}: {', '.join(each.seats[role] or ())}" for each in asked for role in each.seats]
    return f"{refusals[0]}; who can answer: {'; '.join(dict.fromkeys(having))}"


_SEALED = (
    "it is over: the release is sealed; what served before comes back with flight rollback --to VERSION --reason TEXT"
)


def _supersede(signal: Signal, now: Situation) -> Answer:
    if not now.watching:
        return Answer(False, "the release is not in its watch, so no other can begin; `flight abort` takes it back")
    return Answer(True, "the watch ends here")


def _pause(signal: Signal, now: Situation) -> Answer:
    if now.paused:
        return Answer(True, "the release is paused already")
    return Answer(True, "paused: traffic stays as it is, the rules go on")


def _resume(signal: Signal, now: Situation) -> Answer:
    if now.held:
        return Answer(True, "tried again")
    if now.paused:
        return Answer(True, "the release goes on")
    if now.waits:
        return Answer(True, "it begins now")
    return Answer(False, "the release is neither paused nor held")


def _promote(signal: Signal, now: Situation) -> Answer:
    if now.stage is None:
        return Answer(False, "there is no stage to promote at this moment; try again when one is holding")
    if now.incident is not None:
        return Answer(False, f"{now.incident.level} is not decided yet, and nothing is promoted before that")
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


def _severity(signal: Signal, now: Situation) -> Answer:
    wanted = str(signal.arguments.get("level"))
    if now.sealed:
        return Answer(False, _SEALED)
    if not now.severities:
        none = "the plan agrees on none, or there is no candidate with traffic yet; `flight abort` takes it back"
        return Answer(False, f"no severity can be declared: {none}")
    if wanted not in now.severities:
        return Answer(False, f"the plan does not say what {wanted} means; it does for: {', '.join(now.severities)}")
    if now.incident is not None and now.incident.level == wanted:
        return Answer(True, f"{wanted} is declared already")
    if now.incident is not None and not worse(wanted, now.incident.level):
        return Answer(False, f"{now.incident.level} is declared, and {wanted} is not worse")
    return Answer(True, f"{wanted} is declared: {now.severities[wanted]}")


def _measure(signal: Signal, now: Situation) -> Answer:
    name = str(signal.arguments.get("metric"))
    metric = now.stateable.get(name)
    if now.sealed:
        return Answer(False, _SEALED)
    if metric is None:
        known = ", ".join(now.stateable)
        there_are = f"they state: {known}" if known else "the plan has no metric `from: person`"
        return Answer(False, f"{name} is no metric that people state; {there_are}")
    seats = Question("", name, metric.seats)
    role = signal.arguments.get("role") or seats.role_of(signal.actor)
    if refusal := seats.refusal(role, signal.actor):
        return Answer(False, _not_theirs(metric, refusal))
    if not now.tried:
        return Answer(False, f"no user has had the candidate yet; once a stage holds: {typed(name)}")
    value = signal.arguments.get("value")
    if wrong := metric.wrong(value):
        return Answer(False, wrong)
    return Answer(True, f"{name} is {metric.says(float(str(value)))}; it counts from the next look", name, role)


def _not_theirs(metric: Stateable, refusal: str) -> str:
    """Return why who asked may not state it, and who could."""
    having = metric.seats.get(metric.role)
    if having is None:
        return f"only {metric.role} can state this: {typed(metric.name)} --as {quote(metric.role)}"
    return f"{refusal}; who can state {metric.name}: {metric.role}: {', '.join(having) or 'nobody'}"


_ASKED_ON_THE_WAY = {
    Ask.PAUSE: _pause,
    Ask.RESUME: _resume,
    Ask.PROMOTE: _promote,
    Ask.STEP_BACK: _step_back,
    Ask.SUPERSEDE: _supersede,
    Ask.SEVERITY: _severity,
    Ask.MEASURE: _measure,
}
