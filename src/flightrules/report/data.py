"""What a report says, as frozen data: the Markdown and the HTML are two ways of writing it down.

Times are seconds since 1970, durations are seconds, shares are percent, values are in their metric's unit. What
is not known is None, and is written as not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flightrules.domain.events import MACHINE
from flightrules.domain.plan import Unit
from flightrules.report.databases import DatabaseLine
from flightrules.report.sections import Table
from flightrules.state.releases import Release
from flightrules.views.model import ComparisonView, Tone, WayBackView

FOLLOWS = ("release.paused", "release.resumed")
"""What follows from something that a person asked for, and that has an entry of its own."""


@dataclass(frozen=True)
class VersionLine:
    """A version of a service and its part in the release (`candidate` or `stable`).

    `requests` were answered, and `bad` of them with an error, between the first and the last look; None where
    nobody looked.
    """

    service: str
    part: str
    name: str
    digest: str
    requests: int | None = None
    bad: int | None = None


@dataclass(frozen=True)
class StageLine:
    """One stay at a stage; a stage that was stepped back to has several. `verdict` is None while it holds."""

    name: str
    share: str
    hold: float
    started_at: float
    ended_at: float | None = None
    seconds: float | None = None
    verdict: str | None = None
    says: str = ""


@dataclass(frozen=True)
class EventLine:
    """An entry of the ledger in words; `text` is None where another entry says it better."""

    number: int
    at: float
    kind: str
    actor: str
    text: str | None
    tone: Tone
    hash: str


@dataclass(frozen=True)
class SplitStep:
    """The traffic from this moment on, in percent by version name; `closed` where the page was shown instead."""

    at: float
    shares: Mapping[str, float]
    closed: bool = False


@dataclass(frozen=True)
class Point:
    """What was read at one look, or at several that lie too close together to be told apart on a chart.

    All three are None where nothing could be read.
    """

    at: float
    low: float | None
    mean: float | None
    high: float | None


@dataclass(frozen=True)
class LimitLine:
    """A limit of the plan on a metric. `value` is None where the limit is no fixed number."""

    text: str
    value: float | None


@dataclass(frozen=True)
class MetricLine:
    """A metric of a service over time, by the part of the version (`candidate`, `stable`, `all`)."""

    service: str
    name: str
    unit: Unit
    lines: Mapping[str, tuple[Point, ...]]
    limits: tuple[LimitLine, ...] = ()


@dataclass(frozen=True)
class ComparisonLine:
    """The comparison of one service. `view` is how it ended; the others are how it came to that.

    `evidence` is log E. `errors` are the rates of errors up to each moment in percent, with the ends of their 95 %
    intervals, by the part of the version (`candidate`, `stable`).
    """

    view: ComparisonView
    evidence: tuple[Point, ...]
    errors: Mapping[str, tuple[Point, ...]]


@dataclass(frozen=True)
class ReportData:
    """Everything that a report says. `began` and `until` bound what was recorded so far."""

    release: Release
    headline: str
    decided: str
    log: tuple[str, ...]
    """The last lines of what failed, where that ended the release."""
    tone: Tone
    began: float
    until: float
    versions: tuple[VersionLine, ...]
    stages: tuple[StageLine, ...]
    events: tuple[EventLine, ...]
    way_back: WayBackView | None
    splits: Mapping[str, tuple[SplitStep, ...]]
    metrics: tuple[MetricLine, ...]
    comparisons: tuple[ComparisonLine, ...] = ()
    databases: tuple[DatabaseLine, ...] = ()
    sections: tuple[Table, ...] = ()

    @property
    def timeline(self) -> tuple[EventLine, ...]:
        """What a person who was not there wants to know; single steps are left out."""
        return tuple(event for event in self.events if event.text and event.tone is not Tone.QUIET)

    @property
    def people(self) -> tuple[EventLine, ...]:
        """What people did, rather than the program."""
        return tuple(event for event in self.timeline if event.actor != MACHINE and event.kind not in FOLLOWS)

    @property
    def last(self) -> EventLine | None:
        """The last entry of this release: whoever has its number and hash can tell a ledger that was changed."""
        return self.events[-1] if self.events else None
