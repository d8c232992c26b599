"""The last events, the newest at the bottom."""

from __future__ import annotations

from rich.text import Text

from flightrules.cli.clean import clean
from flightrules.cli.drawing import style
from flightrules.views.model import EventView, ReleaseView


def events(view: ReleaseView, most: int) -> list[Text]:
    """Return the last events, at most `most`, one a line."""
    return [line(event) for event in view.events[-most:]] if most > 0 else []


def line(event: EventView) -> Text:
    """Return one event with the time of the clock on the wall."""
    text = Text(no_wrap=True, overflow="ellipsis")
    return text.append(f"{style.clock_time(event.at)}  ", style.QUIET).append(
        clean(event.text), style.TONES[event.tone]
    )
