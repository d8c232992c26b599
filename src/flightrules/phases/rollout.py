"""The rollout: start the candidate, move traffic to it stage by stage, judge it, put it in service."""

from __future__ import annotations

from functools import partial
from typing import Any

from flightrules.domain.endings import Then
from flightrules.domain.errors import BuildFailed, CandidateFailed, NotHealthy, RouterUnreachable
from flightrules.domain.traffic import Share, Split
from flightrules.domain.verdict import Verdict
from flightrules.engine.attention import attended
from flightrules.engine.run import Run, ServiceRun
from flightrules.phases import baseline, deployment_day, drills, freezing, hold, shifting
from flightrules.phases.baseline import Baseline
from flightrules.phases.itinerary import Visit

MOST_WARM = 3
"""So many versions stay warm, those that were replaced last: who releases all day long would have dozens."""


async def build_candidate(run: Run) -> Baseline | None:
    """Build the candidate of every service, nothing of it runs yet; return the look at stable that goes on from here.

    Stable is looked at first, and all the while: without it there would be no way back, and nothing to compare with.
    Raises `CandidateFailed`.
    """
    await deployment_day.begins(run, "build")
    for service in run.services:
        await run.step(f"start/{service.name}/tidy", lambda s=service: _stop_what_nobody_needs(run, s))  # type: ignore[misc]
        if service.stable is not None:
            await run.step(f"start/{service.name}/stable", lambda s=service: _stable_serves(run, s))  # type: ignore[misc]
    alone = baseline.begin(run)
    for service in run.services:
        await run.step(f"start/{service.name}/build", lambda s=service: _build(s))  # type: ignore[misc]
    return alone


async def start_candidate(run: Run, alone: Baseline | None) -> None:
    """Start the candidate of every service beside stable, without traffic. Raises `CandidateFailed`.

    It takes as long as the plan wants stable to be looked at `alone`, at least.
    """
    await deployment_day.begins(run, "start")
    for service in run.services:
        await run.step(f"start/{service.name}/candidate", lambda s=service: _start(run, s))  # type: ignore[misc]
    if alone is not None and alone.wanted:
        await run.step("start/baseline", alone.lasts)


async def _stable_serves(run: Run, service: ServiceRun) -> None:
    assert service.stable is not None
    await service.target.ensure_running(service.stable)
    await service.router.ensure_running()
    in_force = await service.router.routes()
    if in_force is None or in_force.split is None:
        await shifting.move(run, service, Split.all_to(service.stable))


async def _build(service: ServiceRun) -> None:
    try:
        await service.target.build(service.candidate)
    except BuildFailed as failure:
        raise _never_served(service, failure) from failure


async def _start(run: Run, service: ServiceRun) -> dict[str, Any]:
    try:
        instances = await service.target.ensure_running(service.candidate)
    except NotHealthy as failure:
        raise _never_served(service, failure) from failure
    if service.stable is not None:
        await shifting.move(run, service, Split.between(service.candidate, Share(0), service.stable))
    else:
        await service.router.ensure_running()
    return {"instances": [instance.address for instance in instances]}


def _never_served(service: ServiceRun, failure: BuildFailed | NotHealthy) -> CandidateFailed:
    return CandidateFailed(failure.what, failure.do, service=service.name, **failure.details)


async def shift(run: Run, visit: Visit) -> None:
    """Move the stage's share of the traffic to the candidate, service by service."""
    await deployment_day.begins(run, visit.stage.name, visit.name)
    for service in run.services:
        first = visit.number == 1 and service is run.services[0]
        move = _shift_first if first else _shift
        await run.step(f"{visit.name}/shift/{service.name}", partial(move, run, service, visit.stage.share))


async def _shift_first(run: Run, service: ServiceRun, share: Share) -> None:
    """Move traffic for the first time: within the step, since a release may be gone on with weeks later."""
    await freezing.outside(run)
    await _shift(run, service, share)


async def _shift(run: Run, service: ServiceRun, share: Share) -> None:
    if run.situation.incident is not None and await _gets_more(service, share):
        await run.decided()
    if service.stable is None:
        await shifting.patiently(run, service, Split.all_to(service.candidate))
    else:
        await shifting.patiently(run, service, Split.between(service.candidate, share, service.stable))


async def _gets_more(service: ServiceRun, share: Share) -> bool:
    """Return whether `share` is more than the candidate has; a router that does not answer has given it nothing."""
    try:
        in_force = await service.router.routes()
    except RouterUnreachable:
        return True
    split = in_force.split if in_force else None
    return split is None or split.of(service.candidate.key) < share


async def judge(run: Run, visit: Visit) -> None:
    """Hold the stage and judge it. Raises `StageFailed` when the plan, or a person, gives it up."""
    recorded = await run.step(f"{visit.name}/hold", lambda: _hold(run, visit))
    ending = hold.recorded(recorded)
    if visit.itinerary.order.after(visit.stage, ending) is Then.ASK:
        await _ask(run, visit, ending.says)


async def _hold(run: Run, visit: Visit) -> dict[str, Any]:
    holding = hold.until_decided(run, visit)
    if not drills.is_due(run, visit):
        return await holding
    ended = await attended(holding, lambda: drills.go_on(run, visit))
    if ended["verdict"] == Verdict.PASS:
        raise drills.unnoticed(run, visit)
    return ended


async def _ask(run: Run, visit: Visit, says: str) -> None:
    """Wait for a person: promote passes the stage, step-back leaves it, resume holds it once more."""
    decision = await run.step(f"{visit.name}/ask", lambda: hold.until_asked(run, visit, says))
    if decision["to"]:
        visit.itinerary.order.back_to(decision["to"])
    else:
        visit.itinerary.order.passed()


async def put_in_service(run: Run) -> None:
    """Make the candidate the stable version. The one before it stays warm for a while."""
    await deployment_day.over(run)
    for service in run.services:
        await run.step(f"in-service/{service.name}", lambda s=service: _put_in_service(run, s))  # type: ignore[misc]


async def _put_in_service(run: Run, service: ServiceRun) -> None:
    await run.decided()
    run.kept.serving.set_stable(service.name, service.candidate, run.id)
    await shifting.move(run, service, Split.all_to(service.candidate))


async def _stop_what_nobody_needs(run: Run, service: ServiceRun) -> dict[str, Any]:
    """Stop versions without traffic that are not to stay warm any more, by their age or because there are too many."""
    since = run.clock.now() - service.keep_previous
    history = run.kept.serving.history(service.name)
    serving = {service.candidate, service.stable, *(each.version for each in history if each.ended_at is None)}
    lately = (each.version for each in history if each.ended_at is not None and each.ended_at > since)
    warm = list(dict.fromkeys(version for version in lately if version not in serving))[:MOST_WARM]
    outdated = {instance.version for instance in await service.target.instances()} - serving - set(warm)
    for version in outdated:
        await service.target.stop(version)
    return {"stopped": sorted(version.name for version in outdated)}
