"""What was seen, and what follows from it. Verdicts are data, not exceptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from flightrules.domain.plan import Action

CANDIDATE, STABLE, ALL = "candidate", "stable", "all"
"""Whom a reading is about. A source that cannot tell versions apart reads `all`."""


class Verdict(StrEnum):
    """The answer to a question about a release. The last two are never treated as either of the first two."""

    PASS = "pass"
    FAIL = "fail"
    INSUFFICIENT = "insufficient"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Reading:
    """One value of one metric at one look.

    `value` is in the metric's unit (percent points for `%`, seconds, bytes, 1/s, plain numbers) and is
    None exactly when `missing` says why there is none. `requests` is how many requests stand behind it,
    where that is known.
    """

    metric: str
    subject: str
    service: str
    value: float | None
    missing: Verdict | None = None
    why: str = ""
    requests: int | None = None


@dataclass(frozen=True)
class Histogram:
    """Latencies: `counts[i]` requests took at most `bounds[i]` seconds (and more than `bounds[i-1]`).

    The last bound is infinity. Bounds are ascending.
    """

    bounds: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Counters:
    """What a router counted for one version since the router started (cumulative).

    `bad` are answers with status 5xx and requests that got no answer at all; `in_flight` is the number of
    requests that are being answered now, the only figure here that is not cumulative.
    """

    requests: int
    bad: int
    latency: Histogram
    in_flight: int = 0


@dataclass(frozen=True)
class Gauge:
    """A value as a source gave it, in the metric's unit."""

    value: float


Sample = Mapping[str, Gauge | Counters]
"""What a source answered: one measurement per version key, or one under `ALL`."""

TRAFFIC = "traffic"
"""The name under which a router's counters are asked for, once for all the metrics that follow from them."""


@dataclass(frozen=True)
class Answer:
    """What came of asking a source at one look: its sample, or why there is none.

    `missing` is `UNREACHABLE` where the source did not answer, and None where it did. An answer without a
    measurement for a version says nothing about that version; `why` may say more.
    """

    sample: Sample = field(default_factory=dict)
    missing: Verdict | None = None
    why: str = ""


@dataclass(frozen=True)
class Observation:
    """One look: when (`at`, seconds since 1970), in which stage, and what was read.

    `stage` is empty before the first stage. `interval` is the number of seconds that the schedule had
    between the look before and this one; 0 where nothing was scheduled (the very first look).
    """

    at: float
    stage: str
    readings: tuple[Reading, ...]
    counters: Mapping[str, Mapping[str, Counters]]
    """By service, then by version key: cumulative, as the router gave them. A service whose router did not
    answer is left out."""
    roles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By service, then `candidate` or `stable`: the key of the version that had that part."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What people call each version, by key."""
    interval: float = 0.0
    by_subject: Mapping[tuple[str, str, str], Reading] = field(init=False, repr=False, compare=False)
    """The readings by metric, subject and service; where there are several, the first."""
    services: Mapping[str, Mapping[str, None]] = field(init=False, repr=False, compare=False)
    """By metric, the services of which a reading tells more than what stable does, in their order."""

    def __post_init__(self) -> None:
        by_subject: dict[tuple[str, str, str], Reading] = {}
        services: dict[str, dict[str, None]] = {}
        for reading in self.readings:
            metric, subject, service = reading.metric, reading.subject, reading.service
            by_subject.setdefault((metric, subject, service), reading)
            if subject != STABLE:
                services.setdefault(metric, {})[service] = None
        object.__setattr__(self, "by_subject", by_subject)
        object.__setattr__(self, "services", services)


class Bare(NamedTuple):
    """A look of which only the counters are known yet; both mean what they mean in `Observation`."""

    at: float
    counters: Mapping[str, Mapping[str, Counters]]


@dataclass(frozen=True)
class Finding:
    """What one judge says after a look.

    `verdict` is `FAIL` where the judge holds something against the release, `PASS` where it looked and does
    not, and one of the other two where it could not tell. `says` is what it saw, in words. `action` is what
    it asks for now, None for nothing. `rule_text` is the line of the plan that it follows, if it follows one.
    `lasted` is for how many seconds, up to this look, what it holds against the release has been so.
    """

    judge: str
    verdict: Verdict
    says: str
    action: Action | None = None
    rule_text: str = ""
    service: str = ""
    lasted: float = 0.0


def worst(findings: Sequence[Finding]) -> Verdict:
    """Return the verdict on all of `findings` together: only a `PASS` of each is a `PASS`.

    No finding at all is `INSUFFICIENT`: nobody looked.
    """
    verdicts = {finding.verdict for finding in findings}
    for verdict in (Verdict.FAIL, Verdict.UNREACHABLE, Verdict.INSUFFICIENT, Verdict.PASS):
        if verdict in verdicts:
            return verdict
    return Verdict.INSUFFICIENT
