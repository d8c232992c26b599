"""The last lines: why the release stands still, the times of the way back, and what a person can do now."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from flightrules.cli.clean import clean
from flightrules.cli.drawing import style
from flightrules.cli.drawing.rows import rows
from flightrules.cli.drawing.style import Marks
from flightrules.domain.figures import duration
from flightrules.views.model import HeldView, ReleaseView, WayBackView

LOG_LINES = 8
PARTS, BEFORE = ("ready", "shift", "drain", "stop", "database"), ("detect", "decide")
"""The measured times: those that make up the way back, and those that lie before it."""


def trouble(held: HeldView | None) -> list[Text]:
    """Return what to do about a hold, and the last lines of what failed; nothing while all goes on."""
    if held is None:
        return []
    what_to_do = [Text(clean(held.do), "bold")] if held.do else []
    return what_to_do + [Text(f"| {clean(line)}", style.QUIET) for line in held.log[-LOG_LINES:]]


def way_back(back: WayBackView | None) -> list[Text]:
    """Return the measured times of the way back, against what the plan allows; nothing before it ended."""
    if back is None or back.total is None:
        return []
    parts, before = _times(back, PARTS), _times(back, BEFORE)
    allowed = f" of the {duration(back.within)} that the plan allows" if back.within else ""
    late = back.within is not None and back.total > back.within
    told = f"{duration(back.total)}{allowed}: {parts}{f'; before that: {before}' if before else ''}"
    return [Text(told, "red" if late else style.QUIET)]


def _times(back: WayBackView, names: Sequence[str]) -> str:
    measured = [(name, getattr(back, name)) for name in names]
    return ", ".join(f"{name} {duration(seconds)}" for name, seconds in measured if seconds is not None)


def commands(view: ReleaseView, marks: Marks, hint: str, width: int) -> list[Text]:
    """Return what a person can type in another terminal now, and what to press in this one.

    Nothing once the release has ended: what to do then is said by the command, below the picture.
    """
    if view.outcome is not None:
        return []
    typed = rows((Text(clean(each), "bold") for each in view.can), f" {marks.dot} ", width)
    return rows([*typed, *([Text(hint, style.QUIET)] if hint else [])], "   ", width)
