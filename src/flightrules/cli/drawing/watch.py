"""The watch of what is in service: how far it is, when people are told next, what is signed and what is not."""

from __future__ import annotations

from rich.text import Text

from flightrules.cli.clean import clean
from flightrules.cli.drawing import style
from flightrules.domain.figures import duration
from flightrules.views.model import ReleaseView, SignOffView


def watch(view: ReleaseView) -> list[Text]:
    """Return a line about the watch and one for each sign-off; nothing before it began."""
    if view.watch is None:
        return []
    now, on = view.started_at + view.elapsed, view.watch
    parts = [f"watch  {duration(round(on.held))} of {duration(on.lasts)}"]
    if on.report_at is not None:
        parts.append(f"next report {style.day_and_time(on.report_at)}")
    if on.verdict is not None:
        parts.append(f"{'over' if on.verdict == 'pass' else 'over, not as agreed'}{f': {on.says}' if on.says else ''}")
    if on.sealed:
        parts.append(f"sealed, {on.sealed}")
    return [Text(clean(", ".join(parts)), "bold"), *(_sign_off(each, now) for each in on.sign_offs)]


def _sign_off(each: SignOffView, now: float) -> Text:
    if each.approved is not None:
        word, colour = ("signed", "green") if each.approved else ("refused", "red")
        return Text(clean(f"       {each.item}: {word} by {each.by}"), colour)
    due = each.due_at <= now
    word = "due since" if due else "due"
    return Text(
        clean(f"       {each.item}: {word} {style.day_and_time(each.due_at)}"), "yellow" if due else style.QUIET
    )
