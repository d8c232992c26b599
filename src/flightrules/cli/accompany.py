"""Staying with a release until it has ended or the person leaves: what is shown when, and what Ctrl-C does.

The release itself runs elsewhere, in the engine's own thread or in another process. Nothing that happens here
can stop it half way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum, auto

from flightrules.cli.interrupts import Choice, Interrupts
from flightrules.cli.screens import Screen
from flightrules.ports.clock import Clock
from flightrules.state.changes import Changes
from flightrules.views.following import Following
from flightrules.views.model import ReleaseView, State

EVERY = 0.2
"""Seconds between two looks at whether anything changed; such a look costs some ten microseconds."""

AT_MOST_EVERY = 0.4
"""Seconds between two pictures while things change."""

AT_LEAST_EVERY, SLOWEST = 1.0, 5.0
"""Seconds between two pictures while nothing does: time runs on. A long hold is drawn less often, as nobody counts
its seconds; its last minute is drawn every second again."""


HEAD_START = 3.0
"""Seconds for which the first picture waits at most, so that a release that was long under way goes on first."""

SOON = 0.05


class How(Enum):
    """Why the command goes on after it stayed with a release."""

    ENDED = auto()
    LEFT = auto()
    HELD = auto()


@dataclass(frozen=True)
class Company:
    """One release, and how one stays with it. `ending` is set where this process drives the release itself."""

    following: Following
    screen: Screen
    changes: Changes
    clock: Clock
    interrupts: Interrupts
    abort: Callable[[], None]
    question: Callable[[ReleaseView], str]
    """What a person is asked who pressed Ctrl-C."""
    ending: Future[str] | None = None
    until: Callable[[ReleaseView], How | None] = lambda view: None
    """Says when to go earlier than at the end."""
    going_on: Callable[[], bool] = lambda: True
    """Says whether a release that this process drives has got to where it was."""


async def stay(company: Company) -> How:
    """Show the release until it has ended, or the person leaves it. Raises what ended the engine's part."""
    with company.interrupts.listening():
        try:
            await _head_start(company)
            how = None
            while how is None:
                how = await _for_a_moment(company)
            company.screen.show(company.following.view(), company.following.new)
            return how
        finally:
            company.screen.rest()


async def _head_start(company: Company) -> None:
    """Wait until the release goes on: who drives it, and who reads thousands of looks, share one interpreter."""
    give_up = company.clock.monotonic() + HEAD_START
    while not company.going_on() and company.clock.monotonic() < give_up:
        if company.interrupts.came() or (company.ending is not None and company.ending.done()):
            return
        await company.clock.sleep(SOON)


async def _for_a_moment(company: Company) -> How | None:
    view = company.following.view()
    company.screen.show(view, company.following.new)
    gone = company.until(view)
    if gone is not None:
        return gone
    if company.ending is None and view.state is State.ENDED:
        return How.ENDED
    return await _until_news(company, _pace(view))


def _pace(view: ReleaseView) -> float:
    left = view.hold.left if view.hold is not None else 0.0
    return min(max(left / 60, AT_LEAST_EVERY), SLOWEST)


async def _until_news(company: Company, pace: float) -> How | None:
    """Wait for something to show, at most `pace` seconds; return how it ended where it did."""
    clock, began = company.clock, company.clock.monotonic()
    changed = False
    while clock.monotonic() - began < (AT_MOST_EVERY if changed else pace):
        await clock.sleep(EVERY)
        changed = company.changes.any() or changed
        if company.ending is not None and company.ending.done():
            company.ending.result()
            return How.ENDED
        if company.interrupts.came():
            return await _answer(company)
    return None


async def _answer(company: Company) -> How | None:
    company.screen.rest()
    question = company.question(company.following.view())
    choice = await _whichever_first(lambda: company.interrupts.choice(question), company)
    if choice is Choice.LEAVE:
        return How.LEFT
    if choice is Choice.ABORT:
        company.abort()
    return None


async def _whichever_first(ask: Callable[[], Awaitable[Choice]], company: Company) -> Choice:
    """Return the person's choice; a release that ends while they think about it makes it needless."""
    asking = asyncio.ensure_future(ask())
    try:
        while not asking.done() and not (company.ending is not None and company.ending.done()):
            await company.clock.sleep(EVERY)
        return asking.result() if asking.done() else Choice.CONTINUE
    finally:
        asking.cancel()
