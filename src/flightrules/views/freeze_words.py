"""The times of a plan as a person asks about them: its freezes, whether one is on now, and the deployment day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flightrules.domain.clock_times import clock_said, said
from flightrules.domain.figures import duration
from flightrules.domain.freezes import Freeze, Weekly
from flightrules.domain.plan import Plan


def freeze_lines(plan: Plan, now: float | None) -> Iterator[str]:
    """Yield what was agreed, a line each, and what it means at the moment `now`, where one is asked about."""
    for each in plan.freezes.agreed:
        may = f"; {each.override} may override it" if each.override else ""
        yield f"{_stretch(plan, each)}: {each.reason}{may}"
    if plan.freezes.agreed and now is not None:
        yield _at(plan, now)


def schedule_lines(plan: Plan) -> Iterator[str]:
    """Yield what is agreed about the time of each phase: `canary: from 10:00 UTC; within 1h, else warn`."""
    for phase, agreed in plan.schedule.items():
        at = f"from {clock_said(agreed.at)} {plan.freezes.zone}" if agreed.at is not None else ""
        then = f"ask {agreed.ask}" if agreed.ask else "warn"
        within = f"within {duration(agreed.budget)}, else {then}" if agreed.budget else ""
        yield f"{phase}: {'; '.join(filter(None, (at, within)))}"


def freezes_json(plan: Plan, now: float) -> dict[str, Any]:
    """Return `on` (what is on now), `over` (when none is on any more) and `next`; moments in seconds since 1970."""
    freezes = plan.freezes
    there, following = freezes.on(now), freezes.following(now)
    return {
        "time_zone": str(freezes.zone),
        "on": [vars(each) for each in there],
        "over": freezes.over(now) if there else None,
        "next": vars(following) if following else None,
    }


def _stretch(plan: Plan, each: Freeze | Weekly) -> str:
    if isinstance(each, Weekly):
        return f"{each}, {plan.freezes.zone}"
    return f"from {said(each.starts, plan.freezes.zone)} until {said(each.ends, plan.freezes.zone)}"


def _at(plan: Plan, now: float) -> str:
    freezes = plan.freezes
    if freezes.on(now):
        return f"now: no release begins before {said(freezes.over(now), freezes.zone)}"
    following = freezes.following(now)
    if following is None:
        return "now: none is on, and none is to come"
    return f"now: none is on; the next begins at {said(following.starts, freezes.zone)}: {following.reason}"
