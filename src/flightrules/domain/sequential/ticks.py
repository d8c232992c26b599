"""What a test is shown at a look: what each version was counted to have done since the look before.

Owns what counts can be used at all, for one look (`Tick`) and for many in columns (`Ticks`). A count that cannot be
true is refused with `BadCounts`, here and nowhere later: a wrong count would become a wrong verdict.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from flightrules.domain.errors import FlightError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Counts = NDArray[np.float64]


class BadCounts(FlightError):
    """Counts that cannot be true: negative, fractional, more failures than requests, or buckets that do not fit."""


MOST = 10**12
"""Requests of one version in one look. Of a thousand times as many, the evidence is nothing but rounding errors."""


@dataclass(frozen=True)
class Arm:
    """What one version did during one look.

    `requests` were answered by it, `bad` of them badly. `latency[i]` of them fell into bucket `i` of the bounds
    that the comparison began with; empty or all zero where nothing was measured. Raises `BadCounts`.
    """

    requests: int = 0
    bad: int = 0
    latency: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name, counts in (("requests", (self.requests,)), ("bad", (self.bad,)), ("latency", self.latency)):
            for count in counts:
                if type(count) is not int or count < 0:
                    raise BadCounts(f"{name} is {count}, which is not a whole number of at least 0")
                if count > MOST:
                    raise BadCounts(f"{name} is more than {MOST:,}, which nobody counts in one look")
        if self.bad > self.requests:
            raise BadCounts(f"{self.bad} of {self.requests} requests are bad, which cannot be")


@dataclass(frozen=True)
class Tick:
    """One look: what candidate and stable did since the look before.

    An arm without requests says nothing, and is no mistake. `candidate_age` is for how many seconds the candidate
    had been serving when the look began; infinity where nothing is cold any more.
    """

    candidate: Arm
    stable: Arm
    candidate_age: float = math.inf


@dataclass(frozen=True, eq=False)
class Ticks:
    """Many looks in columns, for a simulation or a benchmark: T looks, K latency buckets.

    All columns are float64 and hold whole numbers. Shapes: `[T]`, the two latencies `[T, K]` (K may be 0).
    Made by `Ticks.of`, which checks them.
    """

    candidate_requests: Counts
    candidate_bad: Counts
    stable_requests: Counts
    stable_bad: Counts
    candidate_latency: Counts
    stable_latency: Counts
    candidate_age: Counts

    @classmethod
    def of(
        cls,
        candidate_requests: ArrayLike = (),
        candidate_bad: ArrayLike = (),
        stable_requests: ArrayLike = (),
        stable_bad: ArrayLike = (),
        candidate_latency: ArrayLike = (),
        stable_latency: ArrayLike = (),
        candidate_age: ArrayLike = (),
    ) -> Self:
        """Return the columns, checked. A column that is left out holds zeros (`candidate_age`: infinity).

        NaN stands for a count that is missing: that arm is silent in that look. Raises `BadCounts`.
        """
        import numpy as np

        given = (candidate_requests, candidate_bad, stable_requests, stable_bad, candidate_latency, stable_latency)
        columns = [np.array(column, dtype=np.float64) for column in given]
        looks = max(len(column) for column in columns)
        requests, bad, other_requests, other_bad = (
            _column(name, column, looks) for name, column in zip(_ERRORS, columns, strict=False)
        )
        _check_together(requests, bad)
        _check_together(other_requests, other_bad)
        width = max(column.shape[1] if column.ndim == 2 else 0 for column in columns[4:])
        fast, slow = (
            _histograms(name, column, looks, width) for name, column in zip(_LATENCY, columns[4:], strict=True)
        )
        age = np.asarray(candidate_age, dtype=np.float64) if np.size(candidate_age) else np.full(looks, np.inf)
        return cls(requests, bad, other_requests, other_bad, fast, slow, age)

    @classmethod
    def of_ticks(cls, ticks: Sequence[Tick]) -> Self:
        """Return single looks as columns. Latencies of different lengths: the empty ones become zeros."""
        width = max((len(arm.latency) for tick in ticks for arm in (tick.candidate, tick.stable)), default=0)
        idle = (0,) * width
        return cls.of(
            candidate_requests=[tick.candidate.requests for tick in ticks],
            candidate_bad=[tick.candidate.bad for tick in ticks],
            stable_requests=[tick.stable.requests for tick in ticks],
            stable_bad=[tick.stable.bad for tick in ticks],
            candidate_latency=[tick.candidate.latency or idle for tick in ticks],
            stable_latency=[tick.stable.latency or idle for tick in ticks],
            candidate_age=[tick.candidate_age for tick in ticks],
        )

    def __len__(self) -> int:
        return len(self.candidate_requests)


_ERRORS = ("candidate_requests", "candidate_bad", "stable_requests", "stable_bad")
_LATENCY = ("candidate_latency", "stable_latency")


def _column(name: str, column: Counts, looks: int) -> Counts:
    import numpy as np

    if not column.size:
        return np.zeros(looks)
    if column.shape != (looks,):
        raise BadCounts(f"{name} has {len(column)} looks where another column has {looks}")
    return _whole(name, column)


def _histograms(name: str, column: Counts, looks: int, width: int) -> Counts:
    import numpy as np

    if not column.size:
        return np.zeros((looks, width))
    if column.shape != (looks, width):
        raise BadCounts(f"{name} is {column.shape[0]} looks of {column.shape[-1]} buckets, not {looks} of {width}")
    counts = _whole(name, column)
    return np.where(np.isnan(counts).any(axis=1, keepdims=True), 0.0, counts)


def _whole(name: str, column: Counts) -> Counts:
    import numpy as np

    wrong = ~np.isnan(column) & ((column < 0) | (column != np.floor(column)) | np.isinf(column))
    if wrong.any():
        look = int(np.argwhere(wrong)[0][0])
        value = column[wrong].flat[0]
        raise BadCounts(f"{name} is {value:g} at look {look + 1}, which is not a whole number of at least 0")
    if (column > MOST).any():  # NaN is no count at all, and not more
        look = int(np.argwhere(column > MOST)[0][0])
        raise BadCounts(f"{name} is more than {MOST:,} at look {look + 1}, which nobody counts in one look")
    return column


def _check_together(requests: Counts, bad: Counts) -> None:
    """Set both to zero, in place, where either is missing; then no failure may be without its request."""
    import numpy as np

    missing = np.isnan(requests) | np.isnan(bad)
    requests[missing] = bad[missing] = 0.0
    if (bad > requests).any():
        look = int(np.argmax(bad > requests))
        raise BadCounts(f"{bad[look]:g} of {requests[look]:g} requests are bad at look {look + 1}, which cannot be")
