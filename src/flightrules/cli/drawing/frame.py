"""The whole picture of a release. It always fits: to a small terminal first the events give way, then the
comparison.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

from flightrules.cli.drawing import style
from flightrules.cli.drawing.comparison import comparison
from flightrules.cli.drawing.events import events
from flightrules.cli.drawing.footer import commands, trouble, way_back
from flightrules.cli.drawing.header import follows, header, state
from flightrules.cli.drawing.metrics import metrics
from flightrules.cli.drawing.severity import severity
from flightrules.cli.drawing.stages import stages
from flightrules.cli.drawing.style import Marks
from flightrules.cli.drawing.traffic import traffic
from flightrules.cli.drawing.watch import watch
from flightrules.views.model import ReleaseView

EVENTS = 8
WIDEST = 120
"""Columns; lines that are longer than this are hard to read, however wide the terminal is."""

Lines = list[list[Segment]]


@dataclass(frozen=True)
class Frame:
    """A view, drawn for the terminal at hand. `hint` is said beside the commands; `height` limits the lines."""

    view: ReleaseView
    hint: str = ""
    height: int | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the parts below each other, an empty line between them."""
        uncut, options = options, options.update_width(min(options.max_width, WIDEST))
        marks = style.PLAIN if options.ascii_only else style.UNICODE
        above = _drawn(console, options, _above(self.view, marks, options.max_width))
        can = commands(self.view, marks, self.hint, options.max_width)
        below = _drawn(console, options, [[*way_back(self.view.way_back)], [*can]])[:-1]
        room = (self.height or 1000) - len(above) - len(below) - 1
        compared = _drawn(console, options, [[*comparison(self.view, marks, options.max_width)]])
        compared = compared if len(compared) <= room else []
        # Where nobody looks at a screen, no line is too long to be read on, and none is filled up with blanks.
        told = options if console.is_terminal else uncut
        shown = _drawn(console, told, [list(events(self.view, min(EVENTS, room - len(compared))))])
        for drawn in (*above, *compared, *shown, *below)[: self.height]:
            line = drawn if console.is_terminal else [Segment("".join(part.text for part in drawn).rstrip())]
            yield from map(_cut_plainly, line) if options.ascii_only else line
            yield Segment.line()


def _cut_plainly(segment: Segment) -> Segment:
    """Return `segment` with the sign of a line that was cut as a terminal without Unicode can show it."""
    return segment._replace(text=segment.text.replace("…", "~"))


def _above(view: ReleaseView, marks: Marks, width: int) -> Iterator[list[RenderableType]]:
    yield [header(view, marks), state(view), follows(view), *trouble(view.held)]
    yield [*stages(view, marks, width)]
    yield [*severity(view)]
    yield [*watch(view)]
    yield [traffic(view, marks)]
    table = metrics(view, marks, width)
    yield [table] if table is not None else []


def _drawn(
    console: Console, options: ConsoleOptions, parts: Iterator[list[RenderableType]] | list[list[Text]]
) -> Lines:
    lines: Lines = []
    for part in parts:
        said = (each for each in part if not isinstance(each, Text) or each.plain)
        drawn = [line for each in said for line in console.render_lines(each, options, pad=False)]
        if drawn:
            lines += [*drawn, []]
    return lines
