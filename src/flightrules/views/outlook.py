"""What a release is doing, what follows if nothing happens, and what a person can do about it now."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote

from flightrules.domain.endings import For
from flightrules.domain.figures import duration, plain
from flightrules.domain.stating import typed
from flightrules.domain.terms import Terms, Underpowered
from flightrules.state.releases import DOWN, OPEN, ROLLBACK, SHUTDOWN
from flightrules.views import first_words, undecided
from flightrules.views.course import Course
from flightrules.views.model import QuestionView, StageStatus, StageView, State, WatchView
from flightrules.views.step_words import step_words

ENDINGS = {
    "released": "{candidate} is in service",
    "rolled back": "{traffic}",
    "not started": "nothing was touched, {traffic}",
    "closed": "the services are shut down, users see the plan's page",
    "opened": "the services are open again",
    "down": "nothing runs any more",
}


def state_of(course: Course) -> State:
    """Return what the release is doing."""
    if course.outcome is not None:
        return State.ENDED
    if course.held is not None:
        return State.HELD
    if course.watched is not None and not course.paused:
        return _in_the_watch(course.watched, course.questions)
    if course.questions:
        return State.ASKING
    if course.story == OPEN:
        return State.OPENING
    if course.story in (SHUTDOWN, DOWN) or (course.way_back and course.way_back.procedure == "shutdown"):
        return State.SHUTTING_DOWN
    if course.story == ROLLBACK or course.way_back or course.why:
        return State.GOING_BACK
    return _on_the_way(course)


def _in_the_watch(watch: WatchView, questions: Mapping[str, QuestionView]) -> State:
    """Questions that are open hold nothing up before the watch is over."""
    return State.ASKING if questions and watch.verdict is not None else State.WATCHING


def _on_the_way(course: Course) -> State:
    if course.paused:
        return State.PAUSED
    if course.visit is not None:
        return State.WAITING if course.waits_for else State.HOLDING
    left = [stage for stage in course.stages.values() if stage.status is StageStatus.WAITING]
    if course.step.startswith("stages/"):
        return State.SHIFTING
    if course.step.startswith(("gates/", "start/")) or len(left) == len(course.stages):
        return State.STARTING
    return State.SHIFTING if left else State.VERIFYING


def now_words(course: Course, state: State) -> str:
    """Return in words what goes on at this moment, and what takes longer than agreed."""
    late = course.overran if state not in (State.ENDED, State.ASKING) and not _goes_back(course, state) else ""
    outside = () if state is State.ENDED else course.outside.values()
    return "; ".join(filter(None, (_now(course, state), late, *outside)))


def _now(course: Course, state: State) -> str:
    stage = course.stages.get(course.stage or "")
    where = f"{stage.name}, {plain(stage.share)}%" if stage else ""
    if state is State.ENDED:
        return _named(course, ENDINGS.get(course.outcome or "", ""))
    if state is State.HELD and course.held:
        return course.held.why
    if state is State.ASKING:
        return _asked(course)
    if state is State.PAUSED:
        return f"at {where}; the rules go on" if where else "the rules go on"
    if state is State.WAITING:
        return f"{where}: the hold is over, and {_WAITS_FOR[course.waits_for or For.DATA]}{_unsaid(course)}"
    if state is State.HOLDING:
        return where
    if state is State.WATCHING and course.watch:
        return _watched(course, course.watch)
    return course.waits or step_words(course.step, _versions(course)) or ""


_WAITS_FOR = {
    For.DATA: "data are missing to judge it",
    For.TRAFFIC: "more traffic is needed to certify it",
    For.REQUESTS: "the candidate gets no requests",
}


def _watched(course: Course, watch: WatchView) -> str:
    open_now = f"; {_asked(course)}" if course.questions else _unsaid(course)
    return _named(course, f"{{candidate}} is in service and is watched for {duration(watch.lasts)}{open_now}")


def _unsaid(course: Course) -> str:
    """Return what people are to state, and how; empty where nothing of that is missing."""
    return "".join(f"; {metric}: {why}" for metric, why in course.unsaid.items())


def _asked(course: Course) -> str:
    says = [each.says for each in course.questions.values()]
    return says[0] if len(says) == 1 else f"{len(says)} answers are missing: {'; '.join(says)}"


def _answers(course: Course) -> tuple[str, ...]:
    """Return the commands that answer what is asked: the first question where there are several."""
    first = next(iter(course.questions.values()))
    who = f" --as {first.role}" if first.role and " or " not in first.role else ""
    if first.item:
        return (f"flight sign {quote(first.item)}{who}", f"flight reject{who}")
    about = f" {quote(first.about)}" if first.about else ""
    return f"flight approve{about}{who}", f"flight reject{about}{who}"


def then_words(course: Course, state: State, driven: bool) -> str:
    """Return in words what follows if nothing happens."""
    if state is State.ENDED:
        return ""
    if not driven and _goes_back(course, state):
        return "nothing happens until `flight run` goes on with it: no process drives it"
    if not driven:
        return "nothing happens: no process drives this release, and nobody watches the rules"
    if state is State.HELD:
        again = "it tries again by itself" if course.way_back else "nothing happens until a person decides"
        return f"{again}; traffic stays as it is"
    if state is State.ASKING:
        otherwise = next(iter(course.questions.values())).otherwise
        waits = f"{otherwise}, unless somebody answers" if otherwise else "nothing happens until somebody answers"
        closed = any(service.closed for service in course.services.values())
        return f"{waits}; until then users see the plan's page" if closed else waits
    if state is State.PAUSED:
        return "nothing moves until it is resumed"
    if state is State.WAITING:
        return "it goes on as soon as the data are there"
    if state is State.GOING_BACK and _is_back(course):
        asked = "what serves is asked whether all is well, and the release ends"
        return "the release ends; `flight resume` ends it now" if course.early else asked
    if state is State.GOING_BACK and course.step.startswith("database/"):  # the code is back already
        return _named(course, _AFTER_A_RESTORE) if "/restore/" in course.step else "the way back is over"
    if state in (State.GOING_BACK, State.SHUTTING_DOWN, State.OPENING):
        return _named(course, _AFTERWARDS[state])
    if course.severity is not None:
        return undecided.until_then(course.severity)
    if state is State.WATCHING:
        return "the release is sealed when the watch is over and everything is signed; until then it can go back"
    return _next_stage(course)


_AFTERWARDS = {
    State.GOING_BACK: "{traffic}, and {candidate} is stopped",
    State.SHUTTING_DOWN: "the services stop, users see the plan's page",
    State.OPENING: "{traffic}",
}

_AFTER_A_RESTORE = "the database takes writes again, and {traffic}"


def _next_stage(course: Course) -> str:
    following = _after(course)
    if following is not None:
        return f"{following.name}, {plain(following.share)}%"
    checks = "the verification, and " if course.plan.verify else ""
    watched = f", and is watched for {duration(course.plan.watch.lasts)}" if course.plan.watch else ""
    return _named(course, checks + "{candidate} is in service" + watched)


def _after(course: Course) -> StageView | None:
    """Return the stage after the present one: also one that was passed before the release stepped back."""
    stages = list(course.stages.values())
    names = [stage.name for stage in stages]
    if course.stage in names:
        return next(iter(stages[names.index(course.stage) + 1 :]), None)
    return next((stage for stage in stages if stage.status is StageStatus.WAITING), None)


def commands(course: Course, state: State, driven: bool) -> tuple[str, ...]:
    """Return the commands that make sense now, the most likely first."""
    if state is State.ENDED:
        return _afterwards(course)
    back = _goes_back(course, state)
    if not driven:
        closing = course.way_back is not None and course.way_back.procedure == "shutdown"
        again = () if closing or course.story in (SHUTDOWN, DOWN, OPEN) else ("flight shutdown",)
        return ("flight run", *again) if back else ("flight run", "flight abort")
    if state is State.ASKING or (state is State.WATCHING and course.questions):
        return (*_answers(course), "flight shutdown" if back else "flight abort")
    if state is State.HELD:
        return ("flight resume", "flight shutdown") if back else ("flight resume", *_decisions(course), "flight abort")
    if back:
        early = ("flight resume",) if _is_back(course) and course.early else ()
        return () if state in (State.SHUTTING_DOWN, State.OPENING) else (*early, "flight shutdown")
    return (*_while_moving(course, state), "flight abort")


def to_decide(course: Course, state: State) -> str:
    """Return what does not go on before a person decides; empty where the release goes on by itself.

    The way back tries again by itself when it is held up, and a person who paused the release is at it already.
    """
    if state is State.HELD and course.held:
        return "" if course.way_back else course.held.why
    if state is State.PAUSED:
        return course.paused_by_rule
    if state is State.WAITING and _is_extended(course):
        return ""
    if state is State.WATCHING and course.questions:
        return _asked(course)
    return now_words(course, state) if state in (State.ASKING, State.WAITING) else ""


def _is_extended(course: Course) -> bool:
    """Whether the hold that is over goes on for as long as the plan extends it, and then passes."""
    terms = course.plan.compare
    extends = isinstance(terms, Terms) and terms.underpowered.do is Underpowered.EXTEND
    return extends and course.waits_for is For.TRAFFIC


def _is_back(course: Course) -> bool:
    """Whether the way back itself is over, and all that is left is looking after what serves again."""
    return course.way_back is not None and course.way_back.total is not None


def _goes_back(course: Course, state: State) -> bool:
    """Whether what is under way brings back what served: also while it holds."""
    return state in (State.GOING_BACK, State.SHUTTING_DOWN, State.OPENING) or course.way_back is not None


def _while_moving(course: Course, state: State) -> tuple[str, ...]:
    pause = "flight resume" if state is State.PAUSED or course.early else "flight pause"
    state_it = tuple(typed(metric) for metric in course.unsaid)
    return (*state_it, pause) if course.visit is None else (*state_it, pause, *_past(course, course.stage))


def _decisions(course: Course) -> tuple[str, ...]:
    """Return how a stage that failed, and about which a person is asked, can be left."""
    visit, _, last = course.step.rpartition("/")
    return _past(course, visit.partition("-")[2]) if last == "ask" else ()


def _past(course: Course, stage: str | None) -> tuple[str, ...]:
    visited = [name for name, each in course.stages.items() if each.status is not StageStatus.SKIPPED]
    first = stage == next(iter(visited), None)
    return ("flight promote",) if first else ("flight promote", "flight step-back")


def _afterwards(course: Course) -> tuple[str, ...]:
    if course.outcome in ("closed", "down"):
        return ("flight open", "flight report")
    if course.outcome == "released" and (stable := _stable(course)):
        return ("flight report", f"flight rollback --to {quote(stable)} --reason TEXT")
    return ("flight report",)


def _stable(course: Course) -> str | None:
    return next((parts.stable for parts in course.services.values()), None)


def _versions(course: Course) -> dict[str, tuple[str, str | None]]:
    return {name: (parts.candidate, parts.stable) for name, parts in course.services.items()}


def _named(course: Course, sentence: str) -> str:
    candidate = next((parts.candidate for parts in course.services.values()), "the candidate")
    return sentence.replace("{traffic}", _traffic(course)).replace("{candidate}", candidate)


def _traffic(course: Course) -> str:
    """Return who has the traffic once the way back has ended; what has some is replaced by the page."""
    stable = _stable(course)
    if stable is not None:
        left = f", but database {' and '.join(course.not_restored)} was not restored" if course.not_restored else ""
        return f"{stable} has all the traffic{left}"
    return first_words.reached({name: parts.closed or bool(parts.split) for name, parts in course.services.items()})
