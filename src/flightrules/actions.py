"""What a person may do. The command line and the web hold no rules of a release; these are they."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping, Sequence
from typing import Any

from flightrules.domain import freezes
from flightrules.domain.errors import FlightError, RouterUnreachable
from flightrules.domain.outcome import Outcome
from flightrules.domain.plan import Plan, Service
from flightrules.domain.signals import ENDS_THE_RELEASE, Ask
from flightrules.domain.traffic import Version
from flightrules.identifying import Parts, candidates, recorded
from flightrules.ports.router import Router
from flightrules.records import Records
from flightrules.state.releases import DOWN, OPEN, RELEASE, ROLLBACK, SHUTDOWN, Release
from flightrules.state.spare import require_room
from flightrules.touching import touched
from flightrules.wiring import Hands, Workshop


def who() -> str:
    """Return the person at this terminal: the operating system's user."""
    return getpass.getuser()


async def begin_release(
    workshop: Workshop, plan: Plan, name: str | None, actor: str, override_freeze: str = ""
) -> Release:
    """Record a new release of the version called `name` (for git: the present commit where None).

    `override_freeze` is why it may begin in a freeze, empty without a reason. Nothing is touched yet. Raises
    `FlightError` when there is something to settle first.
    """
    _refuse_while_another_runs(workshop.records)
    _refuse_while_closed(workshop.records, plan)
    require_room(workshop.records.state.folder)
    freezes.refuse(plan.freezes, workshop.clock.now(), plan.team, actor, override_freeze)
    parts = await candidates(workshop, plan, name)
    _refuse_what_serves(workshop.records, parts)
    _refuse_other_content(workshop.records, parts)
    await _refuse_a_taken_port(workshop, plan)
    label = next(iter(parts.values()))[0].name
    because = {"override_freeze": override_freeze} if override_freeze else {}
    return _create(workshop, plan, RELEASE, label, actor, {"services": recorded(parts), **because})


def _refuse_what_serves(records: Records, parts: Parts) -> None:
    if not all(stable is not None and candidate.digest == stable.digest for candidate, stable in parts.values()):
        return
    candidate, stable = next(iter(parts.values()))
    last = _last_that_moved(records)
    if last is not None and last.outcome == Outcome.DOWN:
        raise FlightError(f"{candidate} is what served before everything was ended", "`flight open` starts it again")
    if stable is not None and candidate.name != stable.name:
        raise FlightError(
            f"{candidate} has exactly the content of {stable}, which is in service", "there is nothing to release"
        )
    raise FlightError(f"{candidate} is in service already", "there is nothing to release")


def _refuse_other_content(records: Records, parts: Parts) -> None:
    """Refuse a name that was in service with other content: `flight rollback --to NAME` could mean either."""
    for service, (candidate, _) in parts.items():
        known = records.serving.find(service, candidate.name)
        if known is not None and known.digest != candidate.digest:
            raise FlightError(
                f"{candidate} of {service} was in service with other content",
                "give what is released now a name of its own, so that the two can be told apart",
            )


async def _refuse_a_taken_port(workshop: Workshop, plan: Plan) -> None:
    """Refuse to build and start a first version where its router could not listen, because somebody else does."""
    for service in plan.services:
        if workshop.records.serving.stable(service.name) or await _answers(workshop.hands(plan, service).router):
            continue
        address = service.router.options.listen
        who = workshop.occupant(address)
        if who is not None:
            raise FlightError(
                f"{address} is already in use by {who}, so {service.name} cannot be reached there",
                f"end it, or change services.{service.name}.traffic.listen in the plan; nothing was touched",
            )


async def _answers(router: Router) -> bool:
    try:
        await router.routes()
    except RouterUnreachable:
        return False
    return True


async def begin_rollback(
    workshop: Workshop, plan: Plan, to: str, reason: str, actor: str, service: str | None = None
) -> Release:
    """Record a return to a version that was in service before, of every service or of one that stands alone."""
    records = workshop.records
    _refuse_while_another_runs(records)
    _refuse_while_closed(records, plan)
    parts: dict[str, tuple[Version, Version | None]] = {}
    for each in _chosen(plan, service):
        serving, wanted = records.serving.stable(each.name), records.serving.find(each.name, to)
        if serving is None or wanted is None:
            raise FlightError(f"{to} was never in service as {each.name}", _were(records, each))
        if serving != wanted:
            parts[each.name] = (serving, wanted)
    if not parts:
        raise FlightError(f"{to} is in service already", "there is nothing to go back to")
    return _create(workshop, plan, ROLLBACK, to, actor, {"services": recorded(parts), "reason": reason, "to": to})


