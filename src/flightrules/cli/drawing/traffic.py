"""The split of each service as a bar: which version has how much of the traffic now; and what takes no writes."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from flightrules.cli.clean import clean
from flightrules.cli.drawing import style
from flightrules.cli.drawing.style import Marks
from flightrules.domain.figures import duration, plain
from flightrules.views.first_words import NOTHING
from flightrules.views.model import ReleaseView, ServiceView, ShareView

BAR = 24


def traffic(view: ReleaseView, marks: Marks) -> Table:
    """Return one row a service."""
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(no_wrap=True, overflow="ellipsis")
    for service in view.services:
        words = Text("nobody answers", "bold red") if view.outcome == "down" else _words(service, view)
        if view.driver is None and view.outcome is None:
            words.append("  as it was last confirmed", style.QUIET)
        table.add_row(Text(clean(service.name), "bold"), _bar(service, marks), words)
    for each in view.writes_stopped:
        stopped = Text(f"takes no writes{_lasting(each.since, view)}", "bold red")
        table.add_row(Text(clean(each.database), "bold"), Text(marks.light * BAR, style.QUIET), stopped)
    return table


def _lasting(since: float | None, view: ReleaseView) -> str:
    """Return since when something is so and for how long already, as long as the release goes on."""
    if since is None or view.outcome is not None:
        return ""
    now = view.started_at + view.elapsed
    return f" since {style.moment(since, now)}, for {duration(max(0, round(now - since)))}"


def _bar(service: ServiceView, marks: Marks) -> Text:
    if service.closed or not service.split:
        return Text(marks.light * BAR, style.QUIET)
    mine = sum(share.percent for share in service.split if share.version == service.candidate)
    # A share that is not zero is always seen, and one that is not all never hides the rest.
    cells = min(max(round(mine * BAR / 100), 1 if mine else 0), BAR - 1 if mine < 100 else BAR)
    return Text.assemble((marks.full * cells, style.CANDIDATE), (marks.stable * (BAR - cells), style.STABLE))


def _words(service: ServiceView, view: ReleaseView) -> Text:
    if service.closed:
        return Text(f"users see the plan's page{_lasting(service.closed_since, view)}", "bold red")
    if not service.split:
        return Text(_unmoved(service, view), style.QUIET)
    parts = [_share(share, service) for share in service.split]
    return Text("  ").join(parts)


def _unmoved(service: ServiceView, view: ReleaseView) -> str:
    if view.outcome is None:
        return "no traffic was moved yet"
    return "no traffic was moved" if service.stable else NOTHING


def _share(share: ShareView, service: ServiceView) -> Text:
    colour = style.CANDIDATE if share.version == service.candidate else style.STABLE
    return Text(f"{clean(share.version)} {plain(share.percent)}%", colour if share.percent else style.QUIET)
