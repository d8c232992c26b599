"""The last words of a command: what the release came to, in one sentence, and what to do next."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Collection, Iterator

import typer

from flightrules.cli import exits, one_object
from flightrules.cli.accompany import How
from flightrules.cli.clean import clean
from flightrules.cli.driving import Went
from flightrules.cli.exits import Exit
from flightrules.cli.screens import Showing
from flightrules.domain.figures import duration, plain
from flightrules.domain.outcome import Outcome
from flightrules.views.first_words import reached
from flightrules.views.model import ReleaseView

IN_A_DEMO = "FLIGHT_DEMO"
"""Set by `flight demo` for the releases that it plays: nobody types anything after them."""

SUCCESS = (Outcome.RELEASED, Outcome.OPENED)


def finish(went: Went, showing: Showing, wanted: Collection[Outcome] = SUCCESS) -> typer.Exit:
    """Tell the ending, and return the exit to raise; it is 0 where the release ended as `wanted`."""
    status = _status(went, wanted)
    if showing is Showing.JSON:
        from flightrules.views.as_json import to_json

        one_object.tell(to_json(went.view), status)
    else:
        for line in words(went):
            typer.echo(wrapped(went.as_typed(line)))
    return typer.Exit(status)


def _status(went: Went, wanted: Collection[Outcome]) -> Exit:
    return exits.of(went.view.outcome, wanted) if went.view.outcome else Exit.LEFT


def wrapped(line: str) -> str:
    """Return `line` broken between words where a terminal would break it within one."""
    if not sys.stdout.isatty():
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(line, shutil.get_terminal_size().columns, subsequent_indent=indent or "    ")


def words(went: Went) -> Iterator[str]:
    """Yield the sentence, and below it what to do next."""
    view = went.view
    if view.outcome is not None:
        yield clean(_OUTCOMES[Outcome(view.outcome)](view))
        yield from (f"    | {clean(line)}" for line in view.log)
        if view.can and not os.environ.get(IN_A_DEMO):
            yield f"    Next: {', '.join(clean(each) for each in view.can)}"
    elif went.how is How.HELD and view.to_decide:
        yield from _waiting(view)
    elif view.driver is not None and not _is_ours(view):
        what = "way back" if view.goes_back else "release"
        yield f"Left. The {what} goes on without you ({_split(view)}); `flight watch` shows it again."
    elif view.goes_back:
        yield f"Left in the middle of the way back. Traffic stays as it is: {_split(view)}."
        if view.held is not None:
            yield clean(f"    It is held up: {view.held.why}")
            yield f"    {clean(view.held.do)}"
        yield "    Nobody goes on with it until you type `flight run`; `flight status` shows where it is."
    else:
        yield f"Left. Traffic stays as it is: {_split(view)}."
        yield "    Nobody watches the rules until `flight run` goes on; `flight abort` takes the release back."


def _waiting(view: ReleaseView) -> Iterator[str]:
    """Yield what waits for a person, and how that person answers: only who drives the release can be told."""
    yield clean(f"The {'way back' if view.goes_back else 'release'} holds, and waits for you: {view.to_decide}")
    nobody = "Nobody goes on with it" if view.goes_back else "Nobody watches the rules"
    yield f"    Traffic stays as it is: {_split(view)}. {nobody} until `flight run` goes on."
    if view.held is not None and view.held.do:
        yield f"    {clean(view.held.do)}"
    else:
        yield f"    Then, while that runs, one of: {', '.join(map(clean, view.can))}"


def _is_ours(view: ReleaseView) -> bool:
    return view.driver is not None and view.driver.pid == os.getpid()


def _split(view: ReleaseView) -> str:
    several = len(view.services) > 1
    parts = []
    for service in view.services:
        shares = ", ".join(f"{clean(share.version)} {plain(share.percent)}%" for share in service.split)
        parts.append(f"{clean(service.name)}: {shares}" if several else shares)
    return "; ".join(part for part in parts if part) or "nothing was moved"


def _versions(view: ReleaseView) -> tuple[str, str | None]:
    service = view.services[0]
    return service.candidate, service.stable


def _released(view: ReleaseView) -> str:
    return f"{_versions(view)[0]} is in service, after {duration(round(view.elapsed))}."


def _rolled_back(view: ReleaseView) -> str:
    candidate, stable = _versions(view)
    if view.story == "rollback":
        return f"Back at {stable}, after {duration(round(view.elapsed))}: {view.reason}."
    where = f"{stable} has all the traffic again" if stable else reached({s.name: s.closed for s in view.services})
    left = f", but database {' and '.join(view.not_restored)} was not restored" if view.not_restored else ""
    return f"{candidate} was called back, {where}{left}: {view.why}."


def _not_started(view: ReleaseView) -> str:
    if view.story == "rollback":
        return f"Nothing was moved, {_versions(view)[0]} goes on serving: {view.why}."
    return f"{_versions(view)[0]} was not started, nothing was touched: {view.why}."


def _closed(view: ReleaseView) -> str:
    return f"The services are shut down, users see the plan's page: {view.why or view.reason}."


def _opened(view: ReleaseView) -> str:
    return f"The services are open again, after {duration(round(view.elapsed))}."


def _down(view: ReleaseView) -> str:
    return f"Nothing runs any more, after {duration(round(view.elapsed))}: {view.reason}."


_OUTCOMES = {
    Outcome.RELEASED: _released,
    Outcome.ROLLED_BACK: _rolled_back,
    Outcome.NOT_STARTED: _not_started,
    Outcome.CLOSED: _closed,
    Outcome.OPENED: _opened,
    Outcome.DOWN: _down,
}
