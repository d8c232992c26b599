"""The steps of the ways back: ready, shift, drain, stop. What they take is put on record by `way_back`."""

from __future__ import annotations

from flightrules.domain.errors import (
    NotHealthy,
    NoWayBack,
    ReturnRefused,
    RouterUnreachable,
    VariableNotSet,
)
from flightrules.domain.traffic import Page, Split, Version
from flightrules.engine.run import Run, ServiceRun
from flightrules.phases import shifting

DRAIN_LOOKS = 0.1
"""Seconds between two looks at what is still in flight."""


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
