"""The charts of the comparison: the evidence over time, the errors with their intervals, both histograms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from flightrules.domain.figures import duration, plain
from flightrules.domain.plan import Unit
from flightrules.report.canvas import CANDIDATE, FAINT, LIMIT, STABLE, bare, line, over_time, svg, value_ticks
from flightrules.report.data import ComparisonLine, ReportData
from flightrules.views.model import LatencyView

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DECADES = (0.0001, 0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)


def evidence_chart(data: ReportData, compared: ComparisonLine) -> str:
    """Return log E over time as SVG, with the limit at which the release is called back."""
    drawn, axes = over_time(data)
    line(axes, compared.evidence, data.began, CANDIDATE)
    limit = compared.view.limit
    known = [value for point in compared.evidence for value in (point.low, point.high) if value is not None]
    low, high = min([0.0, *known]), max([limit, *known])
    axes.axhline(limit, color=LIMIT, linewidth=1.1, linestyle=(0, (4, 3)))
    axes.axhline(0.0, color=FAINT, linewidth=1.0)
    axes.set_ylim(low - 0.05 * (high - low), high + 0.12 * (high - low))
    value_ticks(axes, Unit.NUMBER)
    return svg(drawn)


def errors_chart(data: ReportData, compared: ComparisonLine) -> str:
    """Return the rates of errors up to each moment as SVG, with bands for their 95 % intervals."""
    drawn, axes = over_time(data)
    for part, colour in (("stable", STABLE), ("candidate", CANDIDATE)):
        line(axes, compared.errors.get(part, ()), data.began, colour)
    axes.set_ylim(0, 1.12 * max(_highest(compared), 1e-6))
    value_ticks(axes, Unit.PERCENT)
    return svg(drawn)


def _highest(compared: ComparisonLine) -> float:
    """Return what the axis must reach: the first few requests leave so much open that they would flatten all else."""
    settled = [points[len(points) // 8 :] for points in compared.errors.values()]
    return max((point.high or 0.0 for points in settled for point in points), default=0.0)


def latency_chart(latency: LatencyView) -> str:
    """Return both histograms as SVG: what part of the requests of each version took how long."""
    drawn, axes = bare()
    edges = _edges(latency)
    used = [number for number, pair in enumerate(zip(latency.candidate, latency.stable, strict=True)) if any(pair)]
    first, last = max(used[0] - 1, 0), min(used[-1] + 1, len(edges) - 2)
    for counts, colour in ((latency.stable, STABLE), (latency.candidate, CANDIDATE)):
        total = max(sum(counts), 1)
        shares = [100 * count / total for count in counts[first : last + 1]]
        axes.stairs(shares, edges[first : last + 2], color=colour, linewidth=1.6)
        axes.stairs(shares, edges[first : last + 2], color=colour, fill=True, alpha=0.15)
    axes.set_xlim(edges[first], edges[last + 1])
    axes.set_ylim(bottom=0)
    _time_ticks(axes, edges[first], edges[last + 1])
    value_ticks(axes, Unit.PERCENT)
    return svg(drawn)


def _edges(latency: LatencyView) -> list[float]:
    """Return the edges of the buckets as logarithms; the outermost two, which have no end, are as wide as others."""
    inner = [math.log10(bound) for bound in latency.bounds if bound > 0]
    width = inner[1] - inner[0] if len(inner) > 1 else 1.0
    return [inner[0] - width, *inner, inner[-1] + width]


def _time_ticks(axes: Axes, low: float, high: float) -> None:
    ticks = [decade * step for decade in _DECADES for step in (1, 2, 5)]
    shown = [tick for tick in ticks if low <= math.log10(tick) <= high]
    shown = [tick for tick in shown if tick in _DECADES] if len(shown) > 7 else shown
    axes.set_xticks([math.log10(tick) for tick in shown], [duration(float(plain(tick))) for tick in shown])
