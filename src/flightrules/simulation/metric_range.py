"""Series of a metric system, as a recording: counters become counts per span, everything else values of a metric.

`requests` and `bad` are cumulative counters of one version, as Prometheus keeps them; one that decreased was reset.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from flightrules.domain.counts import NO_LATENCY, increment
from flightrules.domain.errors import FlightError
from flightrules.domain.figures import duration
from flightrules.domain.verdict import CANDIDATE, STABLE, Counters
from flightrules.simulation.recording import Arm, Recording, Span

REQUESTS, BAD = "requests", "bad"

Series = Mapping[tuple[str, str], Mapping[float, float]]
"""By name and `candidate`, `stable` or `all`: values by moment (seconds since 1970)."""


class NothingRead(FlightError):
    """A range in which there is nothing to simulate with."""


def recording(series: Series, service: str, where: str) -> Recording:
    """Return what `series` say of `service`. Raises `NothingRead`."""
    moments = sorted({moment for values in series.values() for moment in values})
    if len(moments) < 2:
        raise NothingRead(f"{where} has values of {len(moments)} moments", "name another range, or look at the queries")
    spans = []
    for before, moment in pairwise(moments):
        counted: dict[Arm, Counters] = {}
        for role in (CANDIDATE, STABLE):
            earlier, later = _counters(series, role, before), _counters(series, role, moment)
            if later is not None:
                # A version that was not counted yet is counted from zero, one that fell silent goes on later.
                counted[service, role] = increment(earlier, later)
        spans.append(Span(moment - moments[0], counted, _values(series, service, moment)))
    alone = next((span.at for span in spans if span.counted.get((service, CANDIDATE), _NONE).requests), 0.0)
    told = (f"{where}: {len(moments)} moments over {duration(round(moments[-1] - moments[0]))}",)
    return Recording(tuple(spans), {}, max(0.0, alone - spans[0].at), told)


_NONE = Counters(0, 0, NO_LATENCY)


def _counters(series: Series, role: str, moment: float) -> Counters | None:
    requests = series.get((REQUESTS, role), {}).get(moment)
    if requests is None:
        return None
    return Counters(round(requests), round(series.get((BAD, role), {}).get(moment, 0.0)), NO_LATENCY)


def _values(series: Series, service: str, moment: float) -> dict[tuple[str, str, str], float]:
    return {
        (service, name, role): values[moment]
        for (name, role), values in series.items()
        if name not in (REQUESTS, BAD) and moment in values
    }
