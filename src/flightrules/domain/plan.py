"""The plan: everything that was agreed in advance, as frozen objects.

Durations are seconds, shares are `Share`, limits are in the unit of their metric: percent points for `%`,
seconds, bytes, 1/s, plain numbers. `options` of a target, a router or a metric is the frozen pydantic model
that its adapter declares; this module does not look inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flightrules.domain.adapter import Adapter
from flightrules.domain.agreed_score import AgreedScore
from flightrules.domain.checks import Check
from flightrules.domain.comparison import Comparison as Comparison
from flightrules.domain.database_plan import DatabasePlan
from flightrules.domain.freezes import Freezes
from flightrules.domain.people import Approval, Team
from flightrules.domain.rehearsals import SHUTDOWN_WITHIN, Drill, Rehearsing, Staging
from flightrules.domain.schedule import PhaseTime
from flightrules.domain.severities import Severity
from flightrules.domain.terms import USUAL, NotCompared, Terms
from flightrules.domain.traffic import WHOLE, Share


class Unit(StrEnum):
    """The unit of a metric's values."""

    PERCENT = "%"
    SECONDS = "s"
    PER_SECOND = "1/s"
    BYTES = "B"
    NUMBER = ""


TRAFFIC_METRICS: Mapping[str, Unit] = {
    "error_rate": Unit.PERCENT,
    "availability": Unit.PERCENT,
    "request_rate": Unit.PER_SECOND,
    "p50": Unit.SECONDS,
    "p95": Unit.SECONDS,
    "p99": Unit.SECONDS,
}
"""What every router supplies by itself, per version."""


@dataclass(frozen=True)
class FixedLimit:
    """A limit in the metric's own unit."""

    value: float


@dataclass(frozen=True)
class BaselineLimit:
    """A multiple of what stable reads for the same metric (`5x baseline`)."""

    factor: float


@dataclass(frozen=True)
class GrowthLimit:
    """Growth in percent of the value per `per_seconds` (`grows > 2% per hour`)."""

    percent: float
    per_seconds: float


Limit = FixedLimit | BaselineLimit | GrowthLimit


@dataclass(frozen=True)
class Condition:
    """A claim about a metric of the candidate, as the plan has it in `text`.

    `lasting` is the `for 5m` in seconds; 0 means that a single look decides.
    """

    metric: str
    comparison: Comparison
    limit: Limit
    lasting: float = 0.0
    text: str = ""


class Do(StrEnum):
    """What is done when a rule fires or a stage fails, the mildest first."""

    WARN = "warn"
    PAGE = "page"
    PAUSE = "pause"
    STEP_BACK = "step back"
    SEVERITY = "severity"
    """What was agreed about the severity follows."""
    ROLL_BACK = "roll back"
    SHUT_DOWN = "shut down"


@dataclass(frozen=True)
class Action:
    """What to do. `to` is the stage to step back to, the role to page, or the severity (`P2`)."""

    do: Do
    to: str | None = None

    def __str__(self) -> str:
        if self.do is Do.SEVERITY:
            return str(self.to)
        joint = " to " if self.do is Do.STEP_BACK else " "
        return f"{self.do}{joint}{self.to}" if self.to else str(self.do)


@dataclass(frozen=True)
class Look:
    """One part of a look schedule: a look every `every` seconds, until `until` seconds into the hold."""

    every: float
    until: float | None = None


@dataclass(frozen=True)
class LookSchedule:
    """When to look during a hold, thinning out over time. The last part has no end.

    `[every 1m for 1h, every 5m]` is `(Look(60, 3600), Look(300, None))`.
    """

    parts: tuple[Look, ...]

    def every(self, elapsed: float) -> float:
        """Return the seconds between looks, `elapsed` seconds into the hold."""
        for part in self.parts:
            if part.until is None or elapsed < part.until:
                return part.every
        return self.parts[-1].every


@dataclass(frozen=True)
class Stage:
    """A share for the candidate, how long it stands, and what must be true to pass."""

    name: str
    share: Share
    hold: float
    looks: LookSchedule
    passes: tuple[Condition, ...]
    on_fail: Action


WATCH = "watch"
"""The name of the watch where a visit of a stage has its own."""


@dataclass(frozen=True)
class Watch:
    """How long a release that has all the traffic is watched before it is sealed (`lasts`, seconds of watching).

    `passes` are judged at the end, over all of it. `reports` says when people are told how it stands, in seconds since
    the watch began; none are told where it is empty. A part with an end is the last where nothing follows it.
    """

    lasts: float
    looks: LookSchedule
    passes: tuple[Condition, ...] = ()
    reports: tuple[Look, ...] = ()

    def as_stage(self) -> Stage:
        """Return the hold that the watch is: the candidate has all the traffic, and a person decides what fails."""
        return Stage(WATCH, Share(WHOLE), self.lasts, self.looks, self.passes, Action(Do.PAUSE))


@dataclass(frozen=True)
class SignOff:
    """What people sign during the watch: `items` fall due `after` so many seconds, each signed by one of `roles`.

    They are reminded every `remind` seconds.
    """

    after: float
    roles: tuple[str, ...]
    items: tuple[str, ...]
    remind: float = 86_400.0


