"""The charts of the HTML report: SVG without a script, drawn by matplotlib.

Colours are left to the page: each is drawn as a placeholder that becomes a variable of the style sheet, so that
the same chart reads well on a light and on a dark screen.
"""

from __future__ import annotations

import io
import logging
import math
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from flightrules.domain.figures import duration, figure
from flightrules.domain.plan import Unit
from flightrules.report.data import MetricLine, Point, ReportData, SplitStep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FAINT, CANDIDATE, STABLE, LIMIT, BAD = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
_VARIABLES = {
    INK: "var(--muted)", FAINT: "var(--line)", CANDIDATE: "var(--candidate)",
    STABLE: "var(--stable)", LIMIT: "var(--limit)", BAD: "var(--bad)",
}  # fmt: skip
_PARTS = {"stable": STABLE, "candidate": CANDIDATE, "all": CANDIDATE}
"""The candidate is drawn last, above the others."""

WIDTH, HEIGHT = 5.4, 2.1
"""Inches; the page scales it to its column, which is about as wide."""

_LETTERS = 62
"""How many letters of a stage's name would fill the width."""

_FAR = 3.0
"""A limit more than this many times above everything that was seen is named but not drawn: it would flatten all."""

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
          432_000, 604_800)  # fmt: skip


def split_chart(data: ReportData, service: str, candidate: str) -> str:
    """Return the traffic of `service` over time as SVG: what the candidate had, and what the others had."""
    drawn, axes = _canvas(data)
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
    return _svg(drawn)


def metric_chart(data: ReportData, metric: MetricLine) -> str:
    """Return one metric over time as SVG, a line for each version, with its limits and the moments of change."""
    drawn, axes = _canvas(data)
    for part, colour in _PARTS.items():
        _line(axes, metric.lines.get(part, ()), data.began, colour)
    top = _top(metric)
    for value in _drawn_limits(metric, top):
        axes.axhline(value, color=LIMIT, linewidth=1.1, linestyle=(0, (4, 3)))
        top = max(top, value)
    low, high = _range(metric, top)
    axes.set_ylim(low, high)
    _value_ticks(axes, metric.unit)
    return _svg(drawn)


def _canvas(data: ReportData) -> tuple[Figure, Axes]:
    # Matplotlib says that it builds its list of fonts, once on each machine; that is no news for our users.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = drawn.subplots()
    axes.patch.set_visible(False)
    drawn.patch.set_visible(False)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.tick_params(colors=INK, labelsize=9, length=0, pad=5)
    axes.grid(axis="y", color=FAINT, linewidth=0.7)
    axes.set_axisbelow(True)
    _time_ticks(axes, max(data.until - data.began, 1.0))
    _moments(axes, data)
    return drawn, axes


def _time_ticks(axes: Axes, span: float) -> None:
    step = next((step for step in _STEPS if span / step <= 6), math.ceil(span / 6))
    ticks = [step * index for index in range(int(span // step) + 1)]
    axes.set_xlim(0, span)
    axes.set_xticks(ticks, [duration(tick) for tick in ticks])


def _moments(axes: Axes, data: ReportData) -> None:
    """Mark where a stage began and where the way back did."""
    for stage in data.stages:
        axes.axvline(stage.started_at - data.began, color=FAINT, linewidth=1.0)
    if data.way_back is not None:
        axes.axvline(data.way_back.started_at - data.began, color=BAD, linewidth=1.2)


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


def _line(axes: Axes, points: Sequence[Point], began: float, colour: str) -> None:
    """Draw a line with a gap where nothing was known; a band shows what was merged into one point."""
    at = [point.at - began for point in points]
    nan = math.nan
    low, mean, high = (
        [nan if value is None else value for value in values]
        for values in zip(*((point.low, point.mean, point.high) for point in points), strict=True)
    ) if points else ([], [], [])  # fmt: skip
    axes.fill_between(at, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(at, mean, color=colour, linewidth=1.6, solid_joinstyle="round", solid_capstyle="round")
    alone = [index for index in range(len(points)) if _is_alone(points, index)]
    axes.plot([at[i] for i in alone], [mean[i] for i in alone], "o", color=colour, markersize=2.4)


def _is_alone(points: Sequence[Point], index: int) -> bool:
    """Say whether a value stands between two gaps, where no line would show it."""
    around = (points[other].mean for other in (index - 1, index + 1) if 0 <= other < len(points))
    return points[index].mean is not None and all(value is None for value in around)


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


def _value_ticks(axes: Axes, unit: Unit) -> None:
    """Put a few round values on the axis; bytes are round where they are whole kibi-, mebi- or gibibytes."""
    from matplotlib.ticker import MaxNLocator

    low, high = axes.get_ylim()
    one = float(1024 ** int(math.log(high, 1024))) if unit is Unit.BYTES and high > 1 else 1.0
    ticks = MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(low / one, high / one)
    shown = [tick * one for tick in ticks if low <= tick * one <= high]
    axes.set_yticks(shown, [figure(tick, unit) for tick in shown])


def _svg(drawn: Figure) -> str:
    """Return the SVG element alone, with colours that the page decides and without names that could clash."""
    from matplotlib import rc_context

    file = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "flight"}), warnings.catch_warnings():
        # A letter that matplotlib's own font lacks: the browser draws it with another.
        warnings.simplefilter("ignore", UserWarning)
        drawn.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, variable)
    return text.strip()
