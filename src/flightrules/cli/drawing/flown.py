"""A simulated release as a picture: its stages along the time, what happened, what was decided and what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Column, Table
from rich.text import Text

from flightrules.cli.clean import clean
from flightrules.cli.drawing import style
from flightrules.cli.drawing.style import Marks
from flightrules.domain.figures import duration, figure
from flightrules.domain.plan import Unit
from flightrules.domain.verdict import CANDIDATE
from flightrules.simulation.flown import End, Flown, Happening, Visited
from flightrules.simulation.forecast import Forecast
from flightrules.views.model import StageStatus

ENDS = {
    End.RELEASED: style.OUTCOMES["released"],
    End.ROLLED_BACK: style.OUTCOMES["rolled back"],
    End.SHUT_DOWN: style.OUTCOMES["closed"],
    End.WAITS: "bold black on yellow",
    End.UNDECIDED: "bold",
}
STATUSES = {"pass": StageStatus.PASSED, "fail": StageStatus.FAILED}
BAR = 32
RIGHT = (2, 5, 6)


@dataclass(frozen=True)
class Picture:
    """One simulated release; `said` are the lines that say what was simulated."""

    of: Flown
    said: tuple[str, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it, with the characters that the terminal has."""
        marks = style.PLAIN if options.ascii_only else style.UNICODE
        yield from (Text(line, style.QUIET) for line in self.said)
        yield Text()
        yield _stages(self.of, marks)
        yield Text()
        yield from _happenings(self.of, marks)
        yield from _decision(self.of)


@dataclass(frozen=True)
class ForecastPicture:
    """Many simulated releases: how they ended, how soon, at what cost."""

    of: Forecast
    said: tuple[str, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it, with the characters that the terminal has."""
        marks = style.PLAIN if options.ascii_only else style.UNICODE
        yield from (Text(line, style.QUIET) for line in self.said)
        yield Text()
        yield _ends(self.of, marks)
        yield Text()
        yield from (Text(f"  {line}") for line in forecast_words(self.of))


def _ends(of: Forecast, marks: Marks) -> Table:
    table = Table.grid(padding=(0, 2))
    for end in (end for end in End if of.ends.get(end)):
        bar = Text(marks.full * max(1, round(BAR * of.share(end))), style.QUIET)
        count = f"{of.ends[end]:,} of {of.runs:,}"
        table.add_row(Text(f" {end.upper()} ", ENDS[end]), f"{100 * of.share(end):.3g}%", bar, Text(count, style.QUIET))
    return table


def forecast_words(of: Forecast) -> Iterator[str]:
    """Yield in words what decided, how soon, and what it cost."""
    for by, count in sorted(of.decided_by.items(), key=lambda each: (-each[1], each[0])):
        yield f"called back by {clean(by)}: {count:,}"
    if of.detected is not None:
        yield (
            f"decided {duration(round(of.detected.median))} after it began to go wrong (median),"
            f" {duration(round(of.detected.most))} in 95% of those that went back"
        )
    for what, spread in (("met the candidate", of.requests), ("failed there", of.failed)):
        yield f"requests that {what}: {spread.median:,.0f} (median), {spread.most:,.0f} in 95% of the runs"
    yield f"{of.looks:,} looks"


def _stages(of: Flown, marks: Marks) -> Table:
    table = Table.grid(*(Column(no_wrap=True, justify="right" if each in RIGHT else "left") for each in range(7)))
    table.padding = (0, 2)
    heads = ("", "stage", "share", "", "stayed", "requests of the candidate", "failed")
    table.add_row(*(Text(head, style.QUIET) for head in heads))
    total = max((visit.left for visit in of.visits), default=0.0) or 1.0
    for visit in of.visits:
        table.add_row(*_stage(visit, total, marks))
    return table


def _stage(visit: Visited, total: float, marks: Marks) -> tuple[Text, ...]:
    status = STATUSES.get(visit.verdict, StageStatus.HOLDING)
    before, during = round(BAR * visit.entered / total), max(1, round(BAR * (visit.left - visit.entered) / total))
    bar = Text(marks.light * before, style.QUIET).append(marks.full * during, style.STAGES[status])
    bar.append(marks.light * (BAR - before - during), style.QUIET)
    requests, bad = visit.counted.requests[CANDIDATE], visit.counted.bad[CANDIDATE]
    return (
        Text(marks.stages[status], style.STAGES[status]),
        Text(clean(visit.stage)),
        Text(f"{visit.share:g}%"),
        bar,
        Text(f"{duration(visit.left - visit.entered)} of {duration(visit.hold)}"),
        Text(f"{requests:,}"),
        Text(_failed(bad, requests)),
    )


def _failed(bad: int, requests: int) -> str:
    return f"{bad:,} ({figure(float(f'{100 * bad / requests:.3g}'), Unit.PERCENT)})" if requests else "0"


def _happenings(of: Flown, marks: Marks) -> Iterator[Text]:
    """Yield a line for everything that happened; the same thing in the same stage has one line, with the first time."""
    listed = [each for each in of.happenings if each.kind not in ("passed", "failed", "called back")]
    times = Counter(_alike(each) for each in listed)
    firsts = {_alike(each): each for each in reversed(listed)}
    for alike, first in sorted(firsts.items(), key=lambda each: each[1].at):
        line = Text(f"{duration(first.at):>12}  ", style.QUIET).append(
            f"{clean(first.stage)} {marks.dot} ", style.QUIET
        )
        line.append(f"{first.kind}{_by(first.rule)}: {clean(first.says)}")
        if times[alike] > 1:
            line.append(f", and {times[alike] - 1:,} times more in this stage", style.STAGES[StageStatus.STEPPED_BACK])
        yield line
    if listed:
        yield Text()


def _alike(happening: Happening) -> tuple[str, str, str]:
    return happening.stage, happening.kind, happening.rule or happening.says


def _by(rule: str) -> str:
    return f" ({clean(rule)})" if rule else ""


def _decision(of: Flown) -> Iterator[Text]:
    head = Text(f" {of.end.upper()} ", ENDS[of.end])
    head.append(f" after {duration(of.decided_at)}", "bold")
    if of.end is not End.RELEASED:
        head.append(f" in stage {clean(of.stage)}")
    yield head
    yield from (Text(f"  {line}") for line in decision_words(of))


def decision_words(of: Flown) -> Iterator[str]:
    """Yield in words what decided, how soon, and what it cost."""
    if of.decided_by:
        yield f"by {clean(of.decided_by)}"
    if of.end is not End.RELEASED:
        yield clean(of.says)
    if of.detected is not None:
        yield f"{duration(of.detected)} after it began to go wrong"
    if of.back_at is not None:
        yield f"stable has all the traffic again {duration(of.back_at - of.decided_at)} later"
    requests, bad = of.counted.requests[CANDIDATE], of.counted.bad[CANDIDATE]
    yield f"{requests:,} requests met the candidate, and {_failed(bad, requests)} of them failed; {of.looks:,} looks"
