"""What a hold can see: the smallest regression that it detects with a power of 80 %.

E needs log(1 / false_alarm). An alternative that is bet on grows by its expected log likelihood ratio a request (Wald's
bound has the largest of these: the Kullback-Leibler divergence); but its stake is a part of the whole, and in one of
five holds chance is against the test. So for every alternative of the grid: the growth over the hold, less what it was
staked with, less how far one hold in five falls behind. The best alternative decides. Simulations agree with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flightrules.domain.sequential.absolute_errors import AbsoluteErrorsSettings
from flightrules.domain.sequential.bernoulli import Floats, projected
from flightrules.domain.sequential.comparison import FEWEST_BAD, ComparisonSettings, Concern
from flightrules.domain.sequential.latency import LatencySettings
from flightrules.domain.sequential.relative_errors import RelativeErrorsSettings
from flightrules.domain.sequential.slowdowns import SLOWEST, slowed
from flightrules.domain.sequential.wealth import BadSetting

POWER = 0.8
_ONE_IN_FIVE = 0.8416212335729143
"""The quantile of the normal distribution that one draw in five falls below."""

LARGEST_SLOWDOWN = 16.0
_PRECISION, _LOWEST = 1e-3, 1e-9
_EXACT_UP_TO = 50.0


@dataclass(frozen=True)
class Hold:
    """The traffic of one hold: for how many `seconds`, how many `requests_per_second` both versions get together.

    `share` of them (above 0, up to 1) go to the candidate; stable fails `error_rate` of its own (0 to below 1).
    """

    seconds: float
    requests_per_second: float
    share: float
    error_rate: float

    def __post_init__(self) -> None:
        if not (self.seconds >= 0 and self.requests_per_second >= 0 and 0 < self.share <= 1):
            raise BadSetting(
                f"a hold of {self.seconds:g}s at {self.requests_per_second:g} requests/s with a share of "
                f"{self.share:g} is none; the share must be more than 0 and at most 1"
            )
        if not 0 <= self.error_rate < 1:
            raise BadSetting(f"error_rate is {self.error_rate:g}; it must be at least 0 and less than 1")

    @property
    def requests(self) -> float:
        """How many requests both versions get in all."""
        return self.seconds * self.requests_per_second

    @property
    def candidate_requests(self) -> float:
        """How many of them the candidate gets."""
        return self.requests * self.share


@dataclass(frozen=True)
class Detectable:
    """The smallest `error_rate` (above 0, up to 1) of a candidate that is detected, and by which test."""

    error_rate: float
    concern: Concern


def smallest_error_rate(settings: ComparisonSettings, hold: Hold) -> Detectable | None:
    """Return the smallest error rate that `hold` detects; None where not even total failure would be detected."""
    if not _detected(settings, hold, 1.0):
        return None
    low, high = max(hold.error_rate, _LOWEST), 1.0
    while high > low * (1 + _PRECISION):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if _detected(settings, hold, middle) else (middle, high)
    return Detectable(high, _detected(settings, hold, high)[0])


def _detected(settings: ComparisonSettings, hold: Hold, rate: float) -> tuple[Concern, ...]:
    """Return the tests that detect a candidate that fails `rate` of its requests, in one hold of five at the least."""
    if _reached_by_four_in_five(hold.candidate_requests * rate) < FEWEST_BAD:
        return ()
    need, stakes = settings.limit, settings.stakes
    found = []
    if hold.share < 1 and need <= math.log(stakes[Concern.ERRORS]) + _relative(settings.errors, hold, rate):
        found.append(Concern.ERRORS)
    if settings.absolute and need <= math.log(stakes[Concern.ABSOLUTE]) + _absolute(settings.absolute, hold, rate):
        found.append(Concern.ABSOLUTE)
    return tuple(found)


def _relative(settings: RelativeErrorsSettings, hold: Hold, rate: float) -> float:
    """Return the log E of test A that four holds in five exceed."""
    stable = np.asarray(max(hold.error_rate, _supposed(settings, hold)))
    alternative = settings.factors * stable / (1 - stable + settings.factors * stable)
    null = projected(np.asarray(hold.share), alternative, stable, settings.ratio)
    limit = settings.ratio * null
    of_candidate = (np.log(alternative / limit), np.log((1 - alternative) / (1 - limit)))
    of_stable = (np.log(stable / null), np.log((1 - stable) / (1 - null)))
    counted = hold.candidate_requests, hold.requests - hold.candidate_requests
    behind = _behind(counted[0], rate, of_candidate, settings.overdispersion)
    behind_too = _behind(counted[1], hold.error_rate, of_stable, settings.overdispersion)
    mean = counted[0] * _mean(rate, of_candidate) + counted[1] * _mean(hold.error_rate, of_stable)
    logs = (mean - np.hypot(behind, behind_too)) / settings.overdispersion
    return float((logs + settings.mixture.log_weights).max()) + math.log1p(-settings.onset.late_mass)


def _supposed(settings: RelativeErrorsSettings, hold: Hold) -> float:
    """Return what stable's error rate is supposed to be half way through the hold, by its own count and the prior."""
    seen = (hold.requests - hold.candidate_requests) / 2
    prior = settings.prior_rate * settings.prior_requests
    return (prior + hold.error_rate * seen) / (settings.prior_requests + seen)


