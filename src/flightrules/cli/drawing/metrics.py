"""The metrics of the last look, candidate beside stable, against the limits that stand on them."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from flightrules.cli.clean import clean
from flightrules.cli.drawing import style
from flightrules.cli.drawing.style import Marks
from flightrules.domain.figures import duration, figure
from flightrules.domain.plan import Unit
from flightrules.views.model import LimitView, MetricView, Nearness, ReleaseView

VERBS = {"pass": "to pass", "roll back": "rolls back", "pause": "pauses", "warn": "warns", "shut down": "shuts down"}
WORST_FIRST = (Nearness.OVER, Nearness.NEAR, Nearness.MISSING, Nearness.OK)
ROOM_FOR_ALL = 90
"""Columns from which on all limits of a metric are shown."""

STEADY = 9
"""Columns of a value at least, so that the table does not jump while it is watched."""

ALWAYS = ("request_rate",)
"""Shown without a limit too: whether there is traffic at all is what every other figure rests on."""


def metrics(view: ReleaseView, marks: Marks, width: int) -> Table | None:
    """Return the table; None before the first look. Metrics without a limit are left out, but for the traffic.

    Where `width` has no room for all limits of a metric, the one that matters most is shown.
    """
    shown = [metric for metric in view.metrics if metric.limits or metric.name in ALWAYS]
    if not shown:
        return None
    table = _columns()
    service = view.services[0]
    names = (service.candidate, service.stable or "")
    table.add_row("", *(Text(clean(name)[:12], style.QUIET) for name in names), "", Text("limits", style.QUIET))
    for metric in shown:
        table.add_row(_name(metric, view), *_values(metric), _state(metric), _limits(metric, marks, width))
    return table


def _columns() -> Table:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(no_wrap=True)
    for _ in range(2):
        table.add_column(no_wrap=True, justify="right", min_width=STEADY)
    table.add_column(no_wrap=True, min_width=len("no data"))
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    return table


def _name(metric: MetricView, view: ReleaseView) -> Text:
    several = len(view.services) > 1
    return Text(clean(f"{metric.service} {metric.name}" if several else metric.name))


def _values(metric: MetricView) -> tuple[Text, Text]:
    unit = Unit(metric.unit)
    mine = Text("?" if metric.candidate is None else figure(_short(metric.candidate), unit))
    if metric.candidate is not None:
        mine.stylize(style.NEARNESS[metric.nearness])
    stable = "" if metric.stable is None else figure(_short(metric.stable), unit)
    return mine, Text(stable, style.QUIET)


def _short(value: float) -> float:
    """Round to three digits that count: more of them only flicker."""
    return float(f"{value:.3g}") if abs(value) < 1000 else round(value)


def _state(metric: MetricView) -> Text:
    if not metric.limits:
        return Text("")
    unknown = "no data" if metric.candidate is None else "unknown"
    word = unknown if metric.nearness is Nearness.MISSING else str(metric.nearness)
    counting = [limit for limit in metric.limits if limit.nearness is Nearness.OVER and limit.lasting]
    if counting:
        worst = max(counting, key=lambda limit: limit.lasted / limit.lasting)
        word += f" {duration(round(worst.lasted))}/{duration(worst.lasting)}"
    return Text(word, style.NEARNESS[metric.nearness])


def _limits(metric: MetricView, marks: Marks, width: int) -> Text:
    if metric.candidate is None and metric.why:
        return Text(clean(metric.why), style.QUIET)
    worst_first = sorted(metric.limits, key=lambda limit: WORST_FIRST.index(limit.nearness))
    shown = worst_first if width >= ROOM_FOR_ALL else worst_first[:1]
    return Text(f" {marks.dot} ").join(_limit(limit) for limit in shown)


def _limit(limit: LimitView) -> Text:
    verb = VERBS.get(limit.then) or limit.then.replace("step back", "steps back").replace("page", "pages")
    over = limit.nearness is Nearness.OVER
    return Text(clean(f"{limit.text} {verb}"), style.NEARNESS[limit.nearness] if over else style.QUIET)
