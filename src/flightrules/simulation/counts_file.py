"""Counts per look from a file, CSV or JSON Lines, as a recording; docs/reference/counts-file.md has the columns.

Every line is one version, and what it did since the time before. What cannot be true is refused with its line: a
simulation on wrong counts would answer wrongly and not say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from flightrules.domain.figures import duration
from flightrules.domain.plan import Plan
from flightrules.domain.verdict import CANDIDATE, Counters
from flightrules.simulation.counts_lines import BadCountsFile, Line, csv_lines, json_lines
from flightrules.simulation.recording import Recording, Span

PERCENTILES = ("p50", "p95", "p99")


@dataclass(frozen=True)
class _Known:
    """What lines may name: the services of the plan, and metrics with the unit of their values."""

    services: Sequence[str]
    metrics: Sequence[str]


def recording(text: str, file: str, plan: Plan) -> Recording:
    """Return what `text`, the content of `file`, says. Raises `BadCountsFile`."""
    lines = list(json_lines(text, file) if text.lstrip().startswith("{") else csv_lines(text, file))
    own = [metric.name for metric in plan.metrics if metric.source != "router"]
    known = _Known([service.name for service in plan.services], [*PERCENTILES, *own])
    moments = [list(group) for _, group in groupby(lines, key=lambda line: line.time())]
    if len(moments) < 2:
        raise BadCountsFile(
            f"{file}: there are counts of {len(moments)} moments", "write two or more, in order of time"
        )
    _in_order(moments)
    times = [group[0].time() for group in moments]
    begins = times[0] - (times[1] - times[0])  # how long the first look took is not said: as long as the second
    spans = tuple(_span(at - begins, group, known) for at, group in zip(times, moments, strict=True))
    alone = next((span.at for span in spans if any(role == CANDIDATE for _, role in span.counted)), spans[0].at)
    told = (f"{file}: {len(lines)} lines over {duration(round(spans[-1].at))}",)
    return Recording(spans, {}, max(0.0, alone - spans[0].at), told)


def _in_order(moments: Sequence[Sequence[Line]]) -> None:
    for before, after in pairwise(moments):
        if after[0].time() <= before[0].time():
            raise after[0].wrong("this time is not after the one before it", "sort the lines by time")


def _span(at: float, lines: Sequence[Line], known: _Known) -> Span:
    counted: dict[tuple[str, str], Counters] = {}
    values: dict[tuple[str, str, str], float] = {}
    shares: set[float] = set()
    for line in lines:
        service, role = line.service(known.services), line.role()
        increment, read = line.counted(), line.values(known.metrics)
        if increment is None and not read:
            raise line.wrong("this line says nothing of its version", "write `requests` and `bad`, or a metric")
        if (service, role) in counted or any((service, metric, role) in values for metric in read):
            raise line.wrong(f"there are two lines of {role} at this time", "keep one of them")
        if increment is not None:
            counted[service, role] = increment
        values |= {(service, metric, role): value for metric, value in read.items()}
        shares |= {share for share in (line.share(),) if share is not None}
    if len(shares) > 1:
        raise lines[-1].wrong("the lines of this time name several shares", "write the candidate's share, once")
    return Span(at, counted, values, shares.pop() if shares else None)