@dataclass(frozen=True)
class Afterwards:
    """What people owe once a release is over: `what`, `within` so many seconds."""

    what: str
    within: float
    only_after_a_way_back: bool = False


@dataclass(frozen=True)
class Rule:
    """A condition that stands during the whole release, and what happens when it comes true."""

    condition: Condition
    action: Action

    @property
    def text(self) -> str:
        """The rule as the plan has it."""
        return f"{self.condition.text}: {self.action}"


@dataclass(frozen=True)
class Metric:
    """A named series. `source` is the `kind:` of the metric source that supplies it."""

    name: str
    source: str
    unit: Unit
    options: Any = None


PERSON = "person"
"""The source of metrics that people state, about the candidate."""

EXTERNAL = "external"
"""The source of metrics that are external services, which the release itself asks."""


@dataclass(frozen=True)
class External:
    """A service that the plan depends on and does not run: `check` has its name, and says how it is asked.

    It is asked at every look, and at most every `every` so many seconds.
    """

    check: Check
    every: float = 0.0


@dataclass(frozen=True)
class Window:
    """Over what the traffic metrics are read at a look: at least `over` seconds, at least `enough` requests."""

    over: float = 10.0
    enough: int = 20


@dataclass(frozen=True)
class Service:
    """One thing that runs versions. `stands_alone` allows `flight rollback --service` for it alone."""

    name: str
    target: Adapter
    router: Adapter
    stands_alone: bool = False


@dataclass(frozen=True)
class VersionFrom:
    """Where the version to release comes from: `git` (a ref of the repository) or `argument` (its name)."""

    kind: str


@dataclass(frozen=True)
class Plan:
    """One plan file. `folder` is where it lies, `text` what it says, `digest` the SHA-256 of the text.

    `secrets` holds every value that a `${NAME}` brought into the plan: what must never be recorded or shown.
    """

    name: str
    version: VersionFrom
    services: tuple[Service, ...]
    stages: tuple[Stage, ...]
    rules: tuple[Rule, ...] = ()
    metrics: tuple[Metric, ...] = ()
    window: Window = Window()
    externals: tuple[External, ...] = ()
    gates: Mapping[str, tuple[Check, ...]] = field(default_factory=dict)
    databases: tuple[DatabasePlan, ...] = ()
    readiness: AgreedScore | None = None
    approvals: tuple[Approval, ...] = ()
    team: Team | None = None
    """Who is who; None where there is no team file."""
    freezes: Freezes = field(default_factory=Freezes)
    schedule: Mapping[str, PhaseTime] = field(default_factory=dict)
    """What is agreed about the time of a phase, by its name; clock times are those of the zone of the freezes."""
    verify: tuple[Check, ...] = ()
    watch: Watch | None = None
    sign_offs: tuple[SignOff, ...] = ()
    afterwards: tuple[Afterwards, ...] = ()
    compare: Terms | NotCompared = USUAL
    severities: Mapping[str, Severity] = field(default_factory=dict)
    """What was agreed about each severity, the worst first."""
    rollback_within: float = 900.0
    verify_back: tuple[Check, ...] = ()
    """What is asked of what serves after a way back."""
    monitored: float = 0.0
    """For how many seconds what serves is watched after a way back."""
    shutdown_page: str = "We are down for maintenance and will be back soon."
    shutdown_retry_after: float = 120.0
    staging: Staging | None = None
    """Where it is rehearsed; None where the plan does not say."""
    rehearsing: Rehearsing | None = None
    """Which rehearsal it is carried out in; None in production."""
    folder: str = "."
    text: str = ""
    digest: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def names(self) -> tuple[str, ...]:
        """Return every name by which a release of this plan goes: the record cannot do without them."""
        services, stages = (each.name for each in self.services), (each.name for each in self.stages)
        databases = (each.name for each in self.databases)
        staging = (self.staging.environment,) if self.staging else ()  # a rehearsal goes on by that file
        return (self.name, *services, *stages, *databases, *(metric.name for metric in self.metrics), *staging)

    def bound(self, drill: Drill | None) -> float:
        """Return how many seconds the way back that `drill` practises may take; of none, any way back."""
        agreed = self.staging.bounds.get(str(drill)) if self.staging and drill else None
        usual = SHUTDOWN_WITHIN if drill is Drill.SHUTDOWN else self.rollback_within
        return usual if agreed is None else agreed

    def stage(self, name: str) -> Stage:
        """Return the stage with `name`; KeyError where there is none (the plan file was checked)."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise KeyError(name)

    def lasts(self) -> float:
        """Return for how many seconds a release that goes well holds, and what is budgeted for its other phases.

        The watch after it has no part in that.
        """
        stages = {each.name for each in self.stages}
        budgets = (each.budget or 0.0 for name, each in self.schedule.items() if name not in stages)
        return sum(each.hold for each in self.stages) + sum(budgets)

    def visited(self, visit: str) -> Stage:
        """Return what a visit with this name is to: a stage, or the watch; KeyError where the plan has none such."""
        if visit == WATCH and self.watch is not None:
            return self.watch.as_stage()
        return self.stage(visit.partition("/")[2].partition("-")[2])

    def metric_units(self) -> Mapping[str, Unit]:
        """Return the unit of every metric that a condition can name."""
        return {**TRAFFIC_METRICS, **{metric.name: metric.unit for metric in self.metrics}}
