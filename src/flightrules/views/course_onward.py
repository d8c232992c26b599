"""What brings a release onward, as its events tell it: steps, what they wait for, traffic, stages and the watch."""

from __future__ import annotations

from dataclasses import replace

from flightrules.domain.endings import by_person
from flightrules.domain.events import Entry
from flightrules.views.course import Course, Data, Meanings
from flightrules.views.model import ShareView, SignOffView, StageStatus, WatchView

ENDS_WITH_A_LOG = ("CandidateFailed", "GateFailed")
"""The failures that end a release, and that come with the last lines of what failed."""


def _step_started(course: Course, entry: Entry, data: Data) -> None:
    course.step = data["step"]


def _step_ended(course: Course, entry: Entry, data: Data) -> None:
    course.step, course.waits, course.early = "", "", False
    _, _, last = data["step"].partition("back/")
    name, _, part = last.rpartition("/")
    if part == "shift" and name in course.services and (data.get("result") or {}).get("page"):
        course.services[name].closed = True  # an earlier release left it there


def _step_failed(course: Course, entry: Entry, data: Data) -> None:
    course.step, course.waits, course.early = "", "", False
    course.log = log_of(entry) or course.log


def log_of(entry: Entry) -> tuple[str, ...]:
    """Return the last lines of what failed in a step, where that failure ends the release."""
    error = entry.event.data.get("error", {})
    return tuple(map(str, error.get("details", {}).get("log", ()))) if error.get("kind") in ENDS_WITH_A_LOG else ()


def _waits(course: Course, entry: Entry, data: Data) -> None:
    course.waits = data["says"]


def _waits_for_its_time(course: Course, entry: Entry, data: Data) -> None:
    course.waits, course.early = data["says"], True


def _overran(course: Course, entry: Entry, data: Data) -> None:
    course.overran = data["says"]


def _phase_ended(course: Course, entry: Entry, data: Data) -> None:
    course.overran = ""


def _external(course: Course, entry: Entry, data: Data) -> None:
    course.outside.pop(data["name"], None)
    if "says" in data:
        course.outside[data["name"]] = data["says"]


def _shifted(course: Course, entry: Entry, data: Data) -> None:
    parts = course.services.get(data["service"])
    if parts is None:
        return
    names, split = data.get("names", {}), data["split"]
    shares = [ShareView(names.get(key, key), percent) for key, percent in split.items()]
    parts.split = tuple(sorted(shares, key=lambda share: share.version != parts.candidate))
    was_closed, parts.closed = parts.closed, bool(data.get("closed"))
    parts.closed_since = (parts.closed_since if was_closed else entry.at) if parts.closed else None


def _processes_ended(course: Course, entry: Entry, data: Data) -> None:
    for parts in course.services.values():  # without a router there is no page either
        parts.split, parts.closed, parts.closed_since = (), False, None


def _stage_started(course: Course, entry: Entry, data: Data) -> None:
    course.stage, course.visit = data["stage"], (entry.event.key or "").removesuffix("/started")
    course.waits_for, course.holds_since = None, entry.at
    course.change_stage(course.stage, status=StageStatus.HOLDING, seconds=None, verdict=None, says="")


def _stage_ended(course: Course, entry: Entry, data: Data) -> None:
    stage, passed = data["stage"], data["verdict"] == "pass"
    back = data.get("to") if data.get("do") == "step back" else None
    failed = StageStatus.STEPPED_BACK if back else StageStatus.FAILED
    course.change_stage(
        stage,
        status=StageStatus.PASSED if passed else failed,
        seconds=data["seconds"],
        verdict=None if data.get("by_person") else data["verdict"],
        says=data["says"],
    )
    if back:
        _visit_again(course, back, before=stage)
    course.stage = course.visit = None
    course.waits_for = None


def _stage_decided(course: Course, entry: Entry, data: Data) -> None:
    """Follow what a person decided about a stage that had failed; what ends a hold is said by its end."""
    visit, _, asked = (entry.event.key or "").removesuffix("/decided").rpartition("/")
    stage = visit.partition("-")[2]
    if asked != "ask" or stage not in course.stages:
        return
    says, back = f"{course.stages[stage].says}; {by_person(data)}", data.get("to")
    if data["ask"] == "promote":
        course.change_stage(stage, status=StageStatus.PASSED, says=says)
    elif back:
        course.change_stage(stage, status=StageStatus.STEPPED_BACK, says=says)
        _visit_again(course, back, before=stage)


def _visit_again(course: Course, first: str, before: str) -> None:
    names = list(course.stages)
    for name in names[names.index(first) : names.index(before)] if first in names else ():
        course.change_stage(name, status=StageStatus.WAITING, seconds=None, verdict=None, says="")


def _watch_started(course: Course, entry: Entry, data: Data) -> None:
    due = tuple(SignOffView(each["item"], entry.at + each["after"]) for each in data["sign_offs"])
    course.watch = WatchView(entry.at, data["lasts"], 0.0, None, due, None, "", "")


def _watch_ended(course: Course, entry: Entry, data: Data) -> None:
    if course.watch is not None:
        course.watch = replace(course.watch, verdict=data["verdict"], says=data["says"], held=data["seconds"])


def _watch_signed(course: Course, entry: Entry, data: Data) -> None:
    if course.watch is not None:
        signed = {"approved": data["approved"], "by": data["by"]}
        due = (replace(each, **signed) if each.item == data["item"] else each for each in course.watch.sign_offs)
        course.watch = replace(course.watch, sign_offs=tuple(due))


def _sealed(course: Course, entry: Entry, data: Data) -> None:
    if course.watch is not None:
        course.watch = replace(course.watch, sealed=data["how"])


MEANINGS: Meanings = {
    "step.started": _step_started,
    "step.ended": _step_ended,
    "step.failed": _step_failed,
    "freeze.waits": _waits,
    "phase.waits": _waits_for_its_time,
    "recovery.started": _waits_for_its_time,
    "phase.overran": _overran,
    "phase.ended": _phase_ended,
    "external.down": _external,
    "external.up": _external,
    "traffic.shifted": _shifted,
    "processes.ended": _processes_ended,
    "stage.started": _stage_started,
    "stage.ended": _stage_ended,
    "stage.decided": _stage_decided,
    "watch.started": _watch_started,
    "watch.ended": _watch_ended,
    "watch.signed": _watch_signed,
    "release.sealed": _sealed,
}
