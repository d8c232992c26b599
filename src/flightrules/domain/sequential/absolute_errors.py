"""Test C: does the candidate fail more of its requests than the plan allows at all?

Null hypothesis: at every look, the candidate's error rate is at most `p_max`. It needs no stable version: it is the
only test left when the candidate has all the traffic, and the one that acts when both versions fail together.

What the guarantee needs: given all that was seen before, the requests of a look fail independently of each other.
Clusters of failures are answered by `overdispersion`, as in test A.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from flightrules.domain.sequential.ticks import Tick, Ticks
from flightrules.domain.sequential.wealth import (
    BadSetting,
    Floats,
    Mixture,
    Onset,
    Wealth,
    check_overdispersion,
    held,
)

ALTERNATIVES = 12
SMALLEST_EXCESS, LARGEST_EXCESS = 0.002, 0.98


@dataclass(frozen=True)
class AbsoluteErrorsSettings:
    """How test C is set up: `p_max` is an error rate from above 0 to below 1 (0.005 for 0.5 %)."""

    p_max: float
    overdispersion: float = 1.0
    onset: Onset = field(default_factory=Onset)

    def __post_init__(self) -> None:
        if not 0 < self.p_max < 1:
            raise BadSetting(f"p_max is {self.p_max:g}; it must be more than 0 and less than 1")
        check_overdispersion(self.overdispersion)

    @cached_property
    def mixture(self) -> Mixture:
        """The stakes, equal on all alternatives."""
        return Mixture(np.full(ALTERNATIVES, -math.log(ALTERNATIVES)), self.onset)

    @cached_property
    def gains(self) -> tuple[Floats, Floats]:
        """The log likelihood ratio of one bad and of one good request, for each alternative: two `[12]`."""
        excess = np.exp(np.linspace(math.log(SMALLEST_EXCESS), math.log(LARGEST_EXCESS), ALTERNATIVES))
        rates = self.p_max + (1 - self.p_max) * excess
        bad, good = np.log(rates / self.p_max), np.log((1 - rates) / (1 - self.p_max))
        return bad / self.overdispersion, good / self.overdispersion


@dataclass(frozen=True)
class AbsoluteErrors:
    """Where test C stands. Immutable; `after` returns the next one."""

    settings: AbsoluteErrorsSettings
    wealth: Wealth

    @classmethod
    def start(cls, settings: AbsoluteErrorsSettings) -> AbsoluteErrors:
        """Return the test before the first look."""
        return cls(settings, settings.mixture.start())

    @property
    def log_e(self) -> float:
        """The natural logarithm of E."""
        return self.settings.mixture.log_e(self.wealth)

    def after(self, tick: Tick) -> AbsoluteErrors:
        """Return the test after one more look. A look without a request of the candidate changes nothing."""
        if not tick.candidate.requests:
            return self
        bad, good = self.settings.gains
        increments = tick.candidate.bad * bad + (tick.candidate.requests - tick.candidate.bad) * good
        return AbsoluteErrors(self.settings, self.settings.mixture.after(self.wealth, increments))

    def over(self, ticks: Ticks) -> tuple[Floats, AbsoluteErrors]:
        """Return log E `[T]` after each of many looks, and the test after the last of them."""
        heard = ticks.candidate_requests > 0
        bad, good = self.settings.gains
        failed = ticks.candidate_bad[heard]
        increments = np.outer(failed, bad) + np.outer(ticks.candidate_requests[heard] - failed, good)
        logs, wealth = self.settings.mixture.path(self.wealth, increments)
        return held(logs, heard, self.log_e), replace(self, wealth=wealth)
