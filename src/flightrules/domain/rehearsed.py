"""A plan as it is rehearsed: the same acts in the same order, in less time, and answered by one person.

Only the time that was agreed shrinks. What something really takes (a build, a health check, a drain, the way back and
its bound) stays as it is: a rehearsal is there to measure it. No time shrinks below what can still be observed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from flightrules.domain.checks import Check
from flightrules.domain.comparison import Comparison
from flightrules.domain.freezes import Freezes
from flightrules.domain.people import Approval
from flightrules.domain.plan import (
    Action,
    Condition,
    Do,
    FixedLimit,
    Look,
    LookSchedule,
    Plan,
    SignOff,
    Stage,
    Watch,
    Window,
)
from flightrules.domain.rehearsals import Part, Rehearsing
from flightrules.domain.schedule import PHASES, PhaseTime
from flightrules.domain.severities import AskPeople, Severity
from flightrules.domain.terms import NotCompared, Terms
from flightrules.domain.traffic import WHOLE, Share

BRIEFEST_HOLD, BRIEFEST_LOOK, BRIEFEST_CLAIM = 4.0, 0.5, 1.0
"""Seconds: with less there is hardly a look in a hold, and one bad moment would pass for a lasting one."""

SOONEST_REPORT, SOONEST_REMINDER, LEAST_TO_ANSWER = 5.0, 60.0, 60.0
"""Seconds: who rehearses reads and types no faster than others."""

IN_A_REHEARSAL = {"rehearsed": "a rehearsal asks for no rehearsal", "oncall": "a rehearsal wakes nobody"}
"""Why checks of these kinds are not asked: they are about the hours of a production release."""

T = TypeVar("T")


def rehearsed(plan: Plan, rehearsing: Rehearsing) -> Plan:
    """Return `plan` as it is carried out in this rehearsal. Clock times and freezes are not waited for."""
    answered = replace(plan, rehearsing=rehearsing, team=None, freezes=Freezes((), plan.freezes.zone))
    if rehearsing.part is Part.SET_UP:
        return _without_ceremony(answered)
    return _faster(answered, rehearsing.speed)


def _without_ceremony(plan: Plan) -> Plan:
    """Return the plan that only brings a version into service: it gets all the traffic at once.

    A stage cannot do without a condition; this one holds for whatever can be looked at.
    """
    seen = Condition("request_rate", Comparison.AT_LEAST, FixedLimit(0.0), text="request_rate >= 0")
    at_once = Stage("at once", Share(WHOLE), 1.0, LookSchedule((Look(BRIEFEST_LOOK),)), (seen,), Action(Do.ROLL_BACK))
    return replace(
        plan, stages=(at_once,), gates={}, readiness=None, approvals=(), schedule={}, rules=(), verify=(), watch=None,
        sign_offs=(), window=Window(BRIEFEST_CLAIM, 0), compare=NotCompared("staging is only set up"),
        verify_back=(), monitored=0.0,
    )  # fmt: skip


def _faster(plan: Plan, speed: float) -> Plan:
    watch = plan.watch and _watch(plan.watch, speed)
    return replace(
        plan,
        stages=tuple(_stage(each, speed) for each in plan.stages),
        rules=tuple(replace(each, condition=_condition(each.condition, speed)) for each in plan.rules),
        window=replace(plan.window, over=_shorter(plan.window.over, speed, BRIEFEST_CLAIM)),
        gates={name: tuple(map(_check, checks)) for name, checks in plan.gates.items()},
        approvals=tuple(_approval(each, speed) for each in plan.approvals),
        schedule={name: _phase(each) for name, each in plan.schedule.items()},
        verify=tuple(map(_check, plan.verify)),
        watch=watch,
        sign_offs=tuple(_sign_off(each, speed, watch) for each in plan.sign_offs),
        compare=_terms(plan.compare, speed),
        severities={level: _severity(each, speed) for level, each in plan.severities.items()},
        monitored=_shorter(plan.monitored, speed, BRIEFEST_HOLD),
    )


def _shorter(seconds: float, speed: float, least: float) -> float:
    """Return the time divided by `speed`, not below `least`, and never longer than it was."""
    return min(seconds, max(seconds / speed, least))


def _stage(stage: Stage, speed: float) -> Stage:
    hold = _shorter(stage.hold, speed, BRIEFEST_HOLD)
    passes = tuple(_condition(each, speed) for each in stage.passes)
    return replace(stage, hold=hold, looks=_looks(stage.looks, speed), passes=passes)


def _looks(looks: LookSchedule, speed: float) -> LookSchedule:
    return LookSchedule(tuple(_look(each, speed, BRIEFEST_LOOK) for each in looks.parts))


def _look(look: Look, speed: float, least: float) -> Look:
    return Look(_shorter(look.every, speed, least), None if look.until is None else look.until / speed)


def _condition(condition: Condition, speed: float) -> Condition:
    return replace(condition, lasting=_shorter(condition.lasting, speed, BRIEFEST_CLAIM))


def _watch(watch: Watch, speed: float) -> Watch:
    return Watch(
        _shorter(watch.lasts, speed, BRIEFEST_HOLD),
        _looks(watch.looks, speed),
        tuple(_condition(each, speed) for each in watch.passes),
        tuple(_look(each, speed, SOONEST_REPORT) for each in watch.reports),
    )


def _sign_off(due: SignOff, speed: float, watch: Watch | None) -> SignOff:
    after = min(due.after / speed, watch.lasts if watch else 0.0)
    return replace(due, after=after, remind=_shorter(due.remind, speed, SOONEST_REMINDER))


def _approval(agreed: Approval, speed: float) -> Approval:
    """Return the approval for one person, who may have written the release."""
    within = None if agreed.within is None else _shorter(agreed.within, speed, LEAST_TO_ANSWER)
    remind = _shorter(agreed.remind, speed, SOONEST_REMINDER)
    return replace(agreed, of=1, not_author=False, within=within, remind=remind)


def _phase(agreed: PhaseTime) -> PhaseTime:
    """Return the phase without its clock time; that of a stage, most of which is its hold, has no budget either."""
    return replace(agreed, at=None, budget=agreed.budget if agreed.phase in PHASES else None)


def _severity(severity: Severity, speed: float) -> Severity:
    then = severity.then
    if isinstance(then, AskPeople):
        within = _shorter(then.within, speed, LEAST_TO_ANSWER)
        then = replace(then, within=within, remind=_shorter(then.remind, speed, SOONEST_REMINDER))
    return Severity(then, _shorter(severity.watch, speed, BRIEFEST_HOLD))


def _check(check: Check) -> Check:
    return replace(check, not_applicable=check.not_applicable or IN_A_REHEARSAL.get(check.kind, ""))


def _terms(terms: Terms | NotCompared, speed: float) -> Terms | NotCompared:
    if isinstance(terms, NotCompared):
        return terms
    underpowered = replace(terms.underpowered, up_to=terms.underpowered.up_to / speed)
    return replace(terms, baseline=terms.baseline / speed, underpowered=underpowered)
