"""What follows from a request of a person that is taken: it is put on record, and the release does it from then on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flightrules.domain.errors import Aborted, FlightError, ShutDown
from flightrules.domain.signals import ENDS_THE_RELEASE, Answer, Ask, Signal
from flightrules.domain.stating import STATED
from flightrules.engine.under_way import UnderWay


def carry_out(run: UnderWay, signal: Signal, answer: Answer) -> FlightError | None:
    """Put on record what follows from `signal`; return why the release is called back, if it is."""
    if signal.ask in ENDS_THE_RELEASE:
        return _call_back(run, signal)
    _FOLLOWS[signal.ask](run, signal, answer)
    return None


def _call_back(run: UnderWay, signal: Signal) -> FlightError | None:
    now = run.situation
    if now.closing or (now.going_back and signal.ask is not Ask.SHUTDOWN):
        return None  # it is on its way already
    details: dict[str, Any] = {"by": signal.actor, "reason": _reason(signal), "asked_at": signal.sent_at}
    if signal.ask is Ask.SHUTDOWN:
        return run.call_back(ShutDown(f"{signal.actor} shut the services down: {_reason(signal)}", **details))
    return run.call_back(Aborted(f"{signal.actor} called the release back: {_reason(signal)}", **details))


def _supersede(run: UnderWay, signal: Signal, answer: Answer) -> None:
    run.record("watch.superseded", "superseded", actor=signal.actor, by=signal.arguments.get("version") or "")
    run.news.set()


def _declare(run: UnderWay, signal: Signal, answer: Answer) -> None:
    says = f"declared by {signal.actor}: {_reason(signal)}"
    run.declare(signal.arguments["level"], says, _done(signal), signal.actor, by=signal.actor)


def _state(run: UnderWay, signal: Signal, answer: Answer) -> None:
    """Put on record what was said of a metric: the next look reads it there."""
    metric = run.situation.stateable[answer.question]
    run.record(
        STATED,
        _done(signal),
        actor=signal.actor,
        metric=metric.name,
        value=signal.arguments["value"],
        unit=str(metric.unit),
        scale=metric.scale,
        by=signal.actor,
        role=answer.role,
        comment=signal.arguments.get("reason") or "",
    )


def _pause(run: UnderWay, signal: Signal, answer: Answer) -> None:
    if not run.situation.paused:
        run.record("release.paused", _done(signal), actor=signal.actor)
        run.now(paused=True)


def _resume(run: UnderWay, signal: Signal, answer: Answer) -> None:
    """Let go on what stands still; the key says what that was: a hold, a pause, or what waits for its time."""
    now = run.situation
    if now.held or now.paused:
        key = f"{now.held}/resumed" if now.held else _done(signal)
        run.record("release.resumed", key, actor=signal.actor)
        run.now(paused=False)
    elif now.waits:
        run.record("release.resumed", f"{now.waits}/resumed", actor=signal.actor)
        run.now(waits=None)


def _answer_question(run: UnderWay, signal: Signal, answer: Answer) -> None:
    run.record(
        "question.answered",
        f"{answer.question}/answered",
        actor=signal.actor,
        approved=signal.ask is Ask.APPROVE,
        by=signal.actor,
        role=answer.role,
        reason=signal.arguments.get("reason") or "",
        version=run.version,
    )
    run.now(questions=tuple(each for each in run.situation.questions if each.key != answer.question))


def _decide_stage(run: UnderWay, signal: Signal, answer: Answer) -> None:
    now = run.situation
    if not now.visit:
        return
    to = signal.arguments.get("to") or (now.earlier[-1] if now.earlier else None)
    who = {"by": signal.actor, "reason": signal.arguments.get("reason") or ""}
    run.record("stage.decided", f"{now.visit}/decided", actor=signal.actor, ask=str(signal.ask), to=to, **who)
    run.now(stage=None)


_FOLLOWS: Mapping[Ask, Callable[[UnderWay, Signal, Answer], None]] = {
    Ask.SUPERSEDE: _supersede,
    Ask.SEVERITY: _declare,
    Ask.MEASURE: _state,
    Ask.PAUSE: _pause,
    Ask.RESUME: _resume,
    Ask.APPROVE: _answer_question,
    Ask.REJECT: _answer_question,
    Ask.PROMOTE: _decide_stage,
    Ask.STEP_BACK: _decide_stage,
}


def _done(signal: Signal) -> str:
    return f"signals/{signal.number}/done"


def _reason(signal: Signal) -> str:
    return signal.arguments.get("reason") or "no reason was given"
