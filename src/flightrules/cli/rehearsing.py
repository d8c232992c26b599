"""Rehearsals and drills from this terminal: act by act, each shown as a release is, and what came of it in the end."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, NoReturn

import typer

from flightrules.cli import driving
from flightrules.cli.clean import clean
from flightrules.cli.exits import Exit
from flightrules.cli.exits import of as exit_of
from flightrules.cli.failures import BadInput
from flightrules.cli.places import Place
from flightrules.cli.screens import NoScreen, Showing, screen_for
from flightrules.domain.errors import FlightError, StateBusy
from flightrules.domain.figures import duration
from flightrules.domain.outcome import Outcome
from flightrules.domain.rehearsals import FOLDER, Drill, Part, Rehearsing
from flightrules.state.releases import DOWN
from flightrules.views.hints import of_rehearsal

if TYPE_CHECKING:
    from flightrules.cli.desk import Desk
    from flightrules.domain.plan import Plan
    from flightrules.ports.commands import CommandResult
    from flightrules.rehearsing.acts import Wanted
    from flightrules.rehearsing.outcome import Showed
    from flightrules.state.releases import Release
    from flightrules.wiring import Workshop

    Begin = Callable[[Workshop, Wanted], Awaitable[Release | None]]

_SPEED = re.compile(r"\s*(\d+(?:\.\d+)?)\s*[x×]?\s*", re.IGNORECASE)
FASTEST = 1_000_000.0


@dataclass(frozen=True)
class Wish:
    """What somebody typed: see `flight rehearse --help` and `flight drill --help`."""

    version: str | None
    speed: str
    base: str | None
    answers: bool
    keep: bool
    drill: Drill | None = None
    at: str = ""
    service: str | None = None


def carry_out(place: Place, wish: Wish, showing: Showing) -> NoReturn:
    """Rehearse, show it, put what it showed on record, and exit."""
    from flightrules.cli.desk import opened
    from flightrules.plan_file.staging import text_and_staging
    from flightrules.rehearsing.environment import only_staging

    text_and_staging(place.plan)  # no state is made beside a plan that is not there
    with opened(place) as production:
        wanted = _wanted(production, wish)
        theirs = _refuse(wanted, _touched(production))
        staging = Place(place.plan, place.state / FOLDER)
        if showing is not Showing.JSON:
            _introduce(wanted, staging)
        with opened(staging) as desk, _held(desk):
            only_staging(wanted.file.parent / wanted.rehearsing.environment)
            rehearsal = _Rehearsal(desk, wanted, showing)
            rehearsal.refuse(theirs)
            try:
                shown = _recorded(production, desk, rehearsal.carry_out(production))
            finally:
                if not wish.keep:
                    rehearsal.end()
    _finish(shown, showing, staging)


@contextmanager
def _held(desk: Desk) -> Iterator[None]:
    """Hold the lease on staging. Raises `StateBusy`, with commands that speak to staging."""
    try:
        with desk.records.lease:
            yield
    except StateBusy as busy:
        busy.do = of_rehearsal(busy.do, os.path.relpath(desk.records.state.folder), "flight rehearse VERSION")
        raise


def _wanted(production: Desk, wish: Wish) -> Wanted:
    """Return what is rehearsed. Raises `PlanProblems`, `BadInput`, `FlightError`."""
    from flightrules import actions
    from flightrules.plan_file.staging import text_and_staging
    from flightrules.rehearsing.acts import Wanted

    file = production.place.plan
    text, staging = text_and_staging(file)
    if staging is None:
        raise FlightError(
            f"{file} does not say where it is rehearsed",
            "add `rehearsal: {environment: staging.env}`, and make that file: a line `NAME=value` for each variable",
        )
    rehearsing = Rehearsing(staging.environment, _speed(wish.speed), wish.answers, wish.drill, wish.at)
    unnamed = Wanted(text, file, rehearsing, wish.version, None, actions.who(), wish.service)
    plan = unnamed.plan(Part.WHOLE)
    base = wish.base or _serves(production, plan)
    return Wanted(text, file, rehearsing, wish.version, base, actions.who(), wish.service)


def _speed(text: str) -> float:
    found = _SPEED.fullmatch(text)
    speed = float(found.group(1)) if found else 0.0
    if not 1 <= speed <= FASTEST:
        raise BadInput(f"{text!r} is no speed", "write how many times faster: --speed 600x, from 1x to 1000000x")
    return speed


def _serves(production: Desk, plan: Plan) -> str | None:
    serving = production.records.serving.stable(plan.services[0].name)
    return serving.name if serving else None


def _touched(production: Desk) -> set[str]:
    """Return the marks of all that releases of production touched."""
    return {mark for each in production.records.releases.list() for mark in each.arguments.get("touches", ())}


def _refuse(wanted: Wanted, known: set[str]) -> set[str]:
    """Raise `FlightError` or `BadInput` for what cannot be rehearsed like this; nothing was started.

    Returns the marks of all that production uses, those that are found from this terminal among them.
    """
    from flightrules.rehearsing import acts, apart

    plan = wanted.plan(Part.WHOLE)
    apart.refuse_production(wanted.text, wanted.file, plan, os.environ, known)
    drill, at = wanted.rehearsing.drill, wanted.rehearsing.at
    if wanted.version is None and plan.version.kind != "git":
        raise BadInput("which version?", f"name it: flight {f'drill {drill}' if drill else 'rehearse'} VERSION")
    if at and at not in [each.name for each in plan.stages]:
        raise BadInput(f"there is no stage {at}", f"there are: {', '.join(each.name for each in plan.stages)}")
    if drill is not None and wanted.base is None:
        raise BadInput("a drill needs something to go back to", "name what serves before: --from VERSION")
    if drill is Drill.DATABASE and not any(each.migrates for each in plan.databases):
        raise BadInput("the plan migrates no database, so none can be taken back", "drill `code` instead")
    if drill is Drill.SERVICE:
        acts.one_alone(plan, wanted)
    return known | asyncio.run(apart.found_of_production(wanted.text, wanted.file, plan, os.environ))


def _introduce(wanted: Wanted, staging: Place) -> None:
    what = str(wanted.rehearsing)
    before = f"; {wanted.base} serves before" if wanted.base else "; nothing serves before: a first release"
    typer.echo(clean(f"{what[:1].upper()}{what[1:]}, on staging ({wanted.rehearsing.environment}){before}."), err=True)
    say = f"--state {quote(os.path.relpath(staging.state))}"
    typer.echo(clean(f"    In another terminal `flight status`, `approve`, `abort` … take {say}."), err=True)


class _Rehearsal:
    """The acts of one rehearsal, on an opened state of rehearsals whose lease is held."""

    def __init__(self, desk: Desk, wanted: Wanted, showing: Showing) -> None:
        from flightrules import wiring
        from flightrules.rehearsing import acts

        self._desk = desk
        self._wanted = acts.as_begun(desk.records, wanted)
        if self._wanted.text != wanted.text:
            typer.echo("The plan has changed since this rehearsal began; the plan as it was then counts.", err=True)
        self._showing = showing
        self._workshop = wiring.Workshop(desk.records)

    def refuse(self, theirs: set[str]) -> None:
        """Raise `FlightError` for what staging shows to be impossible, before anything is touched there.

        `theirs` are the marks of what production uses.
        """
        from flightrules.rehearsing import acts, apart

        asyncio.run(apart.refuse_what_is_found(self._wanted.plan(Part.WHOLE), theirs))
        unfinished = self._desk.records.releases.unfinished()
        if unfinished is not None:
            acts.refuse_another(unfinished, self._wanted)
        acts.refuse_what_cannot_break(self._workshop, self._wanted)
        asyncio.run(acts.refuse_versions(self._workshop, self._wanted))

    def carry_out(self, production: Desk) -> Release:
        """Carry out what is left to do, and return the rehearsal itself, ended. Raises `typer.Exit` before that."""
        from flightrules.rehearsing import acts, load

        over = asyncio.run(acts.over_already(self._workshop, production.records.ledger, self._wanted))
        unfinished = self._desk.records.releases.unfinished()
        if unfinished is not None and unfinished.kind == DOWN:
            self._end(unfinished)
        if over is not None:
            return over
        with load.Load(self._wanted.plan(Part.WHOLE), self._workshop.commands, _tell_of_load):
            unfinished = self._desk.records.releases.unfinished()
            if unfinished is not None:
                typer.echo(f"Going on with {unfinished.kind} {unfinished.id}.", err=True)
                ended = self._drive(unfinished)
                if ended.was_rehearsed:
                    return ended
            while act := self._begun(acts.set_up):
                self._require(self._drive(act), (Outcome.RELEASED, Outcome.ROLLED_BACK, Outcome.OPENED))
            self._tell_what_is_left(production)
            begun = self._begun(acts.begin)
            assert begun is not None, "it is always begun"
            ended = self._drive(begun)
            if self._wanted.rehearsing.drill is not Drill.SERVICE:
                return ended
            self._require(ended, (Outcome.RELEASED,))
            back = self._begun(acts.take_one_back)
            assert back is not None, "it is always begun"
            return self._drive(back)

    def _tell_what_is_left(self, production: Desk) -> None:
        """Say which migrations are in force on staging already, by the record: nobody asks its databases here."""
        from flightrules.rehearsing import left

        plan = self._wanted.plan(Part.WHOLE)
        if found := left.left(self._desk.records, production.records.ledger, plan):
            typer.echo(clean(f"Not rehearsed, unless made anew since, is {left.in_words(found)}."), err=True)

    def end(self) -> None:
        """End everything that runs on staging, unless something there has not ended: that goes on later."""
        from flightrules import wiring
        from flightrules.rehearsing import acts

        if self._desk.records.releases.unfinished() is None and asyncio.run(wiring.running(self._desk.records)):
            begun = self._begun(acts.end)
            assert begun is not None, "it is always begun"
            self._end(begun)

    def _end(self, down: Release) -> None:
        typer.echo("Ending what runs on staging.", err=True)
        driving.drive(self._desk, self._workshop, down, NoScreen())

    def _begun(self, begin: Begin) -> Release | None:
        async def begun() -> Release | None:
            return await begin(self._workshop, self._wanted)

        return asyncio.run(begun())

    def _drive(self, release: Release) -> Release:
        """Carry one act out to its end. Raises `typer.Exit` where the person left before."""
        went = driving.drive(self._desk, self._workshop, release, screen_for(self._showing))
        if went.view.outcome is None:
            typer.echo("Left. The same command goes on with it.", err=True)
            raise typer.Exit(Exit.LEFT)
        return self._desk.records.releases.get(release.id)

    def _require(self, act: Release, wanted: tuple[Outcome, ...]) -> None:
        if act.outcome not in wanted:
            way = f"see why: flight report {act.id} --state {quote(str(self._desk.records.state.folder))}"
            raise FlightError(f"staging could not be set up: {act.kind} {act.id} ended {act.outcome}", way)


def _tell_of_load(ended: CommandResult) -> None:
    """Say that no more traffic comes: a stage that nobody uses goes on holding."""
    how = "its time was over" if ended.status is None else f"exit status {ended.status}"
    typer.echo(f"The load of the plan ended: {how}. Nobody uses staging now, unless you do.", err=True)
    for line in ended.output[-5:]:
        typer.echo(f"    | {clean(line)}", err=True)


def _recorded(production: Desk, desk: Desk, ended: Release) -> Showed:
    """Put every rehearsal that is not there yet into the record of production, and return what `ended` showed."""
    from flightrules import actions
    from flightrules.rehearsing import outcome

    ledger = production.records.ledger
    for release in reversed(desk.records.releases.list()):
        if release.id == ended.id or (release.was_rehearsed and not outcome.is_on_record(ledger, release)):
            shown = outcome.showed(desk.records, ledger, release, desk.plan_of(release))
            outcome.put_on_record(ledger, desk.records, shown, actions.who())
    return outcome.showed(desk.records, ledger, ended, desk.plan_of(ended))


def _finish(shown: Showed, showing: Showing, staging: Place) -> NoReturn:
    """Tell what it showed, and exit: as the release ended, a drill with 0 where it went as agreed."""
    status = Exit.DONE if shown.held else Exit.DIFFERENT
    if shown.rehearsing.drill is None:
        status = exit_of(shown.outcome)
    if showing is Showing.JSON:
        from flightrules.cli import one_object

        one_object.tell(shown.to_record(), status)
        raise typer.Exit(status)
    what = f"Drill {shown.rehearsing.drill}" if shown.rehearsing.drill else "Rehearsal"
    typer.echo(clean(f"{what} of {shown.version['name']}: {'✓' if shown.held else '✗'} {shown.says}."))
    if shown.noticed is not None:
        typer.echo(f"    From the moment at which it broke to the decision: {duration(shown.noticed)}.")
    typer.echo(f"    On record. Next: flight report {shown.release} --state {quote(os.path.relpath(staging.state))}")
    raise typer.Exit(status)
