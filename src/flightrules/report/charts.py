"""The charts of the traffic and of the metrics, as SVG for the HTML report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from flightrules.domain.plan import Unit
from flightrules.report.canvas import BAD, CANDIDATE, INK, LIMIT, STABLE, line, over_time, svg, value_ticks
from flightrules.report.data import MetricLine, ReportData, SplitStep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PARTS = {"stable": STABLE, "candidate": CANDIDATE, "all": CANDIDATE}
"""The candidate is drawn last, above the others."""

_LETTERS = 62
"""How many letters of a stage's name would fill the width."""

_FAR = 3.0
"""A limit more than this many times above everything that was seen is named but not drawn: it would flatten all."""


def split_chart(data: ReportData, service: str, candidate: str) -> str:
    """Return the traffic of `service` over time as SVG: what the candidate had, and what the others had."""
    drawn, axes = over_time(data)
    steps = data.splits[service]
    at = [step.at - data.began for step in steps] + [data.until - data.began]
    ours = _held([step.shares.get(candidate, 0.0) for step in steps])
    served = _held([sum(step.shares.values()) for step in steps])
    axes.fill_between(at, ours, served, step="post", color=STABLE, alpha=0.35, linewidth=0)
    axes.fill_between(at, 0, ours, step="post", color=CANDIDATE, alpha=0.75, linewidth=0)
    _mark_the_page(axes, steps, at)
    _name_the_stages(axes, data)
    axes.set_ylim(0, 100)
    axes.set_yticks([0, 50, 100], ["0%", "50%", "100%"])
    return svg(drawn)


def metric_chart(data: ReportData, metric: MetricLine) -> str:
    """Return one metric over time as SVG, a line for each version, with its limits and the moments of change."""
    drawn, axes = over_time(data)
    for part, colour in _PARTS.items():
        line(axes, metric.lines.get(part, ()), data.began, colour)
    top = _top(metric)
    for value in _drawn_limits(metric, top):
        axes.axhline(value, color=LIMIT, linewidth=1.1, linestyle=(0, (4, 3)))
        top = max(top, value)
    low, high = _range(metric, top)
    axes.set_ylim(low, high)
    value_ticks(axes, metric.unit)
    return svg(drawn)


def _name_the_stages(axes: Axes, data: ReportData) -> None:
    """Write the name of each stage where it began, if there is room for it before the next one."""
    starts = [stage.started_at for stage in data.stages]
    for stage, start, end in zip(data.stages, starts, [*starts[1:], data.until], strict=False):
        room = int(_LETTERS * (end - start) / max(data.until - data.began, 1.0))
        if len(stage.name) <= room:
            at = (start - data.began, 95)
            axes.annotate(
                stage.name, at, xytext=(4, 0), textcoords="offset points", va="top", color=INK, fontsize=8.5,
                parse_math=False,
            )  # fmt: skip


def _mark_the_page(axes: Axes, steps: Sequence[SplitStep], at: Sequence[float]) -> None:
    for step, start, end in zip(steps, at, at[1:], strict=False):
        if step.closed:
            axes.axvspan(start, end, color=BAD, alpha=0.15, linewidth=0)


def _held(values: list[float]) -> list[float]:
    """Return the values with the last one once more: it holds until the end of the chart."""
    return [*values, *values[-1:]]


def _values(metric: MetricLine) -> Iterator[float]:
    for points in metric.lines.values():
        yield from (value for point in points for value in (point.low, point.high) if value is not None)


def _top(metric: MetricLine) -> float:
    return max(_values(metric), default=0.0)


def _drawn_limits(metric: MetricLine, top: float) -> list[float]:
    limits = {limit.value for limit in metric.limits if limit.value is not None}
    return sorted(value for value in limits if top == 0.0 or value <= _FAR * top)


def _range(metric: MetricLine, top: float) -> tuple[float, float]:
    """Return what the vertical axis covers: from a little below zero, so that a line at zero can be seen.

    What moves far away from zero (memory, availability) is shown by itself; times and rates never are, since
    that would blow up what is nothing.
    """
    bottom = min(_values(metric), default=0.0)
    if top <= 0 and bottom >= 0:
        return -0.03, 1.0
    if bottom > 0.6 * top and metric.unit not in (Unit.SECONDS, Unit.PER_SECOND):
        margin = max(top - bottom, 0.02 * top) * 0.4
        return bottom - margin, top + margin
    return min(0.0, bottom) - 0.03 * top, top * 1.12
