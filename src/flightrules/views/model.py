"""What a release looks like to a person, as frozen data: the command line draws it, the web shows it, JSON carries it.

Times are seconds since 1970, durations are seconds, shares are percent. What is not known is None, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flightrules.state.releases import RELEASE


class State(StrEnum):
    """What the release is doing."""

    STARTING = "starting"
    SHIFTING = "shifting"
    HOLDING = "holding"
    WAITING = "waiting"
    ASKING = "asking"
    VERIFYING = "verifying"
    WATCHING = "watching"
    PAUSED = "paused"
    HELD = "held"
    GOING_BACK = "going back"
    SHUTTING_DOWN = "shutting down"
    OPENING = "opening"
    ENDED = "ended"


class StageStatus(StrEnum):
    """What became of a stage so far."""

    WAITING = "waiting"
    HOLDING = "holding"
    PASSED = "passed"
    FAILED = "failed"
    CALLED_BACK = "called back"
    STEPPED_BACK = "stepped back"
    SKIPPED = "skipped"


class Nearness(StrEnum):
    """Where a value is in respect of a limit that stands on it."""

    OK = "ok"
    NEAR = "near"
    OVER = "over"
    MISSING = "missing"


class Tone(StrEnum):
    """How much an event matters to somebody who reads along."""

    QUIET = "quiet"
    NEWS = "news"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True)
class ShareView:
    """The share of one version, in percent."""

    version: str
    percent: float


@dataclass(frozen=True)
class ServiceView:
    """One service: its versions by name with their digests, and how its traffic is split now.

    `split` is empty before the first shift; `closed` says that the router answers with the plan's page, and
    `closed_since` since when, where this release closed it.
    """

    name: str
    candidate: str
    candidate_digest: str
    stable: str | None
    stable_digest: str | None
    split: tuple[ShareView, ...]
    closed: bool
    closed_since: float | None = None


@dataclass(frozen=True)
class WritesView:
    """A database that takes no writes, since when."""

    database: str
    since: float


@dataclass(frozen=True)
class StageView:
    """One stage of the plan. `seconds` is how long its hold lasted, as far as it was watched.

    A stage whose release was called back (or shut down) while it held has no verdict of its own (None), and neither
    has one that a person promoted or stepped back from before its hold was over. The `seconds` of the former run until
    the way back began.
    """

    name: str
    share: float
    status: StageStatus
    hold: float
    seconds: float | None
    verdict: str | None
    says: str


@dataclass(frozen=True)
class HoldView:
    """The hold that is on: `held` of `hold` seconds were watched, up to the last look; `left` is as of now."""

    stage: str
    hold: float
    held: float
    left: float


@dataclass(frozen=True)
class LimitView:
    """One limit that stands on a metric: a rule of the plan, or a condition of the stage that is holding.

    `then` is what happens once it is true (`roll back`; `pass` for a condition of a stage). `value` is the
    limit in the metric's unit where it has one at this moment. `lasted` is for how long a rule has been true,
    of `lasting` seconds that it takes.
    """

    metric: str
    service: str
    text: str
    then: str
    nearness: Nearness
    says: str
    value: float | None
    lasted: float
    lasting: float


@dataclass(frozen=True)
class MetricView:
    """A metric at the last look, in its own unit. `candidate` is that of all versions where `apart` is False."""

    name: str
    service: str
    unit: str
    candidate: float | None
    stable: float | None
    apart: bool
    requests: int | None
    why: str
    nearness: Nearness
    limits: tuple[LimitView, ...]


@dataclass(frozen=True)
class RateView:
    """The errors of one version since the candidate had its first request: `bad` of `requests`.

    `low` and `high` are the ends of the 95 % interval of the rate, in percent.
    """

    requests: int
    bad: int
    low: float
    high: float


@dataclass(frozen=True)
class LatencyView:
    """How many requests of each version took how long since the candidate had its first one.

    `bounds` are seconds, ascending: a request of bucket i took at most `bounds[i]`. There is one bucket more than there
    are bounds, for what took longer than the last.
    """

    bounds: tuple[float, ...]
    candidate: tuple[int, ...]
    stable: tuple[int, ...]


@dataclass(frozen=True)
class ComparisonView:
    """Candidate against stable in one service. At `log_e` of `limit` the release is called back.

    `log_e` is the logarithm of the evidence that the candidate is worse; `course` is how it came to that, oldest
    first. `certified` says that the candidate is shown to be no worse; where it is not, about `needed` more requests
    of the candidate would be, if stable goes on to fail as rarely as so far (None: not known). All evidence is
    divided by `overdispersion`: the size of the clusters in which errors come (1: each by itself), if that was
    `estimated`, and otherwise a cautious guess.
    """

    service: str
    log_e: float
    limit: float
    candidate: RateView
    stable: RateView
    certified: bool
    needed: int | None
    overdispersion: float
    estimated: bool
    course: tuple[float, ...]
    latency: LatencyView | None


@dataclass(frozen=True)
class EventView:
    """One event in plain words."""

    number: int
    at: float
    kind: str
    actor: str
    tone: Tone
    text: str


@dataclass(frozen=True)
class HeldView:
    """Why the release holds, and what to do about it; `log` are the last lines of what failed."""

    since: float
    why: str
    do: str
    log: tuple[str, ...]


@dataclass(frozen=True)
class QuestionView:
    """What somebody is asked, and who can answer, in words; as which `role`, and about which `item`, if it has one.

    `otherwise` says what happens when nobody answers in time; empty where it waits for ever. `about` is the name by
    which it can be told from other questions that are open.
    """

    says: str
    role: str
    item: str
    otherwise: str = ""
    about: str = ""


@dataclass(frozen=True)
class SeverityView:
    """A severity that was declared and is not decided: what was seen, and what `follows` as agreed.

    `since` is when it was declared, `until` when it is watched or, once people are `asked`, when the question ends
    (seconds since 1970; None where nothing has a time).
    """

    level: str
    says: str
    follows: str
    since: float
    until: float | None
    asked: bool


@dataclass(frozen=True)
class SignOffView:
    """What is signed during the watch: when it falls due (seconds since 1970), and what came of it.

    `approved` is None until somebody has answered; `by` is who did.
    """

    item: str
    due_at: float
    approved: bool | None = None
    by: str = ""


@dataclass(frozen=True)
class WatchView:
    """The watch of what is in service: `held` of `lasts` seconds were watched, up to the last look.

    `report_at` is when people are told next how it stands (seconds since 1970), None where no report is due. `verdict`
    is what came of its conditions, None before its end; `sealed` is how it was sealed, empty before that.
    """

    since: float
    lasts: float
    held: float
    report_at: float | None
    sign_offs: tuple[SignOffView, ...]
    verdict: str | None
    says: str
    sealed: str


@dataclass(frozen=True)
class WayBackView:
    """The way back and its measured times, each None until it was measured. `within` is what the plan allows.

    `database` is None also where nothing had to be done with a database.
    """

    procedure: str
    why: str
    started_at: float
    detect: float | None
    decide: float | None
    ready: float | None
    shift: float | None
    drain: float | None
    stop: float | None
    database: float | None
    total: float | None
    within: float | None


@dataclass(frozen=True)
class DriverView:
    """The process that drives the release; fields are None where it did not write them down."""

    pid: int | None
    user: str | None
    host: str | None
    since: float | None


@dataclass(frozen=True)
class ReleaseView:
    """A release as it is now.

    `now` says in words what it does at this moment, `then` what follows if nothing happens, `can` which
    commands make sense now. `to_decide` is what waits for a person, empty where nothing does. `driver` is None when
    no process drives the release; `unattended_since` is then the last sign of life of whoever did, None while
    somebody does and once it has ended. `log` are the last lines of what failed, where that ended the release: of a
    build, of a candidate that could not serve, of checks.
    """

    id: str
    story: str
    plan: str
    reason: str
    started_by: str
    started_at: float
    ended_at: float | None
    elapsed: float
    state: State
    outcome: str | None
    why: str
    log: tuple[str, ...]
    now: str
    then: str
    can: tuple[str, ...]
    to_decide: str
    driver: DriverView | None
    unattended_since: float | None
    services: tuple[ServiceView, ...]
    stages: tuple[StageView, ...]
    hold: HoldView | None
    held: HeldView | None
    looked_at: float | None
    metrics: tuple[MetricView, ...]
    rules: tuple[LimitView, ...]
    comparisons: tuple[ComparisonView, ...]
    way_back: WayBackView | None
    not_restored: tuple[str, ...]
    events: tuple[EventView, ...]
    writes_stopped: tuple[WritesView, ...] = ()
    watch: WatchView | None = None
    rehearsal: str = ""
    """Which rehearsal it is, in words; empty in production."""
    severity: SeverityView | None = None

    @property
    def goes_back(self) -> bool:
        """Whether what is under way brings back what served, and no longer anything new."""
        return self.way_back is not None or self.story != RELEASE
