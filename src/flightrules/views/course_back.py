"""How a release ends, as its events tell it: refused, called back, on the way back, what databases do on it, ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flightrules.domain.events import Entry
from flightrules.views.course import Course, Data, Meanings
from flightrules.views.model import StageStatus, WayBackView


def _called_back(course: Course, entry: Entry, data: Data) -> None:
    course.why = data["failure"]["what"]


def _going_back(course: Course, entry: Entry, data: Data) -> None:
    course.why, course.paused, course.waits_for = data["why"], False, None
    course.questions.clear()
    course.severity = None
    course.way_back = WayBackView(
        data["procedure"], data["why"], entry.at, data.get("detect_seconds"), data.get("decide_seconds"),
        None, None, None, None, None, None, course.plan.rollback_within,
    )  # fmt: skip
    for stage in course.stages.values():
        if stage.status is StageStatus.HOLDING:
            held = round(entry.at - course.holds_since, 3)
            course.change_stage(stage.name, status=StageStatus.CALLED_BACK, seconds=held, says=data["why"])
        elif stage.status is StageStatus.WAITING:
            course.change_stage(stage.name, status=StageStatus.SKIPPED)
    course.stage = course.visit = None


def _went_back(course: Course, entry: Entry, data: Data) -> None:
    if course.way_back is not None:
        parts = ("ready", "shift", "drain", "stop", "database", "total", "within")
        measured: Any = {name: data.get(name) for name in parts}
        course.way_back = replace(course.way_back, **measured)


def _writes_stopped(course: Course, entry: Entry, data: Data) -> None:
    course.writes_stopped[data["database"]] = entry.at


def _writes_allowed(course: Course, entry: Entry, data: Data) -> None:
    course.writes_stopped.pop(data["database"], None)


def _undone(course: Course, entry: Entry, data: Data) -> None:
    course.questions.pop(f"database/{data['database']}/undo/doubt", None)  # the schema may have answered it


def _left(course: Course, entry: Entry, data: Data) -> None:
    course.not_restored.append(data["database"])


def _refused(course: Course, entry: Entry, data: Data) -> None:
    course.why = data["why"]
    for stage in course.stages:
        course.change_stage(stage, status=StageStatus.SKIPPED)


def _ended(course: Course, entry: Entry, data: Data) -> None:
    course.outcome, course.ended_at, course.step, course.held = data["outcome"], entry.at, "", None
    course.severity = None
    course.questions.clear()


MEANINGS: Meanings = {
    "release.called_back": _called_back,
    "goback.started": _going_back,
    "goback.ended": _went_back,
    "writes.stopped": _writes_stopped,
    "writes.allowed": _writes_allowed,
    "migration.undone": _undone,
    "database.left": _left,
    "release.refused": _refused,
    "release.ended": _ended,
}