def _absolute(settings: AbsoluteErrorsSettings, hold: Hold, rate: float) -> float:
    """Return the log E of test C that four holds in five exceed."""
    gains = settings.gains
    behind = _behind(hold.candidate_requests, rate, gains, settings.overdispersion)
    logs = hold.candidate_requests * _mean(rate, gains) - behind
    return float((logs + settings.mixture.log_weights).max()) + math.log1p(-settings.onset.late_mass)


def _mean(rate: float, gains: tuple[Floats, Floats]) -> Floats:
    bad, good = gains
    return rate * bad + (1 - rate) * good


def _behind(requests: float, rate: float, gains: tuple[Floats, Floats], overdispersion: float) -> Floats:
    """Return how far one hold in five falls behind its mean, for the sum of `requests` gains; at least 0."""
    bad, good = gains
    errors = requests * rate / overdispersion
    missing = (errors - _reached_by_four_in_five(errors)) * math.sqrt(1 - rate) * overdispersion
    return max(missing, 0.0) * np.abs(bad - good)


def _reached_by_four_in_five(mean: float) -> float:
    """Return the number that a Poisson variable of this mean reaches or exceeds in four of five draws."""
    if mean > _EXACT_UP_TO:
        # Wilson and Hilferty (1931): the cube root of such a count is close to normal.
        return mean * (1 - 1 / (9 * mean) - _ONE_IN_FIVE / (3 * math.sqrt(mean))) ** 3
    below, each, number = 0.0, math.exp(-mean), 0
    while below + each <= 1 - POWER:
        below, number = below + each, number + 1
        each *= mean / number
    return number


def smallest_slowdowns(
    settings: ComparisonSettings, bounds: Sequence[float], hold: Hold, slowest: Sequence[float] = SLOWEST
) -> dict[float, float | None]:
    """Return by which factor each `slowest` part of the requests must slow down to be detected.

    `bounds` are those of the buckets of the latency test. None where not even a factor of 16 is detected, and for
    every part where latencies are not compared or all traffic goes to the candidate.
    """
    latency = settings.latency
    if latency is None or hold.share >= 1 or hold.seconds <= settings.cold_start:
        return dict.fromkeys(slowest)
    need = settings.limit - math.log(settings.stakes[Concern.LATENCY])
    warm = (hold.seconds - settings.cold_start) * hold.requests_per_second
    judged = _Slowness(latency, tuple(bounds), hold.share, warm)
    return {part: judged.smallest(part, need) for part in slowest}


class _Slowness:
    """Test B in one hold with so many `requests` to both versions together."""

    def __init__(self, settings: LatencySettings, bounds: tuple[float, ...], share: float, requests: float) -> None:
        self._settings, self._bounds, self._share, self._requests = settings, bounds, share, requests
        self._ratios = settings.null.log_ratios(np.array([share]))

    def smallest(self, part: float, need: float) -> float | None:
        low, high = 1.0, LARGEST_SLOWDOWN
        if self._log_e(part, high) < need:
            return None
        while high / low > 1.01:
            middle = math.sqrt(low * high)
            low, high = (low, middle) if self._log_e(part, middle) >= need else (middle, high)
        return high

    def _log_e(self, part: float, factor: float) -> float:
        """Return the log E that four holds in five exceed."""
        stable = np.array(self._settings.baseline_shares)
        slower = np.array(slowed(self._bounds, self._settings.baseline_shares, factor, part))
        share, ratios, phi = self._share, self._ratios, self._settings.overdispersion
        fast, slow = slower @ ratios.candidate[0], stable @ ratios.stable[0]
        mean = share * fast + (1 - share) * slow - ratios.excess[0]
        variance = share * (slower @ ratios.candidate[0] ** 2 - fast**2)
        variance += (1 - share) * (stable @ ratios.stable[0] ** 2 - slow**2)
        behind = _ONE_IN_FIVE * np.sqrt(self._requests * variance * phi)
        logs = (self._requests * mean - behind) / phi + self._settings.mixture.log_weights
        return float(logs.max()) + math.log1p(-self._settings.onset.late_mass)
