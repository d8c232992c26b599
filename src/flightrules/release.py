"""A release, as the runbook tells it."""

from __future__ import annotations

from flightrules import rollback
from flightrules.domain.errors import (
    Aborted,
    ApprovalRefused,
    CandidateFailed,
    Frozen,
    GateFailed,
    MigrationFailed,
    MigrationRefused,
    RuleFired,
    ShutDown,
    StageFailed,
    VerificationFailed,
)
from flightrules.domain.outcome import Outcome
from flightrules.engine.run import Run
from flightrules.phases import approvals, contracting, databases, freezing, gates, readiness, rollout, verify
from flightrules.phases.itinerary import itinerary

_CALLED_BACK = (
    CandidateFailed,
    MigrationRefused,
    MigrationFailed,
    StageFailed,
    VerificationFailed,
    RuleFired,
    Aborted,
    ShutDown,
)
"""What takes the release back by itself."""


async def release(run: Run) -> Outcome:
    """Carry out one plan, from the first gate until the candidate is in service.

    Until the gates are open nothing is touched. The second `try` block is the stretch that can be undone.
    """
    plan = run.plan
    try:
        await freezing.require(run)
        await gates.require(run, plan.gates)
        await readiness.require(run, plan.readiness)
        await approvals.collect(run, plan.approvals)
        await databases.require(run)
        await freezing.hold(run)
    except (Frozen, GateFailed, ApprovalRefused, Aborted) as refusal:
        return await rollback.leave_as_it_was(run, refusal)
    except ShutDown as asked:
        return await rollback.shut_down(run, asked)
    try:
        baseline = await rollout.build_candidate(run)
        await databases.migrate(run)
        await rollout.start_candidate(run, baseline)
        for visit in itinerary(run):
            await rollout.shift(run, visit)
            await rollout.judge(run, visit)
        await verify.require(run, plan.verify)
        await rollout.put_in_service(run)
        approved = await contracting.approved(run)
    except _CALLED_BACK as failure:
        return await rollback.restore(run, failure)
    await contracting.carry_out(run, approved)
    return Outcome.RELEASED
