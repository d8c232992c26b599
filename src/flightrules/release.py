"""A release, as the runbook tells it."""

from __future__ import annotations

from flightrules import rollback
from flightrules.domain.errors import (
    Aborted,
    CandidateFailed,
    GateFailed,
    RuleFired,
    ShutDown,
    StageFailed,
    VerificationFailed,
)
from flightrules.domain.outcome import Outcome
from flightrules.engine.run import Run
from flightrules.phases import gates, rollout, verify


async def release(run: Run) -> Outcome:
    """Carry out one plan, from the first gate to the last verification.

    The second `try` is the stretch that can be undone. What comes after it cannot.
    """
    plan = run.plan
    try:
        await gates.require(run, plan.gates)
    except (GateFailed, Aborted) as refusal:
        return await rollback.leave_as_it_was(run, refusal)
    try:
        await rollout.start_candidate(run)
        for visit in rollout.itinerary(run):
            await rollout.shift(run, visit)
            await rollout.judge(run, visit)
        await verify.require(run, plan.verify)
    except (CandidateFailed, StageFailed, VerificationFailed, RuleFired, Aborted, ShutDown) as failure:
        return await rollback.restore(run, failure)
    await rollout.put_in_service(run)
    return Outcome.RELEASED
