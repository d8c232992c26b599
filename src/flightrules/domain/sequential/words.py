"""What a comparison has seen, in words: for the verdict, the live view and the report.

Pure: counts go in, sentences come out. Says nothing that the counts do not say; what follows from it is for others.
"""

from __future__ import annotations

import math

from flightrules.domain.counts import percentile
from flightrules.domain.figures import figure, plain
from flightrules.domain.plan import Unit
from flightrules.domain.sequential.comparison import Comparison, Concern, Total
from flightrules.domain.verdict import Histogram

PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
SMALLEST_SAID = 1e-6


def verdict(comparison: Comparison, candidate: Histogram | None = None, stable: Histogram | None = None) -> str:
    """Return what was seen, led by what speaks loudest against the candidate, and how likely chance is.

    The histograms are what both versions were counted to have taken since the comparison began; without them nothing
    is said about latency but that it was compared. For example: `candidate fails 2.1% of requests, stable 0.0967%
    (16 of 762 against 14 of 14,478); a healthy release would look this bad with probability below 0.0001`.
    """
    concern = comparison.against.concern if comparison.against else comparison.concern
    return f"{_seen(comparison, concern, candidate, stable)}; {chance(comparison.peak)}"


def _seen(comparison: Comparison, concern: Concern, candidate: Histogram | None, stable: Histogram | None) -> str:
    match concern:
        case Concern.ERRORS:
            return errors(comparison.candidate, comparison.stable)
        case Concern.ABSOLUTE:
            limit = comparison.absolute.settings.p_max if comparison.absolute else 1.0
            return errors_against(comparison.candidate, limit)
        case Concern.LATENCY:
            return latency(candidate, stable)


def errors(candidate: Total, stable: Total) -> str:
    """Return both error rates with the counts behind them."""
    if not candidate.requests or not stable.requests:
        silent = "stable" if candidate.requests else "candidate"
        return f"{silent} has had no requests, so there is nothing to compare"
    counts = f"{candidate.bad:,} of {candidate.requests:,} against {stable.bad:,} of {stable.requests:,}"
    return f"candidate fails {_rate(candidate)} of requests, stable {_rate(stable)} ({counts})"


def errors_against(candidate: Total, limit: float) -> str:
    """Return the candidate's error rate beside `limit` (0 to 1), the most that the plan allows."""
    if not candidate.requests:
        return "candidate has had no requests, so there is nothing to compare"
    counts = f"{candidate.bad:,} of {candidate.requests:,}"
    more = "more than the" if candidate.bad > limit * candidate.requests else "where the plan allows"
    allowed = figure(100 * limit, Unit.PERCENT)
    return f"candidate fails {_rate(candidate)} of requests ({counts}), {more} {allowed}" + (
        " that the plan allows" if more == "more than the" else ""
    )


def latency(candidate: Histogram | None, stable: Histogram | None) -> str:
    """Return the percentile in which the candidate is slowest beside stable, with the requests behind it."""
    slowest = candidate and stable and _slowest(candidate, stable)
    if not candidate or not stable or not slowest:
        return "candidate's latencies differ from those of stable"
    name, slow, fast = slowest
    counts = f"{sum(candidate.counts):,} requests against {sum(stable.counts):,}"
    return f"candidate's {name} is {_seconds(slow)}, stable's {_seconds(fast)} ({counts})"


def _slowest(candidate: Histogram, stable: Histogram) -> tuple[str, float, float] | None:
    both = [(name, percentile(candidate, part), percentile(stable, part)) for name, part in PERCENTILES.items()]
    known = [(name, slow, fast) for name, slow, fast in both if slow is not None and fast]
    return max(known, key=lambda each: each[1] / each[2], default=None)


def chance(peak: float) -> str:
    """Return how likely it is that a healthy release ever looks this bad; `peak` is the largest log E.

    P(E ever reaches x) <= 1 / x (Ville 1939): rounded up to a power of ten.
    """
    if peak < math.log(10):
        return "a healthy release may well look like this"
    bound = max(SMALLEST_SAID, 10.0 ** math.ceil(-peak / math.log(10) - 1e-12))
    return f"a healthy release would look this bad with probability below {plain(bound)}"


def _rate(total: Total) -> str:
    return figure(float(f"{100 * total.bad / total.requests:.2g}"), Unit.PERCENT)


def _seconds(seconds: float) -> str:
    return figure(float(f"{seconds:.3g}"), Unit.SECONDS)
