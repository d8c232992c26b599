"""Carrying a release out from this terminal, or going along with one that another process carries out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flightrules.cli import garbage, interrupts
from flightrules.cli.accompany import Company, How, stay
from flightrules.cli.desk import Desk
from flightrules.cli.interrupts import Interrupts
from flightrules.cli.readers import LastingScreen
from flightrules.cli.screens import Screen

if TYPE_CHECKING:
    from flightrules.state.releases import Release
    from flightrules.views.model import ReleaseView
    from flightrules.wiring import Workshop

Until = Callable[["ReleaseView"], How | None]


@dataclass(frozen=True)
class Went:
    """How the command stayed with a release, and the release as it was then."""

    how: How
    view: ReleaseView
    as_typed: Callable[[str], str] = str
    """Returns a sentence with its commands as they are to be typed: a rehearsal has others than production."""


def to_the_end(view: ReleaseView) -> How | None:
    """Stay until the release has ended."""
    return None


def until_held(view: ReleaseView) -> How | None:
    """Stay until the release has ended, or waits for a person."""
    return How.HELD if view.to_decide else None


def drive(desk: Desk, workshop: Workshop, release: Release, screen: Screen, until: Until = to_the_end) -> Went:
    """Carry `release` out in this process until it has ended or the person leaves. The lease must be held.

    It goes on too when nobody reads any more what is shown. Raises `PlanProblems` before anything is touched when
    its plan cannot be carried out here.
    """
    from flightrules import wiring
    from flightrules.cli.log_file import logging_to
    from flightrules.rehearsing.environment import only_staging

    plan = desk.plan_of(release)
    if plan.rehearsing:
        only_staging(desk.place.plan.parent / plan.rehearsing.environment)
    with logging_to(desk.records.state), wiring.engine(workshop, desk.plan_of) as engine:
        engine.start(release.id)
        shown = LastingScreen(screen)
        return _accompany(desk, release, shown, interrupts.QUESTION, until, engine.ending(release.id))


def go_along(desk: Desk, release: Release, screen: Screen, until: Until = to_the_end) -> Went:
    """Show a release that another process drives, or nobody, until it has ended or the person leaves."""
    return _accompany(desk, release, screen, interrupts.WATCHING, until, None)


def _accompany(
    desk: Desk, release: Release, screen: Screen, question: str, until: Until, ending: Future[str] | None
) -> Went:
    from contextlib import closing

    from flightrules import actions
    from flightrules.clocks.system import SystemClock
    from flightrules.domain.signals import Ask
    from flightrules.state.changes import Changes
    from flightrules.views.following import Following

    garbage.look_from_now_on()
    following = Following(desk.records, desk.plan_to_look_at(release), release)
    with closing(Changes(desk.records.state)) as changes:
        company = Company(
            following=following,
            screen=screen,
            changes=changes,
            clock=SystemClock(),
            interrupts=Interrupts(),
            question=lambda view: following.as_typed(
                interrupts.ON_THE_WAY_BACK if ending and view.goes_back else question
            ),
            abort=lambda: _quietly(lambda: actions.ask(desk.records, Ask.ABORT, actions.who(), {"reason": "Ctrl-C"})),
            ending=ending,
            until=until,
            going_on=_going_on(desk, release) if ending else lambda: True,
        )
        how = asyncio.run(stay(company))
    return Went(how, following.view(), following.as_typed)


LONG = 1000
"""Looks. To read fewer takes no time that anybody would notice."""


def _going_on(desk: Desk, release: Release) -> Callable[[], bool]:
    """Return what says whether a look has come since now; of a release without a long past, that it has."""
    observations = desk.records.observations
    before = observations.last(release.id)
    if observations.count(release.id) < LONG:
        return lambda: True
    return lambda: observations.last(release.id) != before


def _quietly(ask: Callable[[], object]) -> None:
    """Ask; a release that has ended in the meantime needs no asking."""
    from flightrules.domain.errors import FlightError

    try:
        ask()
    except FlightError:
        return
