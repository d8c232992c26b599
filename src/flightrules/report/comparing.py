"""What the comparison of candidate and stable came to, from what was stored at each look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from flightrules.report.data import ComparisonLine, Point
from flightrules.report.thinning import Sampled, Thinned
from flightrules.state.increments import Increment
from flightrules.views.comparing import Comparisons
from flightrules.views.model import ComparisonView, RateView


@dataclass
class _Lines:
    evidence: Thinned = field(default_factory=Thinned)
    candidate: Sampled = field(default_factory=Sampled)
    stable: Sampled = field(default_factory=Sampled)


def compared(increments: Iterable[Increment], comparisons: Comparisons) -> tuple[ComparisonLine, ...]:
    """Return the comparison of every service whose candidate had a request.

    `comparisons` has been shown the looks already.
    """
    lines: dict[str, _Lines] = {}
    for increment in increments:
        comparisons.add(increment)
        rates = comparisons.rates(increment.service)
        if rates is not None:
            mine = lines.setdefault(increment.service, _Lines())
            mine.evidence.add(increment.at, increment.evidence.get("log_e"))
            mine.candidate.add(_point(increment.at, rates[0]))
            mine.stable.add(_point(increment.at, rates[1]))
    return tuple(_line(view, lines[view.service]) for view in comparisons.views())


def _line(view: ComparisonView, lines: _Lines) -> ComparisonLine:
    errors = {"candidate": lines.candidate.points(), "stable": lines.stable.points()}
    return ComparisonLine(view, lines.evidence.points(), errors)


def _point(at: float, rate: RateView) -> Point:
    mean = 100 * rate.bad / rate.requests if rate.requests else None
    return Point(at, None if mean is None else rate.low, mean, None if mean is None else rate.high)
