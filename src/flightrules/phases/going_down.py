"""The last steps of ending everything: the routers, once nothing is in flight, then what keeps programs running."""

from __future__ import annotations

from typing import Any

from flightrules.engine.run import Run, ServiceRun

KEEPER = "supervisord"


async def look(run: Run) -> list[str]:
    """Return the names of everything that runs now, before any of it is ended."""
    programs: list[str] = await run.step("down/look", lambda: _look(run))
    return programs


async def _look(run: Run) -> list[str]:
    return [each.name for each in await run.means.processes.listing() if each.running]


async def stop_router(run: Run, service: ServiceRun) -> None:
    """End the router of `service`: from here on nobody listens where users came."""
    await run.step(f"down/{service.name}/router", service.router.stop)


async def end_processes(run: Run, programs: list[str]) -> None:
    """End supervisord, and whatever else was started from this state; put on record what was ended in all."""
    await run.step("down/processes", lambda: _end(run, programs))


async def _end(run: Run, programs: list[str]) -> dict[str, Any]:
    await run.means.processes.close()
    run.record("processes.ended", "down/processes/done", programs=[*programs, KEEPER])
    return {"ended": [*programs, KEEPER]}
