"""Moving traffic: the whole split, told to the router, confirmed by it, and on record."""

from __future__ import annotations

from flightrules.domain.errors import RouterUnreachable
from flightrules.domain.traffic import Page, Routes, Split, Version
from flightrules.engine.run import Run, ServiceRun

ROUTER_RETURNS_WITHIN = 30.0
"""Seconds that a router gets to come back, for instance while supervisord starts it again."""

PAUSE = 0.5


async def move(run: Run, service: ServiceRun, split: Split | None, closed: Page | None = None) -> None:
    """Make `split` the traffic of `service`; returns once the router confirmed it, and records it.

    While the release is paused traffic stays as it is, and this waits.
    Raises `NotHealthy`, `RouterUnreachable`; the traffic is then as it was.
    """
    await run.unpaused()
    began = run.clock.monotonic()
    await service.router.ensure_running()
    await service.router.set_split(await _routes(run, service, split, closed))
    run.record(
        "traffic.shifted",
        service=service.name,
        split={key: share.basis_points / 100 for key, share in split.shares.items()} if split else {},
        names={version.key: version.name for version in _versions(service)},
        closed=closed is not None,
        seconds=round(run.clock.monotonic() - began, 3),
    )


async def patiently(run: Run, service: ServiceRun, split: Split | None, closed: Page | None = None) -> None:
    """Do as `move`, and try again while the router is away for a moment."""
    give_up = run.clock.monotonic() + ROUTER_RETURNS_WITHIN
    while True:
        try:
            return await move(run, service, split, closed)
        except RouterUnreachable:
            if run.clock.monotonic() > give_up:
                raise
            await run.clock.sleep(PAUSE)


async def _routes(run: Run, service: ServiceRun, split: Split | None, closed: Page | None) -> Routes:
    endpoints: dict[str, tuple[str, ...]] = {}
    for instance in await service.target.instances():
        endpoints[instance.version.key] = (*endpoints.get(instance.version.key, ()), instance.address)
    known = {version.key: version.name for version in _versions(service)}
    return Routes(
        split=split,
        endpoints={key: addresses for key, addresses in sorted(endpoints.items()) if key in known},
        candidate=service.candidate.key if service.stable is not None else None,
        salt=run.id,
        closed=closed,
        names=known,
    )


def _versions(service: ServiceRun) -> tuple[Version, ...]:
    return (service.candidate,) if service.stable is None else (service.candidate, service.stable)
