"""The steps of the ways back, each timed: ready, shift, drain, stop."""

from __future__ import annotations

import asyncio
from typing import Any

from flightrules.domain.errors import (
    FlightError,
    NotHealthy,
    NoWayBack,
    ReturnRefused,
    RouterUnreachable,
    VariableNotSet,
)
from flightrules.domain.events import Event
from flightrules.domain.figures import duration
from flightrules.domain.traffic import Page, Split, Version
from flightrules.engine.run import Run, ServiceRun
from flightrules.phases import shifting

DRAIN_LOOKS = 0.1
"""Seconds between two looks at what is still in flight."""


async def begin(run: Run, failure: FlightError, procedure: str) -> None:
    """Put on record why and how the release goes back, with the time from the first sign to now."""
    run.now(going_back=True)
    run.overtime = lambda: _tell_when_late(run, procedure)
    await run.step(f"{procedure}/begin", lambda: _begin(run, failure, procedure))


async def _begin(run: Run, failure: FlightError, procedure: str) -> None:
    asked = run.ledger.find(run.id, "shut-down" if procedure == "shutdown" else "called-back")
    now = run.clock.now()
    decided = asked.at if asked else now
    run.record(
        "goback.started",
        f"{procedure}/started",
        why=failure.what,
        procedure=procedure,
        detect_seconds=_detected_after(run, failure, decided),
        decide_seconds=round(now - decided, 3),
    )
    await run.tell(f"going back: {failure.what}", urgent=True, key=f"{procedure}/told")


async def _tell_when_late(run: Run, procedure: str) -> None:
    """Tell people once, at the moment when this takes longer than the plan allows; then wait for the end."""
    started, within = run.ledger.find(run.id, f"{procedure}/started"), run.plan.rollback_within
    if started is not None:
        await run.clock.sleep(max(0.0, started.at + within - run.clock.now()))
        way = "shutdown" if procedure == "shutdown" else "way back"
        why = f": {run.held_because}" if run.held_because else ""
        text = f"the {way} takes longer than the {duration(within)} that the plan allows, and goes on{why}"
        await run.tell(text, urgent=True, key=f"{procedure}/late")
    await asyncio.Event().wait()


def _detected_after(run: Run, failure: FlightError, decided: float) -> float | None:
    """Return the seconds from the first sign that something is wrong to the decision; None without a sign.

    The first sign is the last look before the candidate failed its first request, or the look at which the rule
    that fired became true, whichever came first: so it was not longer than this.
    """
    lasted = failure.details.get("detect_seconds")
    signs = [sign for sign in (run.first_sign, None if lasted is None else decided - lasted) if sign is not None]
    return round(max(decided - min(signs), 0.0), 3) if signs else None


async def make_stable_ready(run: Run, service: ServiceRun) -> None:
    """Make sure that stable is healthy before any traffic goes there; holds and tries again until it is."""
    if service.stable is not None:
        await run.step(f"back/{service.name}/ready", lambda: _ready(service))


async def make_ready_to_return(run: Run, service: ServiceRun) -> None:
    """Do the same before a return to an earlier version begins; holds until a person resumes or calls it off.

    Raises `ReturnRefused` where a variable has no value here.
    """
    await run.step(f"return/{service.name}/ready", lambda: _ready_to_return(service))


async def _ready_to_return(service: ServiceRun) -> None:
    try:
        await _start(service)
    except VariableNotSet as failure:
        what = f"{failure.what}; set what is missing in the environment or in .env beside the plan, and type it again"
        raise ReturnRefused(what) from failure


async def _ready(service: ServiceRun) -> None:
    try:
        await _start(service)
    except VariableNotSet as failure:
        raise NoWayBack(f"{service.name} cannot go back to {service.stable}: {failure.what}", failure.do) from failure


async def _start(service: ServiceRun) -> None:
    assert service.stable is not None
    try:
        await service.target.build(service.stable)
        await service.target.ensure_running(service.stable)
    except NotHealthy as failure:
        raise NoWayBack(
            f"{service.name} cannot go back to {service.stable}: {failure.what}",
            f"traffic stays as it is; bring {service.stable} up, or `flight shutdown` to show the page",
            **failure.details,
        ) from failure


async def shift_to_stable(run: Run, service: ServiceRun) -> None:
    """Give stable all the traffic; where nothing served before, the page says so again."""
    await run.step(f"back/{service.name}/shift", lambda: _shift(run, service))


async def _shift(run: Run, service: ServiceRun) -> dict[str, bool] | None:
    if service.stable is None:
        return await _shift_to_nobody(run, service)
    try:
        await shifting.patiently(run, service, Split.all_to(service.stable))
    except NotHealthy:  # it was ready, and fell ill before it could take over
        await _ready(service)
        await shifting.patiently(run, service, Split.all_to(service.stable))
    return None


async def _shift_to_nobody(run: Run, service: ServiceRun) -> dict[str, bool]:
    """Show the page where there was traffic; elsewhere nothing is touched. Says whether users see the page."""
    if _may_have_traffic(run, service):
        await shifting.patiently(run, service, None, _page(run))
        return {"page": True}
    try:
        in_force = await service.router.routes()
    except RouterUnreachable:  # it was never started, as a rule
        return {"page": False}
    return {"page": in_force is not None and in_force.closed is not None}


def _may_have_traffic(run: Run, service: ServiceRun) -> bool:
    """Whether moving traffic to the candidate was ever begun: what was not needs no router, which may not even run."""
    steps = (
        str(entry.event.data.get("step", ""))
        for entry in run.ledger.entries(release=run.id)
        if entry.event.kind == "step.started"
    )
    return service.stable is not None or any(step.endswith(f"/shift/{service.name}") for step in steps)


