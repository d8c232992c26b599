"""The terms of the comparison of candidate and stable, as a plan agrees on them, and what holds where it is silent.

Chances and rates are numbers from 0 to 1 here, times are seconds. How the comparison is kept is `comparing`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Underpowered(StrEnum):
    """What follows when a hold is over and its traffic was too little to certify the candidate."""

    GO_ON = "go on"
    EXTEND = "extend"
    ASK = "ask"


@dataclass(frozen=True)
class WhenUnderpowered:
    """What follows then; `up_to` is for how many watched seconds at most a hold is extended."""

    do: Underpowered = Underpowered.GO_ON
    up_to: float = 0.0


@dataclass(frozen=True)
class Terms:
    """How candidate and stable are compared while both have traffic.

    `false_alarm` is the chance that a healthy release is ever called back by it: spent once, over all services
    and stages. `tolerance` is by what part more the candidate may fail and is still called equal. `limit` is the
    rate of errors that it may not exceed whatever stable does; None where the plan leaves that to its rules.
    `baseline` is for how many seconds stable is looked at alone before the first stage, at least; the time that
    building and starting the candidate takes is part of it.
    """

    false_alarm: float = 0.01
    tolerance: float = 0.1
    limit: float | None = None
    underpowered: WhenUnderpowered = WhenUnderpowered()
    baseline: float = 0.0


USUAL = Terms()
"""What holds where a plan says nothing."""


STABLE_ALONE_EVERY = 2.0
"""Seconds between two looks at stable alone: many short stretches say more of how failures cluster than a few long."""


@dataclass(frozen=True)
class NotCompared:
    """A plan that does without the comparison, and why."""

    because: str
