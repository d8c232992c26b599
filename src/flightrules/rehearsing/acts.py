"""What a rehearsal consists of: staging is brought to what production serves, then the plan is carried out there.

Each act is a release of its own in the state of rehearsals, begun only when the one before it has ended. After a crash
whoever rehearses again first ends the act that was cut off; what is left to do follows from what serves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from flightrules import actions, plans
from flightrules.domain.errors import FlightError
from flightrules.domain.plan import Plan
from flightrules.domain.rehearsals import Drill, Part, Rehearsing
from flightrules.domain.traffic import Version
from flightrules.ledger.ledger import Ledger
from flightrules.ports.target import CanBreak
from flightrules.records import Records
from flightrules.rehearsing.outcome import is_on_record
from flightrules.state.releases import DOWN, Release
from flightrules.views.hints import command
from flightrules.wiring import Workshop


@dataclass(frozen=True)
class Wanted:
    """A rehearsal as somebody asked for it: of which `version`, beginning from which (`base`, None: from nothing).

    `text` and `file` are the plan's. `service` is the one that the drill `service` takes back.
    """

    text: str
    file: Path
    rehearsing: Rehearsing
    version: str | None
    base: str | None
    actor: str
    service: str | None = None

    def plan(self, part: Part) -> Plan:
        """Return the plan for one part of it. Raises `PlanProblems`."""
        setting_up = replace(self.rehearsing, part=part, drill=None, at="") if part is Part.SET_UP else self.rehearsing
        return plans.to_rehearse(self.text, self.file, setting_up)


async def set_up(workshop: Workshop, wanted: Wanted) -> Release | None:
    """Begin the next act that brings staging to the base; None once it is there. Raises `FlightError`."""
    plan = wanted.plan(Part.SET_UP)
    serving = {each.name: workshop.records.serving.stable(each.name) for each in plan.services}
    if any(serving.values()) and not await actions.is_open(workshop, plan):
        return await actions.begin_open(workshop, plan, wanted.actor)
    if wanted.base is None:
        return None
    base = {each.name: await _version(workshop, plan, each.name, wanted.base) for each in plan.services}
    if all(_same(serving[name], version) for name, version in base.items()):
        return None
    known = {name: workshop.records.serving.find(name, version.name) for name, version in base.items()}
    if all(serving.values()) and all(_same(known[name], version) for name, version in base.items()):
        to = next(iter(base.values())).name
        return await actions.begin_rollback(workshop, plan, to, "setting up a rehearsal", wanted.actor)
    return await actions.begin_release(workshop, plan, wanted.base, wanted.actor)


def refuse_another(unfinished: Release, wanted: Wanted) -> None:
    """Raise `FlightError` where what has not ended on staging is another rehearsal than the one that is wanted."""
    begun = unfinished.rehearsing
    if begun is None or begun.part is Part.SET_UP:
        return
    candidate = next(iter(unfinished.arguments["services"].values()))["candidate"]["name"]
    same = (begun.drill, begun.at) == (wanted.rehearsing.drill, wanted.rehearsing.at)
    if same and wanted.version in (None, candidate):
        return
    raise FlightError(
        f"{begun} of {candidate} has not ended on staging",
        f"go on with it: {command(begun, candidate)}; or take it back: flight abort, with the --state of rehearsals",
    )


def as_begun(records: Records, wanted: Wanted) -> Wanted:
    """Return what is wanted by the plan that it was begun by, where an act of it was cut off: one plan for all acts."""
    unfinished = records.releases.unfinished()
    if unfinished is None or unfinished.kind == DOWN:
        return wanted
    return replace(wanted, text=unfinished.plan_text)


async def over_already(workshop: Workshop, production: Ledger, wanted: Wanted) -> Release | None:
    """Return the rehearsal that is wanted, where it was cut off after its end: only what runs on staging is to end.

    Another version, other content of it, or another plan is another rehearsal.
    """
    releases = workshop.records.releases.list()
    ending = bool(releases) and releases[0].kind == DOWN and releases[0].outcome is None
    last = next(iter(releases[1:] if ending else releases), None)
    if last is None or not last.was_rehearsed or not _is_wanted(last, wanted) or last.plan_text != wanted.text:
        return None
    if not ending and is_on_record(production, last):
        return None
    plan = wanted.plan(Part.SET_UP)
    for name, parts in last.arguments["services"].items():
        if (await _version(workshop, plan, name, wanted.version or "HEAD")).digest != parts["candidate"]["digest"]:
            return None
    return last


def _is_wanted(begun: Release, wanted: Wanted) -> bool:
    """Whether `begun` is the drill, or the rehearsal, that is wanted; of whatever version."""
    one, other = begun.rehearsing, wanted.rehearsing
    return one is not None and (one.drill, one.at, one.answers) == (other.drill, other.at, other.answers)


async def refuse_versions(workshop: Workshop, wanted: Wanted) -> None:
    """Raise `FlightError` for a version that there is not, and for one that is what staging begins from."""
    plan = wanted.plan(Part.SET_UP)
    for service in plan.services:
        candidate = await _version(workshop, plan, service.name, wanted.version or "HEAD")
        base = await _version(workshop, plan, service.name, wanted.base) if wanted.base else None
        if not _same(candidate, base):
            return
    raise FlightError(
        f"{wanted.base} is what staging begins from, so there is nothing to release",
        "name another version, or what served before it: --from VERSION",
    )


def refuse_what_cannot_break(workshop: Workshop, wanted: Wanted) -> None:
    """Raise `FlightError` for a drill on a target that cannot break a version on purpose."""
    plan = wanted.plan(Part.SET_UP)
    for service in plan.services:
        if wanted.rehearsing.drill and not isinstance(workshop.hands(plan, service).target, CanBreak):
            what = f"the target `{service.target.kind}` of {service.name} cannot break a version on purpose"
            raise FlightError(what, "rehearse the way back with a version that is bad: flight rehearse VERSION")


async def begin(workshop: Workshop, wanted: Wanted) -> Release:
    """Begin the rehearsal itself. Raises `FlightError`."""
    plan = wanted.plan(Part.SET_UP if wanted.rehearsing.drill is Drill.SERVICE else Part.WHOLE)
    return await actions.begin_release(workshop, plan, wanted.version, wanted.actor)


async def take_one_back(workshop: Workshop, wanted: Wanted) -> Release:
    """Begin the way back of one service alone, for the drill of that. Raises `FlightError`."""
    plan = wanted.plan(Part.WHOLE)
    assert wanted.base is not None, "a drill without a base is refused before"
    return await actions.begin_rollback(workshop, plan, wanted.base, "drill", wanted.actor, one_alone(plan, wanted))


def one_alone(plan: Plan, wanted: Wanted) -> str:
    """Return the service that the drill takes back: the one that was named, or the only one that stands alone."""
    alone = [each.name for each in plan.services if each.stands_alone]
    if wanted.service in alone:
        return str(wanted.service)
    if wanted.service is None and len(alone) == 1:
        return alone[0]
    there_are = f"name one of them with --service: {', '.join(alone)}" if alone else "give one `stands_alone: true`"
    named = f"{wanted.service} cannot be taken back alone" if wanted.service else "which service is taken back alone?"
    raise FlightError(named, there_are)


async def end(workshop: Workshop, wanted: Wanted) -> Release:
    """Begin to end everything that runs on staging."""
    return await actions.begin_down(workshop, wanted.plan(Part.SET_UP), "the rehearsal is over", wanted.actor)


async def _version(workshop: Workshop, plan: Plan, service: str, name: str) -> Version:
    found = next(each for each in plan.services if each.name == service)
    return await workshop.hands(plan, found).target.identify(name)


def _same(one: Version | None, other: Version | None) -> bool:
    return one is not None and other is not None and one.digest == other.digest
