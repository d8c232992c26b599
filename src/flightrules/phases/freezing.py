"""Freezes: a release does not begin in one, and one that waited into a freeze holds before it touches anything more.

It never stands in a way back: nothing of what brings a release back comes here, and abort and shutdown are taken
while it waits. A release whose traffic has begun to move goes on.
"""

from __future__ import annotations

from typing import Any

from flightrules.domain import freezes
from flightrules.domain.clock_times import said
from flightrules.domain.errors import Aborted, NobodyAnswered
from flightrules.domain.freezes import Freeze
from flightrules.engine.run import Run
from flightrules.phases import approval
from flightrules.phases.approval import Asking
from flightrules.phases.waiting import until_moment


async def require(run: Run) -> None:
    """Go on where no freeze is on, or where who began the release overrides it. Raises `Frozen`."""
    if run.plan.freezes.agreed:
        await run.step("freeze/begin", lambda: _require(run))


async def _require(run: Run) -> dict[str, list[str]]:
    there = freezes.refuse(run.plan.freezes, run.clock.now(), run.plan.team, run.asked.by, run.asked.override_freeze)
    for each in there:
        _overridden(run, each, by=run.asked.by, role=each.override, reason=run.asked.override_freeze)
    return {"overridden": [each.reason for each in there]}


async def hold(run: Run) -> None:
    """Wait until no freeze is on before anything is built. Raises `Aborted` when who could let it go on refuses."""
    if run.plan.freezes.agreed:
        await run.step("freeze/wait", lambda: outside(run))


async def outside(run: Run) -> None:
    """Return once no freeze is on, or once somebody who may overrides those that are."""
    while there := [
        each for each in run.plan.freezes.on(run.clock.now()) if not run.recorded(f"{each.key}/overridden")
    ]:
        await _wait(run, there[0])


async def _wait(run: Run, freeze: Freeze) -> None:
    until = said(freeze.ends, run.plan.freezes.zone)
    says = f"the release waits for the end of the freeze at {until}: {freeze.reason}"
    began = run.record("freeze.waits", f"{freeze.key}/waits", says=says, until=freeze.ends, reason=freeze.reason)
    if not freeze.override:
        await run.tell(f"{says}; `flight abort` takes it back", urgent=True, key=f"{freeze.key}/told")
        await until_moment(run, freeze.ends)
        return
    otherwise = f"it goes on by itself at {until}"
    asking = Asking(
        f"{freeze.key}/override", f"{says}; may it go on now?", (freeze.override,),
        within=max(1.0, freeze.ends - began.at), otherwise=otherwise,
    )  # fmt: skip
    try:
        _go_on_or_back(run, freeze, await approval.answered(run, asking))
    except NobodyAnswered:
        await until_moment(run, freeze.ends)


def _go_on_or_back(run: Run, freeze: Freeze, answered: Any) -> None:
    if not answered["approved"]:
        raise run.call_back(Aborted(f"rejected in a freeze by {approval.by(answered)}", by=answered["by"]))
    _overridden(run, freeze, by=answered["by"], role=answered["role"], reason=answered["reason"])


def _overridden(run: Run, freeze: Freeze, **who: str) -> None:
    record: dict[str, Any] = {"freeze": freeze.reason, "until": freeze.ends, **who}
    run.record("freeze.overridden", f"{freeze.key}/overridden", actor=who["by"], **record)
