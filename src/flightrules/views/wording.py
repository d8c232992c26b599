"""Events in plain words: one line each, for somebody who reads along or a year later.

An event that says nothing which another one does not say better has no words (None). A kind that is not known
is shown by its name: the record may be newer than the program that reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flightrules.domain.clock_times import said
from flightrules.domain.comparing.judge import RULE as COMPARE
from flightrules.domain.endings import For
from flightrules.domain.events import BROKEN, MACHINE, UNREADABLE, Entry
from flightrules.domain.figures import duration, plain
from flightrules.domain.verdict import Verdict
from flightrules.views import (
    database_words,
    recovery_words,
    rehearsal_words,
    severity_words,
    stating_words,
    watch_words,
)
from flightrules.views.model import Tone
from flightrules.views.step_words import step_words

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Words:
    """What is said of an event, and how much it matters."""

    text: str
    tone: Tone = Tone.NEWS


@dataclass(frozen=True)
class Cast:
    """Who plays in this release: by service, the names of candidate and stable (None before the first release)."""

    versions: Mapping[str, tuple[str, str | None]]

    @property
    def candidate(self) -> str:
        """The name of the version that is released; that of the first service where they differ."""
        return next(iter(self.versions.values()), ("the candidate", None))[0]

    @property
    def stable(self) -> str | None:
        """The name of the version that carried the traffic before."""
        return next(iter(self.versions.values()), ("", None))[1]

    def of(self, service: str) -> str:
        """Return ` of web` where there are several services, so that one alone is not named again and again."""
        return f" of {service}" if len(self.versions) > 1 else ""


def words(entry: Entry, cast: Cast) -> Words | None:
    """Return what is said of `entry`; None where another event says it better."""
    say = _SAY.get(entry.event.kind)
    if say is None:
        return Words(entry.event.kind, Tone.QUIET)
    return say(entry, entry.event.data, cast)


def _started(entry: Entry, data: Data, cast: Cast) -> Words:
    reason = f": {data['reason']}" if data.get("reason") else ""
    text = {
        "release": f"release of {cast.candidate} begins" + (f" beside {cast.stable}" if cast.stable else ""),
        "rollback": f"return from {cast.candidate} to {cast.stable} begins{reason}",
        "shutdown": f"emergency shutdown begins{reason}",
        "open": "the services open again",
        "down": f"everything is ended{reason}",
    }.get(data["story"], f"{data['story']} begins")
    return Words(f"{text}{_by(entry)}")


def _step_started(entry: Entry, data: Data, cast: Cast) -> Words | None:
    said = step_words(data["step"], cast.versions)
    return Words(said, Tone.QUIET) if said else None


def _step_failed(entry: Entry, data: Data, cast: Cast) -> Words | None:
    if data["error"]["kind"] in _TOLD_BY_OTHERS:
        return None
    said = step_words(data["step"], cast.versions) or data["step"]
    why = data["error"]["what"]
    if data["error"]["kind"] in _TOLD_CHECK_BY_CHECK:
        why = why.partition(": ")[0]
    return Words(f"{said}: failed after {duration(data['seconds'])}: {why}", Tone.BAD)


_TOLD_BY_OTHERS = ("RuleFired", "Aborted", "ShutDown", "StageFailed", "WatchFailed")
"""What ended a step from outside has an event of its own."""


_TOLD_CHECK_BY_CHECK = ("GateFailed", "VerificationFailed")
"""What names every check that did not pass, each of which was told just before."""


def _check(entry: Entry, data: Data, cast: Cast) -> Words:
    if data["passed"]:
        signed = f": {data['says']}" if "by" in data.get("evidence", {}) else ""
        return Words(f"passed: {data['check']}{signed}", Tone.GOOD)
    if excused := data.get("excused"):
        said = data["says"] if excused == data["says"] else f"{data['says']}; {excused}"
        return Words(f"{data['check']}: {said}", Tone.WARNING)
    how = "could not be asked" if data.get("verdict") == Verdict.UNREACHABLE else "failed"
    return Words(f"{how}: {data['check']}: {data['says']}", Tone.BAD)


def _assessed(entry: Entry, data: Data, cast: Cast) -> Words:
    verdict = "go" if data["go"] else f"no-go, {data['why_not']}"
    return Words(f"readiness: {data['score']:g} of 100, {verdict}", Tone.GOOD if data["go"] else Tone.BAD)


def _shifted(entry: Entry, data: Data, cast: Cast) -> Words:
    if data.get("closed"):
        return Words(f"the router answers with the plan's page{cast.of(data['service'])}", Tone.WARNING)
    named = [(data.get("names", {}).get(key, key), percent) for key, percent in data["split"].items()]
    candidate_first = sorted(named, key=lambda share: share[0] != cast.versions.get(data["service"], ("",))[0])
    split = ", ".join(f"{name} {percent:g}%" for name, percent in candidate_first)
    return Words(f"traffic{cast.of(data['service'])}: {split} (confirmed after {duration(data['seconds'])})")


def _stage_started(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(f"stage {data['stage']} holds at {data['share']} for {duration(data['hold'])}")


def _stage_ended(entry: Entry, data: Data, cast: Cast) -> Words:
    if data["verdict"] == "pass":
        return Words(f"stage {data['stage']} passed: {data['says']}", Tone.GOOD)
    then = f"; the release steps back to {data['to']}" if data.get("do") == "step back" else ""
    if data.get("by_person"):
        return Words(f"stage {data['stage']} ended before its time: {data['says']}{then}", Tone.WARNING)
    return Words(f"stage {data['stage']} failed: {data['says']}{then}", Tone.BAD)


def _began_again(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(f"the hold begins again: {data['says']}", Tone.WARNING)


def _stage_decided(entry: Entry, data: Data, cast: Cast) -> Words | None:
    return None  # the signal or the rule behind it, and the end of the stage, say it


def _rule(entry: Entry, data: Data, cast: Cast) -> Words:
    mild = data["action"].startswith(("warn", "page"))
    who = "the comparison" if data["rule"] == COMPARE else f"rule {data['rule']}"
    return Words(f"{who}: {data['says']}", Tone.WARNING if mild else Tone.BAD)


def _compared(entry: Entry, data: Data, cast: Cast) -> Words:
    candidate, stable = cast.versions.get(data["service"], ("the candidate", "stable"))
    began = f"{candidate} is compared with {stable}{cast.of(data['service'])}"
    if data["estimated"]:
        size = round(data["overdispersion"], 2)
        how = f"in clusters of {plain(size)}" if size > 1 else "one by one"
        return Words(f"{began}; errors of {stable} come {how}")
    seen = f"too few errors of {stable} were seen to know whether they come in clusters"
    return Words(f"{began}; {seen}: until then all evidence is divided by {plain(data['overdispersion'])}")


def _told(entry: Entry, data: Data, cast: Cast) -> Words | None:
    tone = _ONLY_TOLD.get((entry.event.key or "").rpartition("/")[2])
    return Words(data["text"], tone) if tone else None


_ONLY_TOLD = {"late": Tone.BAD, **dict.fromkeys((each.value for each in For), Tone.WARNING)}
"""By the end of its key: what people were told and no other event says."""


def _not_told(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(f"people could not be told: {data['why']}", Tone.WARNING)


def _taken(entry: Entry, data: Data, cast: Cast) -> Words:
    reason = data.get("arguments", {}).get("reason")
    return Words(f"{data['kind_']}{f' ({reason})' if reason else ''}{_by(entry)}: {data['answer']}")


def _refused_signal(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(f"{data['kind_']}{_by(entry)} was not taken: {data['answer']}", Tone.WARNING)


def _held(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(f"the release holds: {data['why']}", Tone.BAD)


def _waits(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(data["says"], Tone.WARNING)


def _phase_started(entry: Entry, data: Data, cast: Cast) -> Words:
    may = f", and may take {duration(data['budget'])}" if data["budget"] else ""
    return Words(f"{data['phase']} begins{may}", Tone.QUIET)


def _phase_ended(entry: Entry, data: Data, cast: Cast) -> Words:
    late = data["seconds"] - (data["budget"] or data["seconds"])
    over = f", {duration(late)} more than agreed" if late > 0 else ""
    return Words(f"{data['phase']} took {duration(data['seconds'])}{over}", Tone.WARNING if over else Tone.QUIET)


def _overridden(entry: Entry, data: Data, cast: Cast) -> Words:
    who = f"{data['by']} ({data['role']})"
    return Words(f"the freeze ({data['freeze']}) is overridden by {who}: {data['reason'] or 'no reason'}", Tone.WARNING)


def _paused(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(f"paused: {data['why']}" if data.get("why") else "paused", Tone.WARNING)


def _resumed(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words("the release goes on")


def _called_back(entry: Entry, data: Data, cast: Cast) -> Words | None:
    return None  # the rule or the person before it, and the way back after it, say it


def _refused(entry: Entry, data: Data, cast: Cast) -> Words:
    why = data["why"].partition(": ")[0] if data["why"].startswith("the gate ") else data["why"]
    return Words(f"not started: {why}", Tone.BAD)


def _going_back(entry: Entry, data: Data, cast: Cast) -> Words:
    if data["procedure"] == "shutdown":
        return Words(f"shutting down: {data['why']}", Tone.BAD)
    where = f" to {cast.stable}" if cast.stable else ""
    return Words(f"going back{where}: {data['why']}", Tone.BAD)


def _went_back(entry: Entry, data: Data, cast: Cast) -> Words:
    done = "shut down" if data["procedure"] == "shutdown" else "back"
    after = "" if data["total"] is None else f" after {duration(data['total'])}"
    parts, before = _times(data, "ready", "shift", "drain", "stop", "database"), _times(data, "detect", "decide")
    return Words(
        f"{done}{after}{f' ({parts})' if parts else ''}{f'; before that: {before}' if before else ''}", Tone.GOOD
    )


def _times(data: Data, *names: str) -> str:
    return ", ".join(f"{name} {duration(data[name])}" for name in names if data.get(name) is not None)


def _processes_ended(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(f"ended: {', '.join(data['programs'])}")


def _ended(entry: Entry, data: Data, cast: Cast) -> Words:
    good = data["outcome"] in ("released", "opened")
    return Words(f"ended: {data['outcome']}, after {duration(data['seconds'])}", Tone.GOOD if good else Tone.NEWS)


def _down(entry: Entry, data: Data, cast: Cast) -> Words:
    serving = f"{data['serving']}{cast.of(data['service'])}"
    return Words(f"{serving} is started again before the release goes on: {data['why']}", Tone.BAD)


def _up(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(
        f"{data['serving']}{cast.of(data['service'])} serves again, after {duration(data['seconds'])}", Tone.GOOD
    )


def _broken(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(f"the ledger was changed from outside: {data['what']}; a new chain begins here", Tone.BAD)


def _unreadable(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words("an entry that cannot be read: it was changed from outside", Tone.BAD)


def _silent(entry: Entry, data: Data, cast: Cast) -> Words | None:
    return None


def _of_database(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(*database_words.SAY[entry.event.kind](data))


def _of_watch(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(*watch_words.SAY[entry.event.kind](data))


def _of_rehearsal(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(*rehearsal_words.SAY[entry.event.kind](data))


def _of_recovery(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(*recovery_words.SAY[entry.event.kind](data))


def _due_afterwards(entry: Entry, data: Data, cast: Cast) -> Words:
    zone = ZoneInfo(data["zone"])
    due = ", ".join(f"{each['what']} by {said(each['at'], zone)}" for each in data["due"])
    return Words(f"due: {due}", Tone.NEWS)


def _external_down(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(f"{data['says']}: {data['why']}" if data["why"] else data["says"], Tone.WARNING)


def _external_up(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(f"{data['name']} answers again, after {duration(entry.at - data['since'])}", Tone.GOOD)


def _of_severity(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(*severity_words.SAY[entry.event.kind](data))


def _of_stating(entry: Entry, data: Data, cast: Cast) -> Words:
    return Words(*stating_words.SAY[entry.event.kind](data))


def _by(entry: Entry) -> str:
    return f", by {entry.event.actor}" if entry.event.actor != MACHINE else ""


_SAY: Mapping[str, Callable[[Entry, Data, Cast], Words | None]] = {
    "release.started": _started,
    "step.started": _step_started,
    "step.ended": _silent,
    "step.failed": _step_failed,
    "check.ended": _check,
    "traffic.shifted": _shifted,
    "stage.started": _stage_started,
    "stage.ended": _stage_ended,
    "stage.began_again": _began_again,
    "stage.decided": _stage_decided,
    "rule.fired": _rule,
    "comparison.started": _compared,
    "people.told": _told,
    "people.not_told": _not_told,
    "signal.taken": _taken,
    "signal.refused": _refused_signal,
    "release.held": _held,
    "freeze.waits": _waits,
    "phase.waits": _waits,
    "phase.overran": _waits,
    "phase.started": _phase_started,
    "phase.ended": _phase_ended,
    "freeze.overridden": _overridden,
    "release.paused": _paused,
    "release.resumed": _resumed,
    "release.called_back": _called_back,
    "release.refused": _refused,
    "goback.started": _going_back,
    "goback.ended": _went_back,
    "release.ended": _ended,
    "question.answered": _silent,
    "readiness.assessed": _assessed,
    "signature.given": _silent,  # the check that it answers says it
    "processes.ended": _processes_ended,
    "service.down": _down,
    "service.up": _up,
    "migration.started": _silent,  # its step says it
    "undo.started": _silent,
    "undo.failed": _silent,
    **dict.fromkeys(database_words.SAY, _of_database),
    **dict.fromkeys(watch_words.SAY, _of_watch),
    **dict.fromkeys(rehearsal_words.SAY, _of_rehearsal),
    **dict.fromkeys(recovery_words.SAY, _of_recovery),
    "afterwards.due": _due_afterwards,
    "external.down": _external_down,
    "external.up": _external_up,
    **dict.fromkeys(severity_words.SAY, _of_severity),
    **dict.fromkeys(stating_words.SAY, _of_stating),
    BROKEN: _broken,
    UNREADABLE: _unreadable,
}
