"""What `flight` can carry out, by the name under which it is recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from flightrules import rollback
from flightrules.domain.outcome import Outcome
from flightrules.domain.traffic import Version
from flightrules.engine.run import Run
from flightrules.phases import afterwards, serving_again
from flightrules.release import release
from flightrules.state import releases

Story = Callable[[Run], Awaitable[Outcome]]

STORIES: Mapping[str, Story] = {
    releases.RELEASE: release,
    releases.ROLLBACK: rollback.return_to,
    releases.SHUTDOWN: rollback.close,
    releases.OPEN: rollback.open_again,
    releases.DOWN: rollback.end_everything,
}


async def carry_out(kind: str, run: Run) -> Outcome:
    """Carry out a story from its beginning, or from where a crash left it, and put its end on record."""
    services = {
        service.name: {"candidate": _named(service.candidate), "stable": _named(service.stable)}
        for service in run.services
    }
    if run.recorded("started") is not None and kind in (releases.RELEASE, releases.ROLLBACK):
        run.first = lambda: serving_again.see_to(run)
    started = run.record(
        "release.started",
        "started",
        actor=run.asked.by,
        story=kind,
        reason=run.asked.reason,
        plan=run.plan.name,
        plan_digest=run.plan.digest,
        services=services,
        **({"rehearsal": run.plan.rehearsing.to_record()} if run.plan.rehearsing else {}),
    )
    run.onward = kind == releases.RELEASE
    outcome = await STORIES[kind](run)
    if kind in (releases.RELEASE, releases.ROLLBACK):
        await afterwards.tell(run, outcome)
    await run.news_is_out()
    run.record("release.ended", "ended", outcome=str(outcome), seconds=round(run.clock.now() - started.at, 3))
    run.now(ended=str(outcome))
    run.answer_latecomers()
    return outcome


def _named(version: Version | None) -> dict[str, str] | None:
    return None if version is None else {"name": version.name, "digest": version.digest}
