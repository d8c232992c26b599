"""The severity that was declared and is not decided: what it is, since when, and until when it is watched or asked."""

from __future__ import annotations

from rich.text import Text

from flightrules.cli.clean import clean
from flightrules.cli.drawing import style
from flightrules.views.model import ReleaseView


def severity(view: ReleaseView) -> list[Text]:
    """Return two lines; nothing where there is none, and on the way back."""
    on = view.severity
    if on is None:
        return []
    declared = f"{on.level}  {on.says}"
    doing = "an answer is awaited" if on.asked else "watched"
    now = view.started_at + view.elapsed
    until = "" if on.until is None else f"; {doing} until {style.moment(on.until, now)}"
    return [
        Text(clean(declared), style.URGENT),
        Text(clean(f"    since {style.moment(on.since, now)}{until}"), style.QUIET),
    ]
