"""A way back as a whole: why it began and when, how long each of its parts took, and whom it tells when it is late."""

from __future__ import annotations

import asyncio
from typing import Any

from flightrules.domain.errors import FlightError
from flightrules.domain.events import Event
from flightrules.domain.figures import duration
from flightrules.engine.run import Run


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


def _part(event: Event) -> str:
    """Return to which part of the way back a step belongs that is over; empty for everything else."""
    if event.kind not in ("step.ended", "step.failed"):
        return ""
    step = str(event.data.get("step", ""))  # somebody may have changed it from outside
    if step.startswith("database/"):  # what failed in it took its time too: another part follows, or another try
        return "database"
    return step.rsplit("/", 1)[-1].replace("page", "shift") if event.kind == "step.ended" else ""
