"""The first lines: what is released, what state it is in, what follows."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from flightrules.cli.clean import clean
from flightrules.cli.drawing import style
from flightrules.cli.drawing.style import Marks
from flightrules.domain.figures import duration
from flightrules.views.model import HoldView, ReleaseView, State


def header(view: ReleaseView, marks: Marks) -> Table:
    """Return the plan and its versions, and how long the release has been under way."""
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column(no_wrap=True, justify="right")
    table.add_row(_what(view, marks), Text(duration(round(view.elapsed)), style.QUIET))
    return table


def _what(view: ReleaseView, marks: Marks) -> Text:
    rehearsed = ((f" {view.rehearsal.upper()} ", style.REHEARSAL), "  ") if view.rehearsal else ()
    text = Text.assemble(*rehearsed, (clean(view.plan), "bold"), "  ")
    versions = {(service.candidate, service.stable) for service in view.services}
    candidate, stable = next(iter(versions), ("", None))
    if view.story in ("shutdown", "open", "down"):
        return text.append(view.story)
    if view.story == "rollback":
        return text.append(f"back from {clean(candidate)} to {clean(stable or '')}")
    if stable is None:
        return text.append(f"{clean(candidate)}, the first version", style.CANDIDATE)
    return (
        text.append(f"{clean(stable)} ", style.STABLE)
        .append(f"{marks.arrow} ", style.QUIET)
        .append(clean(candidate), style.CANDIDATE)
    )


def state(view: ReleaseView) -> Text:
    """Return the state as a word that cannot be overlooked, and what goes on at this moment."""
    word = view.outcome if view.state is State.ENDED and view.outcome else str(view.state)
    colours = style.OUTCOMES.get(word, style.STATES[view.state])
    if view.driver is None and view.state is not State.ENDED:
        word, colours = f"{word}, unattended", style.ALARM
    return Text.assemble((f" {word.upper()} ", colours), "  ", clean(view.now))


def follows(view: ReleaseView) -> Text:
    """Return when and what comes next if nothing happens; or why the release goes back."""
    if view.state is State.ENDED:
        return Text(clean(view.why) if view.outcome != "released" else "", style.QUIET)
    unattended = view.driver is None
    text = Text(style=style.URGENT if unattended else "")
    if unattended or view.severity is not None:
        pass  # what it says stands for itself
    elif view.hold is not None and view.state is State.HOLDING:
        text.append(_left(view.hold) + ", then ")
    elif view.then and view.state in _SAYS_THEN:
        text.append("then ")
    text.append(clean(view.then))
    if view.unattended_since is not None:
        text.append(f", since {style.moment(view.unattended_since, view.started_at + view.elapsed)}")
    if view.why:
        text.append(f" (why: {clean(view.why)})", style.QUIET)
    return text


_SAYS_THEN = (State.STARTING, State.SHIFTING, State.VERIFYING, State.GOING_BACK, State.SHUTTING_DOWN, State.OPENING)


def _left(hold: HoldView) -> str:
    left = round(hold.left)
    return f"{duration(left)} left of {duration(hold.hold)}" if left else "the hold is over: one more look"
