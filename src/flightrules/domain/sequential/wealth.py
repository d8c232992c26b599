"""What bets on many alternatives are worth together, when the regression may also start late.

A test does not know which alternative is true. It stakes a part of one unit on each (the prior weights) and multiplies
each stake, at every look, by what the alternative's likelihood ratio was. The sum is again an e-process. So that a
regression which starts late is caught as fast, only a part of the mass is staked at the first look; the rest, the
late mass, is staked in equal parts over the looks of a horizon. What is not staked yet counts as what it is: 1 for 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flightrules.domain.errors import FlightError

Floats = NDArray[np.float64]


class BadSetting(FlightError):
    """A test was asked for with a parameter outside its range."""


def check_overdispersion(overdispersion: float) -> None:
    """Raise `BadSetting` where events are supposed to be more regular than independent ones can be."""
    if not 1 <= overdispersion < math.inf:
        raise BadSetting(f"overdispersion is {overdispersion:g}; it must be at least 1")


@dataclass(frozen=True)
class Onset:
    """When a regression may start: `late_mass` (0 to below 1) is spread evenly over `horizon_ticks` looks."""

    late_mass: float = 0.25
    horizon_ticks: int = 720

    def __post_init__(self) -> None:
        if not 0 <= self.late_mass < 1:
            raise BadSetting(f"late_mass is {self.late_mass:g}; it must be at least 0 and less than 1")
        if self.horizon_ticks < 1:
            raise BadSetting(f"horizon_ticks is {self.horizon_ticks}; it must be at least 1")


@dataclass(frozen=True)
class Wealth:
    """Of each of K alternatives, the natural logarithm of what its unit is worth; `spent` parts of late mass are in."""

    logs: tuple[float, ...]
    spent: int = 0


class Mixture:
    """The stakes on K alternatives. `log_weights` are logarithms of the prior weights, which sum to 1."""

    def __init__(self, log_weights: Floats, onset: Onset) -> None:
        self._log_weights = log_weights
        self._onset = onset
        self._log_part = _log(onset.late_mass / onset.horizon_ticks)

    @property
    def log_weights(self) -> Floats:
        """The logarithms of the prior weights, `[K]`."""
        return self._log_weights

    def start(self) -> Wealth:
        """Return the wealth before the first look."""
        return Wealth((math.log1p(-self._onset.late_mass),) * len(self._log_weights))

    def after(self, wealth: Wealth, increments: Floats) -> Wealth:
        """Return the wealth after one look; `increments` `[K]` are its log likelihood ratios."""
        logs = np.array(wealth.logs)
        if self._onset.late_mass and wealth.spent < self._onset.horizon_ticks:
            logs = np.logaddexp(logs, self._log_part)
            return Wealth(tuple((logs + increments).tolist()), wealth.spent + 1)
        return Wealth(tuple((logs + increments).tolist()), wealth.spent)

    def log_e(self, wealth: Wealth) -> float:
        """Return log E."""
        return _log_sum(self._log_weights + np.array(wealth.logs), self._log_unspent(wealth.spent))

    def path(self, wealth: Wealth, increments: Floats) -> tuple[Floats, Wealth]:
        """Return log E `[T]` after each of T looks, and the wealth after the last; `increments` are `[T, K]`.

        In closed form: W_t = exp(L_t) (W_0 + sum over j <= t of pi_j exp(-L_(j-1))), where L are the sums of the
        increments, so that no loop over the looks is needed. All of it in logarithms.
        """
        looks = len(increments)
        if not looks:
            return np.empty(0), wealth
        spent = np.minimum(wealth.spent + np.arange(looks + 1), self._spent_at_most(wealth))
        parts = np.where(np.diff(spent) > 0, self._log_part, -np.inf)
        sums = np.cumsum(increments, axis=0)
        stakes = np.vstack([np.array(wealth.logs), parts[:, None] - (sums - increments)])
        logs = sums + np.logaddexp.accumulate(stakes, axis=0)[1:]
        end = Wealth(tuple(logs[-1].tolist()), int(spent[-1]))
        return _log_sums(self._log_weights + logs, self._log_unspent_path(spent[1:])), end

    def _spent_at_most(self, wealth: Wealth) -> int:
        return max(self._onset.horizon_ticks if self._onset.late_mass else 0, wealth.spent)

    def _log_unspent(self, spent: int) -> float:
        return _log(self._onset.late_mass * (1 - spent / self._onset.horizon_ticks))

    def _log_unspent_path(self, spent: NDArray[np.int64]) -> Floats:
        with np.errstate(divide="ignore"):
            unspent: Floats = np.log(self._onset.late_mass * (1 - spent / self._onset.horizon_ticks))
        return unspent


def held(logs: Floats, moved: NDArray[np.bool_], before: float) -> Floats:
    """Return one log E a look `[T]`: the next of `logs` where the test `moved`, else the one before; first `before`."""
    steps: Floats = np.concatenate([[before], logs])[np.cumsum(moved)]
    return steps


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def _log_sum(logs: Floats, one_more: float) -> float:
    largest = max(float(logs.max()), one_more)
    return largest + math.log(float(np.exp(logs - largest).sum()) + math.exp(one_more - largest))


def _log_sums(logs: Floats, one_more: Floats) -> Floats:
    largest = np.maximum(logs.max(axis=1), one_more)
    total = np.exp(logs - largest[:, None]).sum(axis=1) + np.exp(one_more - largest)
    sums: Floats = largest + np.log(total)
    return sums