def _chosen(plan: Plan, service: str | None) -> Sequence[Service]:
    if service is None:
        return plan.services
    named = [each for each in plan.services if each.name == service]
    if not named:
        raise FlightError(f"the plan has no service {service}", f"it has: {', '.join(s.name for s in plan.services)}")
    if len(plan.services) > 1 and not named[0].stands_alone:
        raise FlightError(
            f"the plan does not say that {service} can stand alone",
            f"go back with all services, or agree on it in the plan: services.{service}.stands_alone: true",
        )
    return named


def _were(records: Records, service: Service) -> str:
    names = list(dict.fromkeys(each.version.name for each in records.serving.history(service.name)))
    return f"in service were: {', '.join(names)}" if names else "nothing was in service yet"


async def begin_shutdown(workshop: Workshop, plan: Plan, reason: str, actor: str) -> Release:
    """Record an emergency shutdown. While a release is under way, ask that release instead: `ask`."""
    _refuse_while_another_runs(workshop.records)
    if closed_by(workshop.records):
        raise FlightError("the services are shut down already", "`flight open` starts them again")
    return _create(
        workshop, plan, SHUTDOWN, "shutdown", actor, {"services": _in_service(workshop, plan), "reason": reason}
    )


async def begin_down(workshop: Workshop, plan: Plan, reason: str, actor: str) -> Release:
    """Record that everything which runs for this state is ended. What is in service stays so on record.

    A release that is under way has to be ended before: what would become of it is not for this to decide.
    """
    refuse_to_end_a_release(workshop.records)
    in_service = _serving(workshop, plan)
    return _create(workshop, plan, DOWN, "down", actor, {"services": recorded(in_service), "reason": reason})


def refuse_to_end_a_release(records: Records) -> None:
    """Raise `FlightError` while something is under way, saying how it is ended first."""
    found = records.releases.unfinished()
    if found is not None:
        way = "`flight abort` takes it back" if found.kind in (RELEASE, ROLLBACK) else "`flight run` goes on to its end"
        raise FlightError(f"{found.kind} {found.id} has not ended", f"end it first: {way}; then: flight down")


async def begin_open(workshop: Workshop, plan: Plan, actor: str) -> Release:
    """Record that what is in service gets its traffic again: after a shutdown, or after the machine came back."""
    _refuse_while_another_runs(workshop.records)
    return _create(workshop, plan, OPEN, "open", actor, {"services": _in_service(workshop, plan)})


async def is_open(workshop: Workshop, plan: Plan) -> bool:
    """Say whether what is in service serves: its instances are healthy, and the router gives it all the traffic."""
    serving = [(service, workshop.records.serving.stable(service.name)) for service in plan.services]
    if closed_by(workshop.records) or not any(version for _, version in serving):
        return False
    return all([await _serves(workshop.hands(plan, each), version) for each, version in serving if version])


async def _serves(hands: Hands, version: Version) -> bool:
    instances = [each for each in await hands.target.instances() if each.version == version]
    if not instances or not all(each.healthy for each in instances):
        return False
    try:
        routes = await hands.router.routes()
    except RouterUnreachable:
        return False
    return routes is not None and routes.split is not None and routes.split.serving() == (version.key,)


def _in_service(workshop: Workshop, plan: Plan) -> dict[str, Any]:
    serving = _serving(workshop, plan)
    if not serving:
        raise FlightError("nothing is in service yet", "release a first version: flight run VERSION")
    return recorded(serving)


def _serving(workshop: Workshop, plan: Plan) -> dict[str, tuple[Version, Version]]:
    stable = {service.name: workshop.records.serving.stable(service.name) for service in plan.services}
    return {name: (version, version) for name, version in stable.items() if version is not None}


def closed_by(records: Records) -> Release | None:
    """Return what ended with the services shut down, unless something has brought traffic back since then.

    That everything was ended afterwards brings none back: an emergency stays one until somebody opens.
    """
    last = _last_that_moved(records, besides=(Outcome.DOWN,))
    return last if last is not None and last.outcome == Outcome.CLOSED else None


def stopped(records: Records) -> bool:
    """Say whether what is in service on record serves nobody now: after a shutdown, or when everything was ended."""
    last = _last_that_moved(records)
    return last is not None and last.outcome in (Outcome.CLOSED, Outcome.DOWN)


