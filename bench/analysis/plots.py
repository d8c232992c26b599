"""Draws the results as pictures of the documentation: SVG with text as text, the same bytes for the same results."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.analysis.bound import ALPHA, wald_seconds
from bench.analysis.experiments import ORACLE, OURS, PEERS, TOLERANCE, Results
from bench.analysis.measuring import Decisions
from bench.analysis.peers import argo, flagger, kayenta
from bench.analysis.targets import FAIR
from bench.analysis.traffic import TICK, TICKS, Cell, Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FOLDER = Path(__file__).parents[2] / "docs" / "images"
COLOURS = {OURS: "#0b6e4f", argo.NAME: "#d1495b", flagger.NAME: "#e08e2b", kayenta.NAME: "#5b5ea6", ORACLE: "#888888"}
HOLD = TICK * TICKS
NEVER = 1.6 * HOLD
"""Where a judge is drawn that does not detect within the hold."""

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "flight", "font.size": 9, "figure.facecolor": "white",
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#e6e6e6",
    "axes.axisbelow": True, "axes.titlesize": 9,
}  # fmt: skip


def draw(results: Results, log_e: Mapping[str, Floats], folder: Path = FOLDER) -> None:
    """Draw all pictures into `folder`. `log_e` is the logarithm of E after each look, by what it is the run of."""
    _keep(folder / "analysis-time-to-detect.svg", lambda: time_to_detect(results))
    _keep(folder / "analysis-false-aborts.svg", lambda: false_aborts(results.healthy))
    _keep(folder / "analysis-log-e.svg", lambda: evidence(log_e))


def _keep(file: Path, picture: Callable[[], Figure]) -> None:
    from matplotlib import rc_context

    with rc_context(STYLE):
        file.parent.mkdir(parents=True, exist_ok=True)
        picture().savefig(file, metadata={"Date": None}, bbox_inches="tight")


def time_to_detect(results: Results) -> Figure:
    """Return the median time to detect against how much worse the candidate is, a panel for each of six services."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6.2))
    panels = figure.subplots(2, 3, sharex=True, sharey=True, gridspec_kw={"hspace": 0.35, "top": 0.86})
    for axes, cell in zip(panels.flat, _shown(results), strict=True):
        _delays(axes, cell, results)
    for axes in panels[1]:
        axes.set_xlabel("candidate fails … times as often")
    for axes in panels[:, 0]:
        axes.set_ylabel("median time to detect")
    handles, names = panels.flat[0].get_legend_handles_labels()
    legend = figure.legend(handles, names, loc="upper center", ncols=len(names), frameon=False)
    for handle in filter(None, legend.legend_handles):
        handle.set_alpha(1)  # what is faint in the first panel is not in all of them
    figure.text(0.5, 0.005, f"faint: this judge also aborts more than {100 * FAIR:g} % of the healthy releases of this"
                " service", ha="center", color="#555555")  # fmt: skip
    return figure


def _shown(results: Results) -> list[Cell]:
    cells = [each.cell for each in results.healthy if each.cell.share == 0.05]
    return sorted(cells, key=lambda cell: (cell.base, cell.rate))


def _delays(axes: Axes, cell: Cell, results: Results) -> None:
    effects = list(results.regressions)
    alarms = next(each for each in results.healthy if each.cell == cell)
    here = [next(each for each in results.regressions[times] if each.cell == cell) for times in effects]
    for judge in (*PEERS, ORACLE, OURS):
        seconds = [min(each.delay(judge), NEVER) for each in here]
        faint = judge in PEERS and alarms.aborted(judge) > FAIR
        axes.plot(effects, seconds, color=COLOURS[judge], marker="o", markersize=3.5, label=judge,
                  alpha=0.25 if faint else 1, linewidth=2.2 if judge == OURS else 1.2,
                  linestyle=":" if judge == ORACLE else "-")  # fmt: skip
    bound = [wald_seconds(cell, times, 1 + TOLERANCE) for times in effects]
    axes.plot(
        effects, [min(each, NEVER) for each in bound], color="black", linewidth=0.9, linestyle="--", label="Wald bound"
    )
    axes.set(xscale="log", yscale="log", ylim=(TICK / 1.5, 1.2 * NEVER), title=_title(cell))
    axes.set_xticks(effects, [f"{times:g}" for times in effects])
    axes.set_yticks([5, 30, 60, 300, 1800, NEVER], ["5 s", "30 s", "1 min", "5 min", "30 min", "never"])
    axes.minorticks_off()


def _title(cell: Cell) -> str:
    return f"{cell.rate:g} requests/s, {100 * cell.share:g} % share\nhealthy: {100 * cell.base:g} % fail"


def false_aborts(healthy: Sequence[Decisions]) -> Figure:
    """Return how many healthy releases each judge aborts, a row of bars for each service."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5.6))
    axes = figure.subplots()
    ordered = sorted(healthy, key=lambda each: (each.cell.base, each.cell.rate, each.cell.share))
    judges, place, height = [OURS, *PEERS], np.arange(len(ordered)), 0.2
    for row, judge in enumerate(judges):
        percent = [100 * each.aborted(judge) for each in ordered]
        bars = axes.barh(place + (row - 1.5) * height, percent, height, color=COLOURS[judge], label=judge)
        texts = [f"{each:.2g}" if 0 < each < 99.5 else "100" if each else "" for each in percent]
        axes.bar_label(bars, texts, padding=2, fontsize=6, color="#555555")
    axes.set_yticks(place, [str(each.cell) for each in ordered])
    axes.invert_yaxis()
    axes.set_xlabel("healthy releases aborted within an hour, in percent")
    axes.set_xlim(0, 108)
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.4, 1.09), ncols=4)
    return figure


def evidence(log_e: Mapping[str, Floats]) -> Figure:
    """Return log E over the hold, a line for each run, until the limit at which a candidate is called back."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2))
    axes = figure.subplots()
    limit = math.log(1 / ALPHA)
    for (name, run), colour in zip(log_e.items(), ("#0b6e4f", "#e08e2b", "#d1495b"), strict=False):
        shown = run[: _looks_until(run, limit)]
        minutes = np.arange(1, len(shown) + 1) * TICK / 60
        axes.plot(minutes, shown, color=colour, linewidth=1.4, label=name)
        if shown[-1] >= limit:
            axes.plot(minutes[-1:], shown[-1:], color=colour, marker="o")
    axes.axhline(limit, color="black", linewidth=0.9, linestyle="--")
    axes.text(60, limit + 0.1, "called back", ha="right", va="bottom")
    axes.set(xlim=(0, 60), ylim=(-2.5, limit + 3), xlabel="minutes of the hold", ylabel="log E")
    axes.legend(frameon=False, loc="upper left", ncols=3)
    return figure


def _looks_until(run: Floats, limit: float) -> int:
    crossed = np.flatnonzero(run >= limit)
    return int(crossed[0]) + 1 if len(crossed) else len(run)
