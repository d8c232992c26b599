"""What the comparison will be able to see in each hold of a plan, at the usual traffic of a service.

Importing this loads numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flightrules.domain.comparing import setting_up
from flightrules.domain.comparing.agreed import Agreed
from flightrules.domain.comparing.limit import absolute_limit
from flightrules.domain.counts import NO_LATENCY, ZERO
from flightrules.domain.plan import Plan, Stage
from flightrules.domain.sequential.comparison import ComparisonSettings
from flightrules.domain.sequential.overdispersion import CAUTIOUS, FEWEST_BAD, FEWEST_PAIRS
from flightrules.domain.sequential.power import Hold, smallest_error_rate, smallest_slowdowns
from flightrules.domain.terms import Terms
from flightrules.domain.traffic import WHOLE
from flightrules.domain.verdict import Counters, Histogram

SLOWEST = 0.02
"""What is called the tail: the slowest requests, as a part of all."""

_ENDLESS = 10**9
"""Requests that stand for a rate that is known well."""


@dataclass(frozen=True)
class Usual:
    """The usual traffic of a service: requests a second, the part of them that fails, how long they take."""

    requests_per_second: float
    error_rate: float
    latency: Histogram = NO_LATENCY


@dataclass(frozen=True)
class Foresight:
    """What the hold of one stage will see of a candidate, each with a chance of 80 %.

    It has `requests`. From `error_rate` (0 to 1) on, failures are detected: None where not even total failure is.
    `tail` is the factor by which its slowest 2 % must be slower, `whole` that for all of its requests; None where no
    slowness is detected, or none is compared. `compared` is whether stable has any traffic beside it, `limited` whether
    the plan has a rate of errors that the candidate may not exceed anyway.
    """

    stage: str
    requests: int
    compared: bool
    limited: bool
    error_rate: float | None
    tail: float | None
    whole: float | None


def foresee(plan: Plan, terms: Terms, usual: Usual) -> tuple[Foresight, ...]:
    """Return what each hold of `plan` will see."""
    return tuple(_of_stage(plan, terms, usual, stage) for stage in plan.stages)


def _of_stage(plan: Plan, terms: Terms, usual: Usual, stage: Stage) -> Foresight:
    share = stage.share.basis_points / WHOLE
    hold = Hold(stage.hold, usual.requests_per_second, share, usual.error_rate)
    settings, bounds = _settings(plan, terms, usual, _overdispersion(hold, stage))
    found = smallest_error_rate(settings, hold)
    slower = smallest_slowdowns(settings, bounds, hold, (SLOWEST, 1.0)) if bounds else {}
    compared = stage.share.basis_points < WHOLE
    rate = found.error_rate if found else None
    return Foresight(
        stage.name, int(hold.candidate_requests), compared, settings.absolute is not None, rate,
        slower.get(SLOWEST), slower.get(1.0),
    )  # fmt: skip


def _overdispersion(hold: Hold, stage: Stage) -> float:
    """Return by what the evidence will be divided: out of caution, unless half of the hold tells how errors cluster."""
    errors = hold.error_rate * (hold.requests - hold.candidate_requests) / 2
    looks = stage.hold / stage.looks.every(0.0) / 2
    return 1.0 if errors >= FEWEST_BAD and looks >= 2 * FEWEST_PAIRS else CAUTIOUS


def _settings(plan: Plan, terms: Terms, usual: Usual, phi: float) -> tuple[ComparisonSettings, Sequence[float]]:
    """Return how the comparison will be set up once stable is known, and the bounds of its latency buckets."""
    agreed = Agreed(terms, absolute_limit(plan, terms), terms.false_alarm / len(plan.services))
    known = Counters(_ENDLESS, round(_ENDLESS * usual.error_rate), NO_LATENCY) if usual.error_rate else ZERO
    begun = setting_up.comparison(agreed, known, phi)
    with_latency = setting_up.with_latency(begun, usual.latency, phi)
    return (begun.settings, ()) if with_latency is None else (with_latency.comparison.settings, with_latency.bounds)
