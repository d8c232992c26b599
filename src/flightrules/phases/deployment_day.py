"""The deployment day: a phase begins at its clock time at the earliest, and people hear when it takes too long.

All times are counted from the record, so no crash starts one again. None of it reaches into a way back: it waits for
no clock time, and no budget stands while it goes on.
"""

from __future__ import annotations

import asyncio
from typing import Any

from flightrules.domain.clock_times import nearest, said
from flightrules.domain.errors import Aborted
from flightrules.domain.figures import duration
from flightrules.domain.schedule import PhaseTime
from flightrules.engine.run import Run, TimedPhase
from flightrules.phases import approval
from flightrules.phases.approval import Asking
from flightrules.phases.waiting import until_moment, until_then_or_asked


async def begins(run: Run, phase: str, visit: str = "") -> None:
    """Begin `phase`; the one before it is over. Waits for its clock time, and from then on its budget counts.

    `visit` is the name of this visit of a stage.
    """
    await over(run)
    agreed = run.plan.schedule.get(phase)
    if agreed is None:
        return
    where = visit or phase
    await run.step(f"schedule/{where}/begin", lambda: _begin(run, agreed, where))
    run.phase = TimedPhase(
        budget=lambda: _tell_when_overrun(run, agreed, where),
        end=lambda: run.step(f"schedule/{where}/end", lambda: _end(run, agreed, where)),
    )


async def over(run: Run) -> None:
    """End the phase that goes on, if its time was agreed on. An answer about its overrun is waited for."""
    phase, run.phase = run.phase, None
    if phase is not None:
        await phase.end()


async def _begin(run: Run, agreed: PhaseTime, where: str) -> None:
    if agreed.at is not None and not _was_begun(run, agreed.phase):
        await _until_its_time(run, agreed, agreed.at)
    run.record("phase.started", f"schedule/{where}/started", phase=agreed.phase, budget=agreed.budget)


def _was_begun(run: Run, phase: str) -> bool:
    """Whether the phase had begun before: a stage to which the release stepped back waits for no clock time."""
    entries = run.ledger.entries(release=run.id)
    return any(each.event.kind == "phase.started" and each.event.data["phase"] == phase for each in entries)


async def _until_its_time(run: Run, agreed: PhaseTime, at: int) -> None:
    """Wait for the clock time that is nearest to now: one that is past by less than half a day is not waited for."""
    key, zone = f"schedule/{agreed.phase}/waits", run.plan.freezes.zone
    waits = run.recorded(key)
    if waits is None:
        until = nearest(run.clock.now(), at, zone)
        if until <= run.clock.now():
            return
        says = f"{agreed.phase} begins at {said(until, zone)}; `flight resume` begins it now"
        waits = run.record("phase.waits", key, phase=agreed.phase, until=until, says=says).event.data
    await until_then_or_asked(run, key, waits["until"])


async def _tell_when_overrun(run: Run, agreed: PhaseTime, where: str) -> None:
    """Tell people once, at the moment when the phase has used up its budget, or ask; then wait for the end."""
    started = run.ledger.find(run.id, f"schedule/{where}/started")
    if started is not None and agreed.budget is not None:
        await until_moment(run, started.at + agreed.budget)
        says = f"{agreed.phase} takes longer than the {duration(agreed.budget)} that were agreed"
        run.record("phase.overran", f"schedule/{where}/overran", phase=agreed.phase, budget=agreed.budget, says=says)
        if agreed.ask:
            await _go_on_or_back(run, agreed, where)
        else:
            await run.tell(says, urgent=False, key=f"schedule/{where}/told")
    await asyncio.Event().wait()


async def _go_on_or_back(run: Run, agreed: PhaseTime, where: str) -> None:
    """Ask whether the release goes on; the phase does meanwhile. Raises `Aborted` when somebody says no."""
    says = f"{agreed.phase} takes longer than the {duration(agreed.budget or 0)} that were agreed; does it go on?"
    otherwise = f"{agreed.phase} goes on, and the phase after it waits for the answer"
    answered = await approval.answered(
        run, Asking(f"schedule/{where}/overrun", says, (agreed.ask,), about=agreed.phase, otherwise=otherwise)
    )
    if not answered["approved"]:
        why = f"{agreed.phase} took too long, rejected by {approval.by(answered)}"
        raise run.call_back(Aborted(why, by=answered["by"]))


async def _end(run: Run, agreed: PhaseTime, where: str) -> dict[str, Any]:
    if run.recorded(f"schedule/{where}/overran") is not None and agreed.ask:
        await _go_on_or_back(run, agreed, where)
    started = run.ledger.find(run.id, f"schedule/{where}/started")
    seconds = round(run.clock.now() - started.at, 3) if started else 0.0
    ended: dict[str, Any] = {"phase": agreed.phase, "seconds": seconds, "budget": agreed.budget}
    run.record("phase.ended", f"schedule/{where}/ended", **ended)
    return ended
