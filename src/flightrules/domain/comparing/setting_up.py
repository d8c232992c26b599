"""How a comparison is set up: from the terms of the plan and from what stable did alone.

Everything here is decided from what was seen before the looks that it is used for; so however little that was, or
however wrong, it costs the tests power and never their guarantee. Importing this loads numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flightrules.domain.comparing.agreed import Agreed
from flightrules.domain.sequential import buckets, overdispersion, slowdowns
from flightrules.domain.sequential.absolute_errors import AbsoluteErrorsSettings
from flightrules.domain.sequential.certification import Certification, CertificationSettings
from flightrules.domain.sequential.comparison import Comparison, ComparisonSettings
from flightrules.domain.sequential.latency import Latency, LatencySettings
from flightrules.domain.sequential.overdispersion import Overdispersion
from flightrules.domain.sequential.relative_errors import RelativeErrorsSettings
from flightrules.domain.sequential.wealth import BadSetting
from flightrules.domain.verdict import Counters, Histogram

ENOUGH_LATENCIES = 200
"""Requests of stable that it takes to know how fast it answers."""

LONGEST_MEMORY = 5000.0
"""Requests: what stable did alone counts for no more than so many, since its rate of errors may move."""

_PRIOR = RelativeErrorsSettings()
_UNKNOWN = LatencySettings((0.5, 0.5), ((0.4, 0.6),))
"""Holds the stake of the latency test until it is known how fast stable answers. It is never shown a request."""


def comparison(agreed: Agreed, alone: Counters, phi: float) -> Comparison:
    """Return the comparison before its first look; `alone` is what stable did before that."""
    rate, worth = _prior(alone)
    errors = RelativeErrorsSettings(agreed.terms.tolerance, phi, prior_rate=rate, prior_requests=worth)
    absolute = AbsoluteErrorsSettings(agreed.limit, phi) if agreed.limit is not None else None
    return Comparison.start(ComparisonSettings(errors, absolute, _UNKNOWN, agreed.false_alarm))


@dataclass(frozen=True)
class WithLatency:
    """A comparison whose test of latency has begun, and the bounds (seconds) of the buckets that it wants."""

    comparison: Comparison
    bounds: tuple[float, ...]


def with_latency(before: Comparison, baseline: Histogram, phi: float) -> WithLatency | None:
    """Begin the test of latency; None as long as too little is known of how fast stable answers (`baseline`).

    Until then that test has seen nothing and its E is 1, so it begins with the stake that it has had all the time.
    """
    if sum(baseline.counts) < ENOUGH_LATENCIES:
        return None
    try:
        bounds = buckets.bounds_for(baseline)
    except BadSetting:  # the router tells no latencies apart
        return None
    shares = slowdowns.baseline(Histogram(bounds, buckets.coarsened(baseline, bounds)))
    latency = LatencySettings(shares, slowdowns.slowdowns(bounds, shares), overdispersion=phi)
    settings = replace(before.settings, latency=latency)
    return WithLatency(replace(before, settings=settings, latency=Latency.start(latency)), bounds)


def certification(known: Counters, phi: float) -> Certification:
    """Return the certification of a hold before its first look; `known` is what stable did until then."""
    rate, worth = _prior(known)
    return Certification.start(CertificationSettings(overdispersion=phi, prior_rate=rate, prior_requests=worth))


def with_overdispersion(before: Comparison, phi: float) -> Comparison:
    """Return the comparison with its evidence divided by `phi` from the next look on."""
    old = before.settings
    errors = replace(old.errors, overdispersion=phi)
    absolute = old.absolute and replace(old.absolute, overdispersion=phi)
    latency = old.latency and replace(old.latency, overdispersion=phi)
    return replace(
        before,
        settings=replace(old, errors=errors, absolute=absolute, latency=latency),
        errors=replace(before.errors, settings=errors),
        absolute=replace(before.absolute, settings=absolute) if before.absolute and absolute else None,
        latency=replace(before.latency, settings=latency) if before.latency and latency else None,
    )


def recertified(before: Certification, phi: float) -> Certification:
    """Return the certification with its evidence divided by `phi` from the next look on."""
    return replace(before, settings=replace(before.settings, overdispersion=phi))


def clusters(stable: Sequence[tuple[int, int]]) -> Overdispersion:
    """Return how much stable's errors cluster; `stable` has its requests and bad answers at each look."""
    return overdispersion.between_looks([requests for requests, _ in stable], [bad for _, bad in stable])


def _prior(known: Counters) -> tuple[float, float]:
    """Return stable's rate of errors as far as it is known, and how many requests that is worth."""
    worth = _PRIOR.prior_requests + known.requests
    return (_PRIOR.prior_rate * _PRIOR.prior_requests + known.bad) / worth, min(worth, LONGEST_MEMORY)
