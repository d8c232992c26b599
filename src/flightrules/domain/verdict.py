"""What was seen, and what follows from it. Verdicts are data, not exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

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
    service: str | None
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


@dataclass(frozen=True)
class Observation:
    """One look: when (`at`, seconds since 1970), how long since the look before it, and what was read."""

    at: float
    stage: str
    readings: tuple[Reading, ...]
    counters: Mapping[str, Mapping[str, Counters]]
    """By service, then by version key: cumulative, as the router gave them."""


@dataclass(frozen=True)
class Judgement:
    """What one judge says after a look: its verdict, in words what it saw, and the action it asks for."""

    judge: str
    verdict: Verdict
    says: str
