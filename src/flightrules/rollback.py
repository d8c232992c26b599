"""The ways back.

The order is rule 4 of the twelve: stable is healthy and has capacity, traffic shifts, the router confirms that
it moved, what is in flight drains, and only then the version that is left stops. Services go back in the
reverse of the order in which they were released.
"""

from __future__ import annotations

from flightrules.domain.errors import Aborted, FlightError, MigrationRefused, ReturnRefused, ShutDown
from flightrules.domain.outcome import Outcome
from flightrules.engine.run import Run
from flightrules.phases import (
    databases_back,
    databases_since,
    drills,
    going_back,
    going_down,
    recovery,
    restoring,
    way_back,
)


async def restore(run: Run, failure: FlightError) -> Outcome:
    """Take the release back: afterwards stable has all the traffic, and the candidate is gone."""
    if isinstance(failure, ShutDown):
        return await shut_down(run, failure)
    if isinstance(failure, MigrationRefused) and not databases_back.any_begun(run):
        return await leave_as_it_was(run, failure)
    try:
        await _go_back(run, failure)
        await recovery.see_to(run)
    except ShutDown as asked:
        return await shut_down(run, asked)
    return Outcome.ROLLED_BACK


async def return_to(run: Run) -> Outcome:
    """Go back to a version from before, after a release has ended: it plays the part of stable here.

    Until that version is healthy nothing is on its way: what serves now goes on to, and a person may call it off.
    """
    asked = FlightError(f"{run.asked.by} asked for it: {run.asked.reason}", by=run.asked.by)
    try:
        await databases_since.require(run)
        for service in run.services:
            await going_back.make_ready_to_return(run, service)
        await drills.break_what_serves(run)
        await _go_back(run, asked)
        await recovery.see_to(run)
    except (Aborted, ReturnRefused) as called_off:
        return await leave_as_it_was(run, called_off)
    except ShutDown as shut:
        return await shut_down(run, shut)
    return Outcome.ROLLED_BACK


async def _go_back(run: Run, failure: FlightError) -> None:
    await way_back.begin(run, failure, "code")
    backwards = tuple(reversed(run.services))
    for service in backwards:
        await going_back.make_stable_ready(run, service)
        await going_back.shift_to_stable(run, service)
        await going_back.put_in_service(run, service)
    for service in backwards:
        await going_back.drain(run, service)
    for service in backwards:
        await going_back.stop_candidate(run, service)
    await databases_back.go_back(run)
    await way_back.end(run, "code")


async def shut_down(run: Run, failure: FlightError) -> Outcome:
    """Answer every request with the plan's page at once, then stop the services."""
    run.now(closing=True)
    await way_back.begin(run, failure, "shutdown")
    for service in run.services:
        await going_back.show_page(run, service)
        await going_back.put_in_service(run, service)
    for service in run.services:
        await going_back.drain(run, service)
    for service in run.services:
        await going_back.stop_all(run, service)
    await restoring.let_go(run)
    await way_back.end(run, "shutdown")
    return Outcome.CLOSED


async def close(run: Run) -> Outcome:
    """Shut the services down because a person asked for it while no release was under way."""
    who, reason = run.asked.by, run.asked.reason
    return await shut_down(run, FlightError(f"{who} shut the services down: {reason}", by=who))


async def end_everything(run: Run) -> Outcome:
    """Shut the services down as in an emergency, then end what is left: the routers, and what keeps them running."""
    run.now(closing=True)
    programs = await going_down.look(run)
    await shut_down(run, FlightError(run.asked.reason, by=run.asked.by))
    for service in run.services:
        await going_down.stop_router(run, service)
    await going_down.end_processes(run, programs)
    return Outcome.DOWN


async def open_again(run: Run) -> Outcome:
    """Start what is in service, and give it the traffic: after a shutdown, or after the machine came back."""
    try:
        for service in run.services:
            await going_back.make_stable_ready(run, service)
            await going_back.shift_to_stable(run, service)
        await restoring.let_go(run)
    except (Aborted, ShutDown) as asked:
        return await shut_down(run, asked)
    return Outcome.OPENED


async def leave_as_it_was(run: Run, refusal: FlightError) -> Outcome:
    """End a release that touched nothing: a gate did not open, or a person called it off before it began."""
    run.record("release.refused", "refused", why=refusal.what, do=refusal.do)
    return Outcome.NOT_STARTED
