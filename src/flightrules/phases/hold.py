"""The hold of a stage: traffic stands still until the stage has passed, failed, or a person decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flightrules.domain.endings import Ending, For, by_person
from flightrules.domain.plan import Action, Do
from flightrules.domain.signals import Ask
from flightrules.domain.verdict import Verdict
from flightrules.engine.run import Run
from flightrules.phases.itinerary import Visit


async def until_decided(run: Run, visit: Visit) -> dict[str, Any]:
    """Hold until the stage is decided, and return `verdict, says, do, to, by_person`.

    It is decided by its `pass` conditions once it was watched for the time of its hold, or before that by a
    person (promote, step back) or a rule that steps back. Data that are missing at the end decide nothing:
    the hold goes on until they are there, and as long as a severity is undecided.
    """
    stage, watching = visit.stage, visit.itinerary.watching
    run.record("stage.started", f"{visit.name}/started", stage=stage.name, share=str(stage.share), hold=stage.hold)
    run.now(stage=stage.name, visit=visit.name, earlier=visit.itinerary.order.earlier(stage), tried=True)
    watching.enter(visit.name, stage)
    try:
        ending = None
        while ending is None:
            await run.until_news()
            ending = _decided(run, visit) or await _at_the_end(run, visit)
    finally:
        run.now(stage=None, visit=None)
    run.record("stage.ended", f"{visit.name}/ended", stage=stage.name, seconds=round(watching.held, 3), **ending)
    return ending


def _decided(run: Run, visit: Visit) -> dict[str, Any] | None:
    """Return the ending that a person, or a rule that steps back, decided on."""
    decision = run.recorded(f"{visit.name}/decided")
    if decision is None:
        return None
    if decision["ask"] == Ask.PROMOTE:
        return _recordable(Ending(Verdict.PASS, by_person(decision), by_person=True))
    action, says = Action(Do.STEP_BACK, decision["to"]), decision.get("says") or by_person(decision)
    return _recordable(Ending(Verdict.FAIL, says, action, by_person="says" not in decision))


async def _at_the_end(run: Run, visit: Visit) -> dict[str, Any] | None:
    """Return the ending that is decided on once the hold is over; None as long as it waits for something."""
    watching, stage = visit.itinerary.watching, visit.stage
    if run.situation.paused or run.situation.incident is not None or watching.held < stage.hold:
        return None
    ending = watching.at_the_end(stage)
    if isinstance(ending, Ending):
        return _recordable(ending)
    text = (
        f"stage {stage.name} {_WAITS[ending.for_what]} and goes on holding: {ending.says};"
        " `flight promote` passes it all the same, `flight abort` takes the release back"
    )
    await run.tell(text, urgent=True, key=f"{visit.name}/{ending.for_what.value}")
    return None


_WAITS = {
    For.DATA: "cannot be judged yet",
    For.TRAFFIC: "is not certified yet",
    For.REQUESTS: "cannot be judged yet",
}


async def until_asked(run: Run, visit: Visit, says: str) -> dict[str, Any]:
    """Hold a stage that failed until a person decides; return `to`, the stage to go on at, or "" for the next."""
    asked = f"{visit.name}/ask"
    text = f"stage {visit.stage.name} failed ({says}); promote it, resume to hold it once more, step back, or abort"
    run.record("release.held", f"{asked}/held", why=text, do="")
    await run.tell(text, urgent=True, key=f"{asked}/told")
    run.now(stage=visit.stage.name, visit=asked, earlier=visit.itinerary.order.earlier(visit.stage), held=asked)
    try:
        while True:
            decision = run.recorded(f"{asked}/decided")
            if decision is not None:
                return {"to": "" if decision["ask"] == Ask.PROMOTE else decision["to"]}
            if run.recorded(f"{asked}/resumed") is not None:
                return {"to": visit.stage.name}
            await run.until_news()
    finally:
        run.now(stage=None, visit=None, held=None)


def _recordable(ending: Ending) -> dict[str, Any]:
    return {
        "verdict": str(ending.verdict),
        "says": ending.says,
        "do": str(ending.action.do) if ending.action else "",
        "to": ending.action.to if ending.action else None,
        "by_person": ending.by_person,
    }


def recorded(ending: Mapping[str, Any]) -> Ending:
    """Return the ending that `until_decided` put on record."""
    action = Action(Do(ending["do"]), ending["to"]) if ending["do"] else None
    return Ending(Verdict(ending["verdict"]), ending["says"], action, ending["by_person"])
