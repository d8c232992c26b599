"""Where a release is shown while it goes on: a live picture, or plain lines where there is no terminal for one."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Protocol, TextIO

from flightrules.cli.clean import clean
from flightrules.views.model import EventView, ReleaseView, State

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

NARROWEST = 60
HINT = "Ctrl-C: abort or leave"
LAST_WORDS = 4
"""Lines that a command says below the last picture: its first lines must not leave the terminal for them."""


class Showing(Enum):
    """How a release is shown while it goes on."""

    LIVE = "live"
    PLAIN = "plain"
    JSON = "json"

    @classmethod
    def of(cls, json: bool, plain: bool) -> Showing:
        """Return what the options ask for, as far as the terminal can show it."""
        if json:
            return cls.JSON
        return cls.PLAIN if plain or not _can_draw(os.environ, sys.stdout) else cls.LIVE


def _can_draw(environment: Mapping[str, str], out: TextIO) -> bool:
    if environment.get("NO_COLOR") or environment.get("TERM", "dumb") == "dumb" or not out.isatty():
        return False
    return os.get_terminal_size(out.fileno()).columns >= NARROWEST


class Screen(Protocol):
    """Shows views of one release, one after the other."""

    def show(self, view: ReleaseView, new: tuple[EventView, ...]) -> None:
        """Show the release as it is now; `new` are the events since the last time."""

    def rest(self) -> None:
        """Leave the terminal to somebody else, until the next `show`."""


def screen_for(showing: Showing, after: int = 0) -> Screen:
    """Return the screen to show a release on; lines go to standard error where JSON goes to standard output.

    Of what is shown line by line, only events with a number larger than `after` are.
    """
    if showing is Showing.LIVE:
        return LiveScreen(HINT if sys.stdin.isatty() else "")
    return PlainScreen(sys.stdout if showing is Showing.PLAIN else sys.stderr, after)


class NoScreen:
    """Shows nothing: for what nobody has to look at."""

    def show(self, view: ReleaseView, new: tuple[EventView, ...]) -> None:
        """Show nothing."""

    def rest(self) -> None:
        """Nothing is shown, so nothing has to make room."""


class PlainScreen:
    """One line an event, for logs and pipes; and one when nobody drives the release any more, or somebody again."""

    def __init__(self, out: TextIO, after: int = 0) -> None:
        self._out = out
        self._after = after
        self._attended = True
        self._held_since: float | None = None

    def show(self, view: ReleaseView, new: tuple[EventView, ...]) -> None:
        """Print the events that are new."""
        from flightrules.cli.drawing.style import clock_time

        for event in new:
            if event.number > self._after:
                self._out.write(f"{clock_time(event.at)}  {clean(event.text)}\n")
        self._say_what_to_do(view)
        attended = view.unattended_since is None
        if attended is not self._attended:
            self._attended = attended
            self._out.write(f"{clock_time(view.started_at + view.elapsed)}  {clean(_driven(view))}\n")
        self._out.flush()

    def _say_what_to_do(self, view: ReleaseView) -> None:
        """Say once below the line about a hold how to get out of it; the way back tries again every few seconds."""
        held = view.held if view.way_back is None else None
        if held is not None and held.since != self._held_since and held.do:
            self._out.write(f"{'':10}{clean(held.do)}\n")
        self._held_since = held.since if held is not None else None

    def rest(self) -> None:
        """Do nothing: a line that was printed is done with."""


def _driven(view: ReleaseView) -> str:
    """Return in words who drives the release, or since when nobody does and what to type then."""
    from flightrules.cli.drawing.style import moment

    if view.unattended_since is None:
        driver = f"pid {view.driver.pid} ({view.driver.user})" if view.driver else "a process"
        return f"{driver} drives this release again"
    since = moment(view.unattended_since, view.started_at + view.elapsed)
    return (
        f"no process drives this release since {since}: traffic stays as it is, nobody watches the rules;"
        f" {', '.join(_WHAT_IT_DOES[each] for each in view.can)}"
    )


_WHAT_IT_DOES = {"flight run": "`flight run` goes on", "flight abort": "`flight abort` takes it back"}


class LiveScreen:
    """The whole picture, drawn anew in the same place. The last one stays on the screen."""

    def __init__(self, hint: str = "", console: Console | None = None) -> None:
        self._hint = hint
        self._console = console or drawing_console()
        self._live: Live | None = None

    def show(self, view: ReleaseView, new: tuple[EventView, ...]) -> None:
        """Draw the release as it is now."""
        from rich.live import Live

        from flightrules.cli.drawing.frame import Frame

        hint = self._hint if view.outcome is None else ""
        below = LAST_WORDS if view.state is State.ENDED else 0
        frame = Frame(view, hint, self._console.height - 1 - below)
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
            self._live.start()
        self._live.update(frame, refresh=True)

    def rest(self) -> None:
        """Leave the last picture where it is, and the cursor below it."""
        if self._live is not None:
            self._live.stop()
            self._live = None


UNCUT = 4000
"""Columns for the lines of a picture that goes into a pipe: none is longer."""


def drawing_console() -> Console:
    """Return a console that takes every text as it is: no markup, no emoji, no guessed colours."""
    from rich.console import Console

    class OrdinaryConsole(Console):
        """Leaves it to the command what becomes of it when its reader has gone; Rich would end the program with 1."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    # What is read by no person at this width (a pipe, a log) is not cut to the width of a terminal that is not there.
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else UNCUT
    return OrdinaryConsole(markup=False, highlight=False, emoji=False, soft_wrap=False, width=width)
