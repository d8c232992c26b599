"""The course of a release so far, as its events tell it: one event after the other, each read once.

Owns what events mean for the state of a release. Metrics are no events: see `views/readings.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flightrules.domain.endings import For, by_person
from flightrules.domain.events import Entry
from flightrules.domain.plan import Plan
from flightrules.state.releases import RELEASE, Release
from flightrules.views import undecided
from flightrules.views.model import (
    HeldView,
    QuestionView,
    SeverityView,
    ShareView,
    SignOffView,
    StageStatus,
    StageView,
    WatchView,
    WayBackView,
)

Data = Mapping[str, Any]

CLEARS_A_HOLD = ("release.called_back", "stage.decided", "step.started", "step.ended", "goback.started")
"""Whatever of these comes, the release stands still no longer."""


ENDS_WITH_A_LOG = ("CandidateFailed", "GateFailed")


@dataclass
class Parts:
    """A service in this release: names and digests, and its traffic as the router confirmed it last."""

    candidate: str
    candidate_digest: str
    stable: str | None
    stable_digest: str | None
    split: tuple[ShareView, ...] = ()
    closed: bool = False
    closed_since: float | None = None


@dataclass
class Course:
    """Where a release is; `stages` are those of the plan in order, by name."""

    plan: Plan
    story: str
    reason: str
    started_at: float
    ended_at: float | None = None
    outcome: str | None = None
    why: str = ""
    log: tuple[str, ...] = ()
    services: dict[str, Parts] = field(default_factory=dict)
    stages: dict[str, StageView] = field(default_factory=dict)
    stage: str | None = None
    visit: str | None = None
    holds_since: float = 0.0
    step: str = ""
    waits: str = ""
    """What a step waits for that only time brings, in words."""
    early: bool = False
    """Whether a person may begin at once what waits."""
    overran: str = ""
    """Which phase takes longer than agreed, in words."""
    outside: dict[str, str] = field(default_factory=dict)
    """By name, the external services that do not answer, in words."""
    held: HeldView | None = None
    paused: bool = False
    paused_by_rule: str = ""
    """What a rule saw that paused the release; empty where a person did."""
    not_restored: list[str] = field(default_factory=list)
    """Databases that the way back was to restore, and that were left as they were."""
    writes_stopped: dict[str, float] = field(default_factory=dict)
    """Databases that take no writes, since when."""
    questions: dict[str, QuestionView] = field(default_factory=dict)
    """What people are asked, by the key of the record, in the order in which it was asked."""
    waits_for: For | None = None
    """What the hold that is over goes on waiting for, where it does."""
    way_back: WayBackView | None = None
    watch: WatchView | None = None
    severity: SeverityView | None = None
    """What was declared and is not decided."""

    @property
    def watched(self) -> WatchView | None:
        """The watch, as long as it is on: also while it is over and waits for people."""
        on = self.watch is not None and not self.watch.sealed and not self.why and self.outcome is None
        return self.watch if on else None

    def add(self, entry: Entry) -> None:
        """Follow one more event; a kind that is not known changes nothing."""
        kind = entry.event.kind
        if kind in CLEARS_A_HOLD:
            self.held = None
        follow = _FOLLOW.get(kind)
        if follow is not None:
            follow(self, entry, entry.event.data)

    def _change(self, stage: str, **changes: Any) -> None:
        if stage in self.stages:
            self.stages[stage] = replace(self.stages[stage], **changes)


def begin(plan: Plan, release: Release) -> Course:
    """Return the course of `release` before its first event."""
    course = Course(plan, release.kind, str(release.arguments.get("reason", "")), release.created_at)
    for name, parts in release.arguments["services"].items():
        candidate, stable = parts["candidate"], parts["stable"] or {}
        course.services[name] = Parts(candidate["name"], candidate["digest"], stable.get("name"), stable.get("digest"))
    if course.story == RELEASE:
        course.stages = _stages(plan, all(parts.stable is not None for parts in course.services.values()))
    return course


def _stages(plan: Plan, compared: bool) -> dict[str, StageView]:
    """Return the stages as they are planned.

    Without a stable version nothing can share the traffic: the release goes to its last stage at once.
    """
    skipped = () if compared else plan.stages[:-1]
    return {
        stage.name: StageView(
            stage.name,
            stage.share.basis_points / 100,
            StageStatus.SKIPPED if stage in skipped else StageStatus.WAITING,
            stage.hold,
            None,
            None,
            "",
        )
        for stage in plan.stages
    }


def _step_started(course: Course, entry: Entry, data: Data) -> None:
    course.step = data["step"]


def _step_ended(course: Course, entry: Entry, data: Data) -> None:
    course.step, course.waits, course.early = "", "", False
    _, _, last = data["step"].partition("back/")
    name, _, part = last.rpartition("/")
    if part == "shift" and name in course.services and (data.get("result") or {}).get("page"):
        course.services[name].closed = True  # an earlier release left it there


def _waits(course: Course, entry: Entry, data: Data) -> None:
    course.waits = data["says"]


def _waits_for_its_time(course: Course, entry: Entry, data: Data) -> None:
    course.waits, course.early = data["says"], True


def _overran(course: Course, entry: Entry, data: Data) -> None:
    course.overran = data["says"]


def _external(course: Course, entry: Entry, data: Data) -> None:
    course.outside.pop(data["name"], None)
    if "says" in data:
        course.outside[data["name"]] = data["says"]


def _phase_ended(course: Course, entry: Entry, data: Data) -> None:
    course.overran = ""


def _step_failed(course: Course, entry: Entry, data: Data) -> None:
    course.step, course.waits, course.early = "", "", False
    course.log = log_of(entry) or course.log


def log_of(entry: Entry) -> tuple[str, ...]:
    """Return the last lines of what failed in a step, where that failure ends the release."""
    error = entry.event.data.get("error", {})
    return tuple(map(str, error.get("details", {}).get("log", ()))) if error.get("kind") in ENDS_WITH_A_LOG else ()


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
    course._change(course.stage, status=StageStatus.HOLDING, seconds=None, verdict=None, says="")


def _stage_ended(course: Course, entry: Entry, data: Data) -> None:
    stage, passed = data["stage"], data["verdict"] == "pass"
    back = data.get("to") if data.get("do") == "step back" else None
    failed = StageStatus.STEPPED_BACK if back else StageStatus.FAILED
    course._change(
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
        course._change(stage, status=StageStatus.PASSED, says=says)
    elif back:
        course._change(stage, status=StageStatus.STEPPED_BACK, says=says)
        _visit_again(course, back, before=stage)


def _visit_again(course: Course, first: str, before: str) -> None:
    names = list(course.stages)
    for name in names[names.index(first) : names.index(before)] if first in names else ():
        course._change(name, status=StageStatus.WAITING, seconds=None, verdict=None, says="")


def _told(course: Course, entry: Entry, data: Data) -> None:
    told = {f"{course.visit}/{each.value}": each for each in For}
    course.waits_for = told.get(entry.event.key or "", course.waits_for)


def _held(course: Course, entry: Entry, data: Data) -> None:
    log = tuple(map(str, data.get("details", {}).get("log", ())))
    course.held = HeldView(entry.at, data["why"], data.get("do", ""), log)


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


def _writes_stopped(course: Course, entry: Entry, data: Data) -> None:
    course.writes_stopped[data["database"]] = entry.at


def _writes_allowed(course: Course, entry: Entry, data: Data) -> None:
    course.writes_stopped.pop(data["database"], None)


def _left(course: Course, entry: Entry, data: Data) -> None:
    course.not_restored.append(data["database"])


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


def _paused(course: Course, entry: Entry, data: Data) -> None:
    course.paused, course.paused_by_rule = True, data.get("why", "")


def _resumed(course: Course, entry: Entry, data: Data) -> None:
    # What is resumed stands in the key: a hold has a name, a pause is resumed under the signal's own.
    if (entry.event.key or "").startswith("signals/"):
        course.paused, course.paused_by_rule = False, ""
    course.held = None


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
            course._change(stage.name, status=StageStatus.CALLED_BACK, seconds=held, says=data["why"])
        elif stage.status is StageStatus.WAITING:
            course._change(stage.name, status=StageStatus.SKIPPED)
    course.stage = course.visit = None


def _went_back(course: Course, entry: Entry, data: Data) -> None:
    if course.way_back is not None:
        parts = ("ready", "shift", "drain", "stop", "database", "total", "within")
        measured: Any = {name: data.get(name) for name in parts}
        course.way_back = replace(course.way_back, **measured)


def _refused(course: Course, entry: Entry, data: Data) -> None:
    course.why = data["why"]
    for stage in course.stages:
        course._change(stage, status=StageStatus.SKIPPED)


def _ended(course: Course, entry: Entry, data: Data) -> None:
    course.outcome, course.ended_at, course.step, course.held = data["outcome"], entry.at, "", None
    course.severity = None
    course.questions.clear()


_FOLLOW: Mapping[str, Callable[[Course, Entry, Data], None]] = {
    "step.started": _step_started,
    "step.ended": _step_ended,
    "step.failed": _step_failed,
    "traffic.shifted": _shifted,
    "processes.ended": _processes_ended,
    "stage.started": _stage_started,
    "stage.ended": _stage_ended,
    "stage.decided": _stage_decided,
    "people.told": _told,
    "database.left": _left,
    "writes.stopped": _writes_stopped,
    "writes.allowed": _writes_allowed,
    "question.asked": _asked,
    "question.answered": _answered,
    "severity.declared": _severity,
    "severity.ended": _severity,
    "freeze.waits": _waits,
    "phase.waits": _waits_for_its_time,
    "recovery.started": _waits_for_its_time,
    "external.down": _external,
    "external.up": _external,
    "phase.overran": _overran,
    "phase.ended": _phase_ended,
    "release.held": _held,
    "release.paused": _paused,
    "release.resumed": _resumed,
    "release.called_back": _called_back,
    "release.refused": _refused,
    "goback.started": _going_back,
    "goback.ended": _went_back,
    "watch.started": _watch_started,
    "watch.ended": _watch_ended,
    "watch.signed": _watch_signed,
    "release.sealed": _sealed,
    "release.ended": _ended,
}
