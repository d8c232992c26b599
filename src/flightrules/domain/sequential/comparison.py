"""All three tests together: is the candidate worse than stable, or worse than the plan allows?

    E = 0.5 E_errors + 0.1 E_absolute + 0.4 E_latency

A mean of e-processes is an e-process, whatever they have to do with each other. It is one E for the whole release:
stages continue it and do not restart it. Where E reaches 1 / false_alarm the comparison is `against` the candidate,
and stays so. A test that there is nothing for (no limit in the plan, no latency baseline) is left out before the first
look, and its stake is divided among the others in proportion: fixed beforehand, so the guarantee is the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np

from flightrules.domain.sequential.absolute_errors import AbsoluteErrors, AbsoluteErrorsSettings
from flightrules.domain.sequential.latency import Latency, LatencySettings
from flightrules.domain.sequential.relative_errors import RelativeErrors, RelativeErrorsSettings
from flightrules.domain.sequential.ticks import Arm, Tick, Ticks
from flightrules.domain.sequential.wealth import BadSetting, Floats

FEWEST_BAD = 3
"""So many bad answers of the candidate must have been seen, unless its latency speaks against it."""

COLD_START = 30.0
"""For so many seconds a fresh candidate is not judged by its latency. Errors are never skipped."""


class Concern(StrEnum):
    """What speaks against a candidate: the test with the largest part in E."""

    ERRORS = "errors"
    ABSOLUTE = "absolute"
    LATENCY = "latency"


STAKES: Mapping[Concern, float] = {Concern.ERRORS: 0.5, Concern.ABSOLUTE: 0.1, Concern.LATENCY: 0.4}


@dataclass(frozen=True)
class ComparisonSettings:
    """How a comparison is set up; `absolute` and `latency` are None where there is nothing for them.

    `false_alarm` is the probability, from above 0 to below 1, that a candidate that is no worse is ever called back:
    once, for the whole release, however long it lasts.
    """

    errors: RelativeErrorsSettings = field(default_factory=RelativeErrorsSettings)
    absolute: AbsoluteErrorsSettings | None = None
    latency: LatencySettings | None = None
    false_alarm: float = 0.01
    cold_start: float = COLD_START

    def __post_init__(self) -> None:
        if not 0 < self.false_alarm < 1:
            raise BadSetting(f"false_alarm is {self.false_alarm:g}; it must be more than 0 and less than 1")

    @property
    def limit(self) -> float:
        """The log E at which the comparison is against the candidate."""
        return -math.log(self.false_alarm)

    @cached_property
    def stakes(self) -> Mapping[Concern, float]:
        """What part of the one unit is staked on each test that there is; they sum to 1."""
        there = {Concern.ERRORS: True, Concern.ABSOLUTE: self.absolute, Concern.LATENCY: self.latency}
        stakes = {concern: stake for concern, stake in STAKES.items() if there[concern]}
        return {concern: stake / sum(stakes.values()) for concern, stake in stakes.items()}


@dataclass(frozen=True)
class Total:
    """What one version was counted to have done in all looks of the comparison."""

    requests: int = 0
    bad: int = 0

    def after(self, arm: Arm) -> Total:
        """Return the total with one more look."""
        return Total(self.requests + arm.requests, self.bad + arm.bad)


@dataclass(frozen=True)
class Crossing:
    """When E reached its limit: after how many looks, with what log E, and what spoke loudest."""

    looks: int
    log_e: float
    concern: Concern


@dataclass(frozen=True)
class Comparison:
    """Where the comparison of a release stands. Immutable; `after` returns the next one."""

    settings: ComparisonSettings
    errors: RelativeErrors
    absolute: AbsoluteErrors | None
    latency: Latency | None
    candidate: Total = Total()
    stable: Total = Total()
    looks: int = 0
    peak: float = 0.0
    """The largest log E so far, at least 0; exp(-peak) bounds how likely a healthy release looks this bad."""
    against: Crossing | None = None

    @classmethod
    def start(cls, settings: ComparisonSettings) -> Comparison:
        """Return the comparison before the first look."""
        return cls(
            settings,
            RelativeErrors.start(settings.errors),
            AbsoluteErrors.start(settings.absolute) if settings.absolute else None,
            Latency.start(settings.latency) if settings.latency else None,
        )

    @property
    def log_e(self) -> float:
        """The natural logarithm of E."""
        return _log_sum(self.parts())

    @property
    def concern(self) -> Concern:
        """The test with the largest part in E."""
        parts = self.parts()
        return max(parts, key=lambda concern: parts[concern])

    def parts(self) -> Mapping[Concern, float]:
        """Return the logarithm of what each test has in E: of its stake times its own E."""
        tests = {Concern.ERRORS: self.errors, Concern.ABSOLUTE: self.absolute, Concern.LATENCY: self.latency}
        stakes = self.settings.stakes
        return {concern: math.log(stakes[concern]) + test.log_e for concern, test in tests.items() if test is not None}

    def after(self, tick: Tick) -> Comparison:
        """Return the comparison after one more look. Raises `BadCounts` where latencies have other buckets."""
        cold = tick.candidate_age < self.settings.cold_start
        seen = Comparison(
            self.settings,
            self.errors.after(tick),
            self.absolute.after(tick) if self.absolute else None,
            self.latency.after(tick) if self.latency and not cold else self.latency,
            self.candidate.after(tick.candidate),
            self.stable.after(tick.stable),
            self.looks + 1,
        )
        parts = seen.parts()
        log_e = _log_sum(parts)
        return replace(seen, peak=max(self.peak, log_e), against=self.against or seen._crossing(log_e, parts))

    def _crossing(self, log_e: float, parts: Mapping[Concern, float]) -> Crossing | None:
        """Return that the limit is reached at this look, if it is."""
        if log_e < self.settings.limit:
            return None
        if self.candidate.bad < FEWEST_BAD and not _latency_leads(parts):
            return None
        return Crossing(self.looks, log_e, max(parts, key=lambda concern: parts[concern]))


def _latency_leads(parts: Mapping[Concern, float]) -> bool:
    others: dict[Concern, float] = {concern: part for concern, part in parts.items() if concern != Concern.LATENCY}
    return parts.get(Concern.LATENCY, -math.inf) > _log_sum(others)


def _log_sum(parts: Mapping[Concern, float]) -> float:
    largest = max(parts.values())
    return largest + math.log(sum(math.exp(part - largest) for part in parts.values()))


@dataclass(frozen=True, eq=False)
class Path:
    """A comparison over T looks: log E `[T]`, the logarithm of each test's part in it, and the state at the end."""

    log_e: Floats
    parts: Mapping[Concern, Floats]
    end: Comparison


