"""What a release asks of people, and what they decide, as its events tell it: holds, pauses, questions, severities."""

from __future__ import annotations

from flightrules.domain.endings import For
from flightrules.domain.events import Entry
from flightrules.views import undecided
from flightrules.views.course import Course, Data, Meanings
from flightrules.views.model import HeldView, QuestionView


def _told(course: Course, entry: Entry, data: Data) -> None:
    reasons = {f"{course.visit}/{each.value}": each for each in For}
    course.waits_for = reasons.get(entry.event.key or "", course.waits_for)


def _held(course: Course, entry: Entry, data: Data) -> None:
    log = tuple(map(str, data.get("details", {}).get("log", ())))
    course.held = HeldView(entry.at, data["why"], data.get("do", ""), log)


def _paused(course: Course, entry: Entry, data: Data) -> None:
    course.paused, course.paused_by_rule = True, data.get("why", "")


def _resumed(course: Course, entry: Entry, data: Data) -> None:
    # What is resumed stands in the key: a hold has a name, a pause is resumed under the signal's own.
    if (entry.event.key or "").startswith("signals/"):
        course.paused, course.paused_by_rule = False, ""
    course.held = None


def _asked(course: Course, entry: Entry, data: Data) -> None:
    key = (entry.event.key or "").removesuffix("/asked")
    who = f" ({data['who']})" if data.get("who") else ""
    item, otherwise = data.get("item", ""), data.get("otherwise", "")
    course.questions[key] = QuestionView(f"{data['says']}{who}", data["role"], item, otherwise, data.get("about", ""))
    if course.severity is not None and undecided.is_about_one(key):
        course.severity = undecided.asked(course.severity, course.plan, entry.at)


def _answered(course: Course, entry: Entry, data: Data) -> None:
    course.questions.pop((entry.event.key or "").removesuffix("/answered"), None)


def _severity(course: Course, entry: Entry, data: Data) -> None:
    """Follow one that is declared, or decided; what was asked about the one before it is asked no more."""
    course.questions = {key: each for key, each in course.questions.items() if not undecided.is_about_one(key)}
    declared = entry.event.kind == "severity.declared"
    course.severity = undecided.declared(course.plan, data, entry.at) if declared else None


MEANINGS: Meanings = {
    "people.told": _told,
    "release.held": _held,
    "release.paused": _paused,
    "release.resumed": _resumed,
    "question.asked": _asked,
    "question.answered": _answered,
    "severity.declared": _severity,
    "severity.ended": _severity,
}
