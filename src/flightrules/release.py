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
    WatchFailed,
)
from flightrules.domain.outcome import Outcome
from flightrules.engine.run import Run
from flightrules.phases import aftercare, approvals, contracting, databases, freezing, gates, readiness, rollout, verify
from flightrules.phases.itinerary import itinerary

_CALLED_BACK = (
    CandidateFailed,
    MigrationRefused,
    MigrationFailed,
    StageFailed,
    VerificationFailed,
    WatchFailed,
    RuleFired,
    Aborted,
    ShutDown,
)
"""What takes the release back by itself."""


async def release(run: Run) -> Outcome:
    """Carry out one plan, from the first gate to the end of the watch.

    Until the gates are open nothing is touched. The second `try` block is the stretch that can be undone.
    """
    plan = run.plan
    try:
        await freezing.require(run)
        await databases.require(run)
        await gates.require(run, plan.gates)
        await readiness.require(run, plan.readiness)
        await approvals.collect(run, plan.approvals)
        await databases.require_still(run)
        await freezing.hold(run)
    except (Frozen, GateFailed, ApprovalRefused, Aborted) as refusal:
        return await rollback.leave_as_it_was(run, refusal)
    except ShutDown as asked:
        return await rollback.shut_down(run, asked)
    try:
        baseline = await rollout.build_candidate(run)
        await databases.migrate(run)
        await rollout.start_candidate(run, baseline)
        way = itinerary(run)
        for visit in way:
            await rollout.shift(run, visit)
            await rollout.judge(run, visit)
        await verify.require(run, plan.verify)
        await rollout.put_in_service(run)
        kept = await aftercare.keep(run, way.watching)
        approved = await contracting.approved(run)
        await aftercare.seal(run, kept)
    except _CALLED_BACK as failure:
        return await rollback.restore(run, failure)
    await contracting.carry_out(run, approved)
    return Outcome.RELEASED
