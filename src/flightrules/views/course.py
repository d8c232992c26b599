"""The course of a release: where it is, and what has come of its parts so far.

What each event means for it stands in `course_onward`, `course_people` and `course_back`. Metrics are no events: see
`views/readings.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flightrules.domain.endings import For
from flightrules.domain.events import Entry
from flightrules.domain.plan import Plan
from flightrules.state.releases import RELEASE, Release
from flightrules.views.model import (
    HeldView,
    QuestionView,
    SeverityView,
    ShareView,
    StageStatus,
    StageView,
    WatchView,
    WayBackView,
)

Data = Mapping[str, Any]
"""What an event says."""


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
    unsaid: Mapping[str, str] = field(default_factory=dict)
    """Why what people state is missing to judge the present hold or watch, by metric."""
    way_back: WayBackView | None = None
    watch: WatchView | None = None
    severity: SeverityView | None = None
    """What was declared and is not decided."""

    @property
    def watched(self) -> WatchView | None:
        """The watch, as long as it is on: also while it is over and waits for people."""
        on = self.watch is not None and not self.watch.sealed and not self.why and self.outcome is None
        return self.watch if on else None

    def change_stage(self, stage: str, **changes: Any) -> None:
        """Change fields of the stage with that name; one that the plan does not have changes nothing."""
        if stage in self.stages:
            self.stages[stage] = replace(self.stages[stage], **changes)


def begin(plan: Plan, release: Release) -> Course:
    """Return the course of `release` before its first event."""
    course = Course(plan, release.kind, str(release.arguments.get("reason", "")), release.created_at)
    for name, parts in release.arguments["services"].items():
        candidate, stable = parts["candidate"], parts["stable"] or {}
        course.services[name] = Parts(candidate["name"], candidate["digest"], stable.get("name"), stable.get("digest"))
    if course.story == RELEASE:
        course.stages = _stages(plan, any(parts.stable is not None for parts in course.services.values()))
    return course


def _stages(plan: Plan, compared: bool) -> dict[str, StageView]:
    """Return the stages as they are planned.

    Where no service has a stable version nothing can share the traffic: the release goes to its last stage at once.
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


Meanings = Mapping[str, Callable[[Course, Entry, Data], None]]
"""What an event means for the course, by its kind."""