async def show_page(run: Run, service: ServiceRun) -> None:
    """Let the router answer by itself, with the plan's page."""
    await run.step(f"shutdown/{service.name}/page", lambda: shifting.patiently(run, service, None, _page(run)))


async def page_for_now(run: Run, service: ServiceRun) -> None:
    """Let the router answer with the plan's page while a database is restored; nothing reaches any version."""
    if _may_have_traffic(run, service):
        await shifting.patiently(run, service, None, _page(run))


async def until_drained(run: Run, service: ServiceRun) -> None:
    """Give what is in flight at every version the plan's time to end by itself."""
    if not _may_have_traffic(run, service):
        return
    give_up = run.clock.monotonic() + service.drain
    while await _in_flight(service, _versions(service)) and run.clock.monotonic() < give_up:
        await run.clock.sleep(DRAIN_LOOKS)


async def give_back(run: Run, service: ServiceRun) -> None:
    """Give stable its traffic back, after the page."""
    await _shift(run, service)


def _page(run: Run) -> Page:
    return Page(run.plan.shutdown_page, round(run.plan.shutdown_retry_after))


async def drain(run: Run, service: ServiceRun) -> None:
    """Give what is in flight at a version without traffic the plan's time to end by itself."""
    way = "shutdown" if run.situation.closing else "back"
    await run.step(f"{way}/{service.name}/drain", lambda: _drain(run, service))


async def _drain(run: Run, service: ServiceRun) -> dict[str, object]:
    if not _may_have_traffic(run, service):
        return {"cut_off": 0}
    give_up = run.clock.monotonic() + service.drain
    while True:
        left = await _in_flight(service, _versions(service) if run.situation.closing else (service.candidate,))
        if left == 0 or run.clock.monotonic() >= give_up:
            return {"cut_off": left}
        await run.clock.sleep(DRAIN_LOOKS)


async def _in_flight(service: ServiceRun, leaving: tuple[Version, ...]) -> int:
    counters = await service.router.counters()
    return sum(counters[version.key].in_flight for version in leaving if version.key in counters)


async def stop_candidate(run: Run, service: ServiceRun) -> None:
    """Stop the version that is left; it has no traffic any more."""
    await run.step(f"back/{service.name}/stop", lambda: _stop(run, service))


async def _stop(run: Run, service: ServiceRun) -> None:
    if service.candidate == service.stable:
        return
    await service.target.stop(service.candidate)
    if service.stable is not None:
        await shifting.move(run, service, Split.all_to(service.stable))


async def stop_all(run: Run, service: ServiceRun) -> None:
    """Stop every version of a service that is shut down."""
    await run.step(f"shutdown/{service.name}/stop", lambda: _stop_all(service))


async def _stop_all(service: ServiceRun) -> None:
    for version in {instance.version for instance in await service.target.instances()}:
        await service.target.stop(version)


async def put_in_service(run: Run, service: ServiceRun) -> None:
    """Record that stable serves from now on, or nothing where nothing did before."""
    way = "shutdown" if run.situation.closing else "back"
    await run.step(f"{way}/{service.name}/in-service", lambda: _put_in_service(run, service))


async def _put_in_service(run: Run, service: ServiceRun) -> None:
    if service.stable is None:
        run.kept.serving.clear(service.name)
    else:
        run.kept.serving.set_stable(service.name, service.stable, run.id)


def _versions(service: ServiceRun) -> tuple[Version, ...]:
    return (service.candidate,) if service.stable is None else (service.candidate, service.stable)


async def end(run: Run, procedure: str) -> None:
    """Put the measured times on record."""
    await run.step(f"{procedure}/end", lambda: _end(run, procedure))


async def _end(run: Run, procedure: str) -> None:
    started = run.ledger.find(run.id, f"{procedure}/started")
    # Somebody may have removed its beginning from the ledger: the way back ends all the same, with times unknown.
    begun = started.event.data if started else {}
    times: dict[str, Any] = _times(run, since=started.number) if started else {}
    run.record(
        "goback.ended",
        f"{procedure}/done",
        procedure=procedure,
        detect=begun.get("detect_seconds"),
        decide=begun.get("decide_seconds"),
        total=round(run.clock.now() - started.at, 3) if started else None,
        within=run.plan.rollback_within,
        **times,
    )


def _part(event: Event) -> str:
    """Return to which part of the way back a step belongs that is over; empty for everything else."""
    if event.kind not in ("step.ended", "step.failed"):
        return ""
    step = str(event.data.get("step", ""))  # somebody may have changed it from outside
    if step.startswith("database/"):  # what failed in it took its time too: another part follows, or another try
        return "database"
    return step.rsplit("/", 1)[-1].replace("page", "shift") if event.kind == "step.ended" else ""


def _times(run: Run, since: int) -> dict[str, Any]:
    """Return the seconds of each kind of step on the way back, summed over the services.

    `database` are those of all that was done with databases, the waiting for a person's word too; None where there was
    nothing to do.
    """
    times: dict[str, float | None] = {"ready": 0.0, "shift": 0.0, "drain": 0.0, "stop": 0.0, "database": None}
    for entry in run.ledger.entries(release=run.id, after=since):
        kind = _part(entry.event)
        if kind in times:
            times[kind] = (times[kind] or 0.0) + float(entry.event.data.get("seconds") or 0.0)
    return {kind: None if seconds is None else round(seconds, 3) for kind, seconds in times.items()}
