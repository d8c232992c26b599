"""Candidate against stable: what each failed, how the evidence came to where it is, how fast each answers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.text import Text

from flightrules.cli.clean import clean
from flightrules.cli.drawing import style
from flightrules.cli.drawing.rows import rows
from flightrules.cli.drawing.style import Marks
from flightrules.domain.comparing.wording import roughly
from flightrules.domain.figures import duration, plain
from flightrules.views.model import ComparisonView, LatencyView, RateView, ReleaseView, ServiceView

MARGIN = 11
COURSE, BUCKETS = 24, 14
"""Columns of the course of the evidence, and of a histogram."""

ALARMING = 0.6
"""The part of the way to its limit from which on the evidence is drawn as near it."""


def comparison(view: ReleaseView, marks: Marks, width: int) -> list[Text]:
    """Return the lines of every comparison; none before the candidate had a request."""
    lines: list[Text] = []
    for each in view.comparisons:
        service = next(service for service in view.services if service.name == each.service)
        head = each.service if len(view.services) > 1 else "compared"
        lines += _under(head, _errors(each, service, marks, width))
        lines += _under("evidence", rows(_evidence(each, service, view, marks), f" {marks.dot} ", width - MARGIN))
        if each.latency is not None:
            lines += _under("latency", rows(_latency(each.latency, service, marks), "  ", width - MARGIN))
    return lines


def _under(head: str, parts: Sequence[Text]) -> Iterator[Text]:
    for number, part in enumerate(parts):
        yield Text.assemble((f"{clean(head) if number == 0 else '':<{MARGIN}}", style.QUIET), part)


def _errors(each: ComparisonView, service: ServiceView, marks: Marks, width: int) -> list[Text]:
    mine = Text(f"{clean(service.candidate)} {_failed(each.candidate)}", style.CANDIDATE)
    other = Text(f"{clean(service.stable or '')} {_failed(each.stable)}", style.STABLE)
    return rows((mine, other), f" {marks.dot} ", width - MARGIN)


def _failed(rate: RateView) -> str:
    return f"{rate.bad:,} of {rate.requests:,} failed ({_short(rate.low)}% to {_short(rate.high)}%)"


def _short(percent: float) -> str:
    return plain(float(f"{percent:.2g}"))


def _evidence(each: ComparisonView, service: ServiceView, view: ReleaseView, marks: Marks) -> Iterator[Text]:
    reached = each.log_e / each.limit if each.limit else 0.0
    colour = "bold red" if reached >= 1 else "yellow" if reached >= ALARMING else "green"
    yield Text(_line(_thin(each.course), each.limit, marks), colour)
    yield Text(f"{each.log_e:.1f}; at {each.limit:.1f} it is called back", colour)
    if each.certified:
        yield Text(f"certified: fails less than twice as often as {clean(service.stable or '')}", "green")
    elif each.needed and view.outcome is None and not view.goes_back:
        # The rarer stable fails, the more it takes: without that a number that grows looks like a broken countdown.
        so_far = f"as rarely as {clean(service.stable or '')} fails so far"
        yield Text(f"{so_far}, about {roughly(each.needed)} more requests would certify it", style.QUIET)


def _thin(course: Sequence[float]) -> list[float]:
    """Return the course in `COURSE` parts at most, the highest of each."""
    size = math.ceil(len(course) / COURSE)
    return [max(course[start : start + size]) for start in range(0, len(course), size)]


def _line(values: Sequence[float], top: float, marks: Marks) -> str:
    """Draw values from 0 to `top` as a row of bars; what is lower or higher is drawn as the lowest or highest."""
    levels = marks.levels
    parts = (min(max(value / top, 0.0), 1.0) if top > 0 else 0.0 for value in values)
    return "".join(levels[round(part * (len(levels) - 1))] for part in parts)


def _latency(latency: LatencyView, service: ServiceView, marks: Marks) -> Iterator[Text]:
    first, last = _span(latency)
    groups = _groups(first, last)
    for name, counts, colour in (
        (service.candidate, latency.candidate, style.CANDIDATE),
        (service.stable or "", latency.stable, style.STABLE),
    ):
        bars = [sum(counts[start:end]) for start, end in groups]
        yield Text(f"{clean(name)} {_line([math.sqrt(bar) for bar in bars], math.sqrt(max(*bars, 1)), marks)}", colour)
    yield Text(f"{_bound(latency, first - 1)} to {_bound(latency, last)}", style.QUIET)


def _span(latency: LatencyView) -> tuple[int, int]:
    """Return the first and the last bucket in which either version has a request."""
    used = [number for number, pair in enumerate(zip(latency.candidate, latency.stable, strict=True)) if any(pair)]
    return used[0], used[-1]


def _groups(first: int, last: int) -> list[tuple[int, int]]:
    """Return neighbouring buckets, as many together as it takes for all to fit."""
    size = math.ceil((last - first + 1) / BUCKETS)
    return [(start, min(start + size, last + 1)) for start in range(first, last + 1, size)] or [(first, last + 1)]


def _bound(latency: LatencyView, bucket: int) -> str:
    if bucket < 0:
        return "0s"
    return duration(float(f"{latency.bounds[bucket]:.2g}")) if bucket < len(latency.bounds) else "more"
