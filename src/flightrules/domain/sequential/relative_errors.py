"""Test A: does the candidate fail more of its requests than stable does, in the same look?

Null hypothesis: at every look, the candidate's error rate is at most (1 + tolerance) times that of stable; the
stable rate itself may move as it likes. So a dependency that fails both versions blames nobody. A look in which either
had no requests is none: nothing is learned from it, and no late mass is staked.

What the guarantee needs: given what each version was sent in a look and all that was seen before, requests fail
independently of each other. Where failures come in clusters (retries, one angry user), `overdispersion` must say so:
every log increment is divided by it. It is at least 1, which keeps the guarantee (Jensen).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from flightrules.domain.sequential.bernoulli import Counted, Floats, clipped, log_ratios
from flightrules.domain.sequential.ticks import Tick, Ticks
from flightrules.domain.sequential.wealth import BadSetting, Mixture, Onset, Wealth, check_overdispersion, held

ALTERNATIVES = 16
SMALLEST_FACTOR = 1.15
LARGEST_FACTOR = 1e4
INSIDE_THE_NULL = 1.0001


@dataclass(frozen=True)
class RelativeErrorsSettings:
    """How test A is set up.

    `prior_rate` is what stable's error rate is supposed to be before anything was seen, as if from
    `prior_requests` requests; a rate that was measured before the first stage does better than the default.
    """

    tolerance: float = 0.1
    overdispersion: float = 1.0
    onset: Onset = field(default_factory=Onset)
    prior_rate: float = 0.01
    prior_requests: float = 50.0

    def __post_init__(self) -> None:
        if not self.tolerance >= 0:
            raise BadSetting(f"tolerance is {self.tolerance:g}; it must be at least 0")
        check_overdispersion(self.overdispersion)
        if not (0 <= self.prior_rate <= 1 and self.prior_requests > 0):
            raise BadSetting(
                f"a prior error rate of {self.prior_rate:g} from {self.prior_requests:g} requests is none; "
                "the rate must be from 0 to 1, the requests more than 0"
            )

    @property
    def ratio(self) -> float:
        """Up to which factor a candidate's error rate counts as equal to that of stable."""
        return 1 + self.tolerance

    @cached_property
    def factors(self) -> Floats:
        """By how much the odds of failing are multiplied, in each alternative: `[16]`, from 1.15 ratios to 10,000."""
        return self.ratio * np.exp(
            np.linspace(math.log(SMALLEST_FACTOR), math.log(LARGEST_FACTOR / self.ratio), ALTERNATIVES)
        )

    @cached_property
    def mixture(self) -> Mixture:
        """The stakes: the smaller the regression, the more of them, since it is the harder one."""
        weights = 1 / np.log(self.factors / self.ratio)
        return Mixture(np.log(weights / weights.sum()), self.onset)


@dataclass(frozen=True)
class RelativeErrors:
    """Where test A stands. Immutable; `after` returns the next one."""

    settings: RelativeErrorsSettings
    wealth: Wealth
    stable_bad: int = 0
    stable_requests: int = 0
    """What stable did in the looks so far in which both versions had requests."""

    @classmethod
    def start(cls, settings: RelativeErrorsSettings) -> RelativeErrors:
        """Return the test before the first look."""
        return cls(settings, settings.mixture.start())

    @property
    def log_e(self) -> float:
        """The natural logarithm of E."""
        return self.settings.mixture.log_e(self.wealth)

    def after(self, tick: Tick) -> RelativeErrors:
        """Return the test after one more look. A look in which an arm was silent changes nothing."""
        candidate, stable = tick.candidate, tick.stable
        if not candidate.requests or not stable.requests:
            return self
        counted = Counted(*map(np.asarray, (candidate.bad, candidate.requests, stable.bad, stable.requests)))
        increments = self._increments(counted, self._rate(self.stable_bad, self.stable_requests))
        wealth = self.settings.mixture.after(self.wealth, increments)
        return RelativeErrors(
            self.settings, wealth, self.stable_bad + stable.bad, self.stable_requests + stable.requests
        )

    def over(self, ticks: Ticks) -> tuple[Floats, RelativeErrors]:
        """Return log E `[T]` after each of many looks, and the test after the last of them."""
        heard = (ticks.candidate_requests > 0) & (ticks.stable_requests > 0)
        bad, requests = ticks.stable_bad[heard], ticks.stable_requests[heard]
        all_bad, all_requests = self.stable_bad + np.cumsum(bad), self.stable_requests + np.cumsum(requests)
        columns = (ticks.candidate_bad[heard], ticks.candidate_requests[heard], bad, requests)
        past = self._rate(all_bad - bad, all_requests - requests)
        increments = self._increments(Counted(*(column[:, None] for column in columns)), past[:, None])
        logs, wealth = self.settings.mixture.path(self.wealth, increments)
        end = replace(
            self,
            wealth=wealth,
            stable_bad=self.stable_bad + int(bad.sum()),
            stable_requests=self.stable_requests + int(requests.sum()),
        )
        return held(logs, heard, self.log_e), end

    def _rate(self, bad: Floats | int, requests: Floats | int) -> Floats:
        prior = self.settings.prior_requests
        return clipped(np.asarray((self.settings.prior_rate * prior + bad) / (prior + requests)))

    def _increments(self, counted: Counted, stable: Floats) -> Floats:
        factors, ratio = self.settings.factors, self.settings.ratio
        candidate = factors * stable / (1 - stable + factors * stable)
        ratios = log_ratios(counted, candidate, stable, ratio)
        return np.where(candidate > INSIDE_THE_NULL * ratio * stable, ratios, 0.0) / self.settings.overdispersion
