"""Passing is also a claim: the mirrored test, that the candidate is not twice as bad as stable.

Null hypothesis: at every look, the candidate's error rate is at least `factor` times that of stable. Where its E has
reached 1 / `error` at the end of a hold, the hold is *certified*: a candidate that bad would get there with a
probability of at most `error`. A hold that ends without it saw too little, and `still_needed` says how much too little.
It is the same likelihood ratio as in the test of errors, with alternatives on the other side of the null.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from flightrules.domain.sequential.bernoulli import Counted, Floats, clipped, growth, log_ratios
from flightrules.domain.sequential.ticks import Tick, Ticks
from flightrules.domain.sequential.wealth import (
    BadSetting,
    Mixture,
    Onset,
    Wealth,
    check_overdispersion,
    held,
)

ODDS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
"""By what the odds of failing are multiplied in each alternative: better than stable, equal, hardly worse."""

_OUTSIDE_THE_NULL = 1 / 1.0001


@dataclass(frozen=True)
class CertificationSettings:
    """What is certified: that the candidate fails less than `factor` times as often as stable, wrong in `error` of 1.

    `prior_rate` and `prior_requests` are those of the test of errors.
    """

    factor: float = 2.0
    error: float = 0.05
    overdispersion: float = 1.0
    prior_rate: float = 0.01
    prior_requests: float = 50.0

    def __post_init__(self) -> None:
        if not self.factor > 1:
            raise BadSetting(f"factor is {self.factor:g}; it must be more than 1")
        if not 0 < self.error < 1:
            raise BadSetting(f"error is {self.error:g}; it must be more than 0 and less than 1")
        check_overdispersion(self.overdispersion)

    @property
    def limit(self) -> float:
        """The log E at which a hold is certified."""
        return -math.log(self.error)

    @cached_property
    def odds(self) -> Floats:
        """The alternatives that lie outside the null, `[K]`."""
        return np.array([odds for odds in ODDS if odds < self.factor])

    @cached_property
    def mixture(self) -> Mixture:
        """The stakes, equal on all alternatives and all from the first look: a hold is certified as a whole."""
        return Mixture(np.full(len(self.odds), -math.log(len(self.odds))), Onset(late_mass=0.0))


@dataclass(frozen=True)
class Certification:
    """Where the mirrored test of one hold stands. Immutable; `after` returns the next one."""

    settings: CertificationSettings
    wealth: Wealth
    candidate_requests: int = 0
    stable_bad: int = 0
    stable_requests: int = 0

    @classmethod
    def start(cls, settings: CertificationSettings) -> Certification:
        """Return the test before the first look of a hold."""
        return cls(settings, settings.mixture.start())

    @property
    def log_e(self) -> float:
        """The natural logarithm of E."""
        return self.settings.mixture.log_e(self.wealth)

    @property
    def certified(self) -> bool:
        """Whether enough was seen, as of now. A candidate that turns bad later loses it again."""
        return self.log_e >= self.settings.limit

    def after(self, tick: Tick) -> Certification:
        """Return the test after one more look. A look in which an arm was silent changes nothing."""
        return self.over(Ticks.of_ticks([tick]))[1]

    def over(self, ticks: Ticks) -> tuple[Floats, Certification]:
        """Return log E `[T]` after each of many looks, and the test after the last of them."""
        heard = (ticks.candidate_requests > 0) & (ticks.stable_requests > 0)
        columns = (ticks.candidate_bad, ticks.candidate_requests, ticks.stable_bad, ticks.stable_requests)
        counted = Counted(*(column[heard][:, None] for column in columns))
        bad, requests = counted.stable_bad, counted.stable_requests
        past = self._rate(np.cumsum(bad, axis=0) - bad, np.cumsum(requests, axis=0) - requests)
        logs, wealth = self.settings.mixture.path(self.wealth, self._increments(counted, past))
        end = replace(
            self,
            wealth=wealth,
            candidate_requests=self.candidate_requests + int(counted.candidate_requests.sum()),
            stable_bad=self.stable_bad + int(bad.sum()),
            stable_requests=self.stable_requests + int(requests.sum()),
        )
        return held(logs, heard, self.log_e), end

    def still_needed(self) -> int | None:
        """Return about how many more requests of the candidate it takes, if it is as good as stable.

        From how fast E grows a request at the error rate and the share that were seen. 0 where it is certified;
        None where nobody can say, because nothing was seen yet.
        """
        if self.certified:
            return 0
        both = self.candidate_requests + self.stable_requests
        if not self.candidate_requests or not self.stable_requests:
            return None
        share, rate = np.float64(self.candidate_requests / both), self._rate(np.zeros(()), np.zeros(()))
        each = float(growth(np.asarray(share), rate, rate, self.settings.factor)) / float(share)
        missing = self.settings.limit - self.log_e
        return math.ceil(missing * self.settings.overdispersion / each)

    def _rate(self, bad: Floats, requests: Floats) -> Floats:
        """Return what stable's error rate is supposed to be after so much more of it."""
        prior = self.settings.prior_requests
        all_bad = self.settings.prior_rate * prior + self.stable_bad + bad
        return clipped(all_bad / (prior + self.stable_requests + requests))

    def _increments(self, counted: Counted, stable: Floats) -> Floats:
        odds, factor = self.settings.odds, self.settings.factor
        candidate = odds * stable / (1 - stable + odds * stable)
        ratios = log_ratios(counted, candidate, stable, factor)
        return np.where(candidate < _OUTSIDE_THE_NULL * factor * stable, ratios, 0.0) / self.settings.overdispersion