def _last_that_moved(records: Records, besides: tuple[Outcome, ...] = ()) -> Release | None:
    still = (None, Outcome.NOT_STARTED, *besides)
    return next((release for release in records.releases.list() if release.outcome not in still), None)


def ask(records: Records, wanted: Ask, actor: str, arguments: Mapping[str, Any] | None = None) -> int:
    """Ask something of the release that is under way; returns the number of the signal."""
    return records.inbox.send(under_way(records).id, wanted, actor, arguments)


def under_way(records: Records) -> Release:
    """Return the release that has not ended. Where there is none it raises `FlightError`: how the last one ended."""
    found = records.releases.unfinished()
    if found is not None:
        return found
    last = records.releases.latest()
    if last is None:
        raise FlightError("no release is under way: nothing was released here yet", "begin one: flight run VERSION")
    raise FlightError(
        f"no release is under way: {last.kind} {last.id} has ended, {last.outcome}",
        "to return to an earlier version: flight rollback --to VERSION --reason TEXT",
    )


def goes_back(records: Records, release: Release) -> bool:
    """Return whether all that is left of `release` is a way back: it is called back, or will be before anything else.

    What is no release in the first place (a return, a shutdown, an opening) brings back what served.
    """
    if release.kind != RELEASE:
        return True
    called_back = any(records.ledger.find(release.id, key) for key in ("called-back", "shut-down"))
    return called_back or any(each.ask in ENDS_THE_RELEASE for each in records.inbox.waiting(release.id))


def makes_room(records: Records, release: Release, version: str) -> bool:
    """Return whether `release` is in its watch, so that another version than its own may end it."""
    if version in {parts["candidate"]["name"] for parts in release.arguments["services"].values()}:
        return False
    watched = records.ledger.find(release.id, "watch/started") is not None
    over = any(records.ledger.find(release.id, key) for key in ("sealed", "called-back", "shut-down"))
    return watched and not over


def _refuse_while_another_runs(records: Records) -> None:
    under_way = records.releases.unfinished()
    if under_way is not None:
        raise FlightError(
            f"{under_way.kind} {under_way.id} has not ended",
            "`flight run` without a version goes on with it, `flight abort` takes it back",
        )


def _refuse_while_closed(records: Records, plan: Plan) -> None:
    # A first version that was shut down left nothing that could be opened again: the next one may be released.
    could_open = any(records.serving.stable(service.name) for service in plan.services)
    if could_open and closed_by(records):
        raise FlightError("the services are shut down", "`flight open` starts them again")


def _create(workshop: Workshop, plan: Plan, kind: str, label: str, actor: str, arguments: Mapping[str, Any]) -> Release:
    _refuse_to_mix(workshop.records, plan)
    if plan.rehearsing:
        arguments = {**arguments, "rehearsal": plan.rehearsing.to_record()}
    elif kind == RELEASE:
        arguments = {**arguments, "touches": sorted(touched(plan, os.environ))}
    return workshop.records.releases.create(
        Release(
            id=_new_id(workshop, label),
            kind=kind,
            plan=plan.name,
            plan_text=plan.text,
            plan_digest=plan.digest,
            started_by=actor,
            arguments=arguments,
        )
    )


def _refuse_to_mix(records: Records, plan: Plan) -> None:
    """Refuse a production release among rehearsals, and a rehearsal among production releases."""
    last = records.releases.latest()
    if last is None or (last.rehearsing is None) == (plan.rehearsing is None):
        return
    if plan.rehearsing is None:
        raise FlightError(
            f"{records.state.folder} is the state of rehearsals",
            "a production release needs a state of its own: --state",
        )
    raise FlightError(
        f"{records.state.folder} is the state of production releases", "a rehearsal needs a state of its own: --state"
    )


def _new_id(workshop: Workshop, label: str) -> str:
    """Return e.g. `2026-11-21-143207-v2`; two within a second are told apart by a number."""
    from datetime import UTC, datetime

    moment = datetime.fromtimestamp(workshop.clock.now(), UTC).strftime("%Y-%m-%d-%H%M%S")
    wished = f"{moment}-{Version(label, '').key.rstrip('-')}"
    taken = {release.id for release in workshop.records.releases.list()}
    return next(each for each in (wished, *(f"{wished}-{n}" for n in range(2, 100))) if each not in taken)
