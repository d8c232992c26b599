"""What every chart of the report is drawn on: an SVG without a script, by matplotlib, over the time of the release.

Colours are left to the page: each is drawn as a placeholder that becomes a variable of the style sheet, so that
the same chart reads well on a light and on a dark screen.
"""

from __future__ import annotations

import io
import logging
import math
import re
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flightrules.domain.figures import duration, figure
from flightrules.domain.plan import Unit
from flightrules.report.data import Point, ReportData

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FAINT, CANDIDATE, STABLE, LIMIT, BAD = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
_VARIABLES = {
    INK: "var(--muted)", FAINT: "var(--line)", CANDIDATE: "var(--candidate)",
    STABLE: "var(--stable)", LIMIT: "var(--limit)", BAD: "var(--bad)",
}  # fmt: skip
WIDTH, HEIGHT = 5.4, 2.1
"""Inches; the page scales it to its column, which is about as wide."""

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
          432_000, 604_800)  # fmt: skip


def over_time(data: ReportData) -> tuple[Figure, Axes]:
    """Return a canvas with the time of the release from left to right, and the moments of change marked."""
    drawn, axes = bare()
    _time_ticks(axes, max(data.until - data.began, 1.0))
    _moments(axes, data)
    return drawn, axes


def bare() -> tuple[Figure, Axes]:
    """Return a canvas of the usual size and look."""
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


def line(axes: Axes, points: Sequence[Point], began: float, colour: str) -> None:
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


def value_ticks(axes: Axes, unit: Unit) -> None:
    """Put a few round values on the axis; bytes are round where they are whole kibi-, mebi- or gibibytes."""
    from matplotlib.ticker import MaxNLocator

    low, high = axes.get_ylim()
    one = float(1024 ** int(math.log(high, 1024))) if unit is Unit.BYTES and high > 1 else 1.0
    ticks = MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(low / one, high / one)
    shown = [tick * one for tick in ticks if low <= tick * one <= high]
    axes.set_yticks(shown, [figure(tick, unit) for tick in shown])


def svg(drawn: Figure) -> str:
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
