"""What is due once a release is over: its report, the retrospective, the post-mortem. People are told when it ends.

By when each is due is on record, and in the report. Nobody is reminded later: no process goes on after a release.
"""

from __future__ import annotations

from flightrules.domain.clock_times import said
from flightrules.domain.outcome import Outcome
from flightrules.domain.plan import Afterwards
from flightrules.engine.run import Run

WENT_BACK = (Outcome.ROLLED_BACK, Outcome.CLOSED)


async def tell(run: Run, outcome: Outcome) -> None:
    """Put on record what is due after a release that ended like this, and tell people once."""
    if run.plan.rehearsing is not None or outcome is Outcome.NOT_STARTED:
        return
    wanted = tuple(each for each in run.plan.afterwards if outcome in WENT_BACK or not each.only_after_a_way_back)
    if wanted:
        run.record("afterwards.due", "afterwards", due=_due(wanted, run.clock.now()), zone=str(run.plan.freezes.zone))
        recorded = run.recorded("afterwards") or {"due": []}
        parts = (f"{each['what']} by {said(each['at'], run.plan.freezes.zone)}" for each in recorded["due"])
        await run.tell(f"due: {', '.join(parts)}", urgent=False, key="afterwards/told")


def _due(wanted: tuple[Afterwards, ...], now: float) -> list[dict[str, object]]:
    return [{"what": each.what, "at": round(now + each.within, 3)} for each in wanted]
