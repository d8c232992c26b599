"""What was serving serves again, before a release goes on: the machine was started anew, and nobody did it yet.

Done once by each process that goes on with a release, before whatever is its turn. It decides nothing: where it does
not succeed people are told, and the release goes on to what would hold it anyway. On a way back it is left to that.
"""

from __future__ import annotations

from flightrules.domain.errors import Fenced, FlightError, RouterUnreachable
from flightrules.domain.traffic import Split, Version
from flightrules.engine.run import Run, ServiceRun
from flightrules.phases import shifting


async def see_to(run: Run) -> None:
    """Start what is in service and its router, service by service, where they do not run."""
    for service in run.services:
        version = run.kept.serving.stable(service.name)
        if version is not None:
            await _see_to(run, service, version)


async def _see_to(run: Run, service: ServiceRun, version: Version) -> None:
    why = await _what_is_down(service, version)
    if not why:
        return
    run.record("service.down", service=service.name, serving=version.name, why=why)
    await run.tell(f"{version} of {service.name} is started again before the release goes on: {why}", urgent=True)
    began = run.clock.monotonic()
    try:
        await service.target.ensure_running(version)
        await service.router.ensure_running()
        await _give_it_traffic(run, service, version)
    except Fenced:
        raise
    except FlightError as failure:
        await run.tell(f"{version} of {service.name} does not serve: {failure.what}", urgent=True)
        return
    seconds = round(run.clock.monotonic() - began, 3)
    run.record("service.up", service=service.name, serving=version.name, seconds=seconds)


async def _what_is_down(service: ServiceRun, version: Version) -> str:
    """Return in words what does not run; empty where all does.

    An instance that runs and is ill is not started again by this: that is for the rules.
    """
    running = [each for each in await service.target.instances() if each.version == version and each.pid is not None]
    if not running:
        return "no instance of it runs"
    try:
        await service.router.counters()
    except RouterUnreachable as silent:
        return f"its router does not answer ({silent.what})"
    return ""


async def _give_it_traffic(run: Run, service: ServiceRun, version: Version) -> None:
    """Do so where the router knows no routes any more, and this release has not moved anything yet."""
    if run.ledger.last(run.id, "traffic.shifted") is None and version in (service.stable, service.candidate):
        in_force = await service.router.routes()
        if in_force is None or in_force.split is None:
            await shifting.move(run, service, Split.all_to(version))
