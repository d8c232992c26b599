"""Drills: in a rehearsal the candidate is broken on purpose, and whether the plan takes it back is seen.

Nothing here decides: the rules, the comparison and the conditions of the stage have to notice by themselves. Only the
emergency shutdown, which people ask for, is asked for here. In production none of this is reached.
"""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from flightrules.domain.errors import Aborted, FlightError, ShutDown
from flightrules.domain.rehearsals import Drill, Part
from flightrules.engine.attention import Standing, attended
from flightrules.engine.run import Run, ServiceRun
from flightrules.phases.itinerary import Visit
from flightrules.phases.waiting import until_moment
from flightrules.ports.target import CanBreak

INTO_THE_HOLD = 1 / 3
"""Which part of the hold goes well first, so that what is broken is seen against what was not."""

TIME_TO_NOTICE = 60.0
"""Seconds, beside the hold, after which nobody is expected to notice any more."""

BEGAN = "drill/began"


def is_due(run: Run, visit: Visit) -> bool:
    """Return whether something is broken in the hold of this visit: the first of all, or of the stage that is named."""
    drilled = run.plan.rehearsing
    if drilled is None or drilled.drill in (None, Drill.SERVICE) or drilled.part is not Part.WHOLE:
        return False
    if drilled.at and visit.stage.name != drilled.at:
        return False
    begun = run.recorded(BEGAN)
    return begun["visit"] == visit.name if begun else visit.number == 1 or bool(drilled.at)


async def go_on(run: Run, visit: Visit) -> None:
    """Break the candidate a third into the hold, and keep it broken. Raises what the drill ends with.

    That is `ShutDown` where people are to shut the services down, and `Aborted` where nobody notices.
    """
    started = run.ledger.find(run.id, f"{visit.name}/started")
    due = (started.at if started else run.clock.now()) + visit.stage.hold * INTO_THE_HOLD
    await until_moment(run, due)
    drill = run.plan.rehearsing and run.plan.rehearsing.drill
    began = run.record("drill.began", BEGAN, drill=str(drill), visit=visit.name, stage=visit.stage.name)
    if drill is Drill.SHUTDOWN:
        details: dict[str, Any] = {"by": run.asked.by, "reason": "drill", "asked_at": began.at}
        raise run.call_back(ShutDown(f"{run.asked.by} shut the services down: drill", **details))
    await attended(until_moment(run, began.at + visit.stage.hold + TIME_TO_NOTICE), *(_breaking(run)))
    raise unnoticed(run, visit)


def _breaking(run: Run) -> list[Standing]:
    return [partial(_target(service).break_down, service.candidate) for service in run.services]


def unnoticed(run: Run, visit: Visit) -> FlightError:
    """Return what takes the release back although nothing in the plan did."""
    says = f"nothing in the plan noticed that the candidate failed every request in stage {visit.stage.name}"
    run.record("drill.unnoticed", "drill/unnoticed", says=says)
    return run.call_back(Aborted(f"drill: {says}", by=run.asked.by, reason="drill"))


async def break_what_serves(run: Run) -> None:
    """Break, once, what serves and is to be left: the drill of taking back one service."""
    if run.plan.rehearsing and run.plan.rehearsing.drill is Drill.SERVICE:
        await run.step("drill/break", lambda: _break_once(run))


async def _break_once(run: Run) -> dict[str, int]:
    run.record("drill.began", BEGAN, drill=str(Drill.SERVICE), visit="", stage="")
    return {service.name: await _target(service).kill(service.candidate) for service in run.services}


def _target(service: ServiceRun) -> CanBreak:
    return cast("CanBreak", service.target)