def over(comparison: Comparison, ticks: Ticks) -> Path:
    """Return what many looks in columns lead to; the same as `after` for each of them, and much faster."""
    settings, stakes = comparison.settings, comparison.settings.stakes
    paths: dict[Concern, tuple[Floats, Any]] = {Concern.ERRORS: comparison.errors.over(ticks)}
    if comparison.absolute is not None:
        paths[Concern.ABSOLUTE] = comparison.absolute.over(ticks)
    if comparison.latency is not None:
        paths[Concern.LATENCY] = comparison.latency.over(_without_cold_latency(ticks, settings.cold_start))
    parts = {concern: math.log(stakes[concern]) + path for concern, (path, _) in paths.items()}
    log_e = np.logaddexp.reduce(list(parts.values()))
    end = replace(
        comparison,
        **{concern.value: test for concern, (_, test) in paths.items()},
        candidate=_total(comparison.candidate, ticks.candidate_requests, ticks.candidate_bad),
        stable=_total(comparison.stable, ticks.stable_requests, ticks.stable_bad),
        looks=comparison.looks + len(ticks),
        peak=max([comparison.peak, *(log_e.max(keepdims=True).tolist() if len(ticks) else ())]),
        against=comparison.against or _first_crossing(comparison, ticks, log_e, parts),
    )
    return Path(log_e, parts, end)


def _without_cold_latency(ticks: Ticks, cold_start: float) -> Ticks:
    warm = (ticks.candidate_age >= cold_start)[:, None]
    if warm.all():
        return ticks
    return replace(ticks, candidate_latency=ticks.candidate_latency * warm, stable_latency=ticks.stable_latency * warm)


def _total(before: Total, requests: Floats, bad: Floats) -> Total:
    return Total(before.requests + int(requests.sum()), before.bad + int(bad.sum()))


def _first_crossing(
    comparison: Comparison, ticks: Ticks, log_e: Floats, parts: Mapping[Concern, Floats]
) -> Crossing | None:
    enough = comparison.candidate.bad + np.cumsum(ticks.candidate_bad) >= FEWEST_BAD
    if Concern.LATENCY in parts:
        others = np.logaddexp.reduce([part for concern, part in parts.items() if concern is not Concern.LATENCY])
        enough |= parts[Concern.LATENCY] > others
    crossed = np.flatnonzero((log_e >= comparison.settings.limit) & enough)
    if not len(crossed):
        return None
    first = int(crossed[0])
    concern = max(parts, key=lambda each: float(parts[each][first]))
    return Crossing(comparison.looks + first + 1, float(log_e[first]), concern)
