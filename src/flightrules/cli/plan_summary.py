"""A plan as `flight check` shows it: a page that a team can agree on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flightrules.cli.clean import clean
from flightrules.cli.foreseen import Foreseen, lines
from flightrules.domain import severity_words
from flightrules.domain.database_doubts import doubts
from flightrules.domain.database_plan import DatabasePlan, Way
from flightrules.domain.figures import duration, figure
from flightrules.domain.migrations import MigrationClass
from flightrules.domain.plan import LookSchedule, Plan, Stage, Unit
from flightrules.domain.rehearsals import Drill
from flightrules.domain.terms import NotCompared, Terms
from flightrules.views import stating_words
from flightrules.views.freeze_words import freeze_lines, schedule_lines
from flightrules.views.plan_view import (
    adapter_words,
    afterwards_words,
    approval_words,
    check_words,
    external_words,
    looks_words,
    without_secrets,
)

MARGIN = 12
UNKNOWN = "--requests-per-second N says what each hold can see"


def summary(plan: Plan, ahead: tuple[Foreseen, ...] = (), now: float | None = None) -> Iterator[str]:
    """Yield the lines; `ahead` is what is foreseen of each service, `now` the moment that is asked about, if any."""
    yield from _section("freezes", freeze_lines(plan, now))
    yield from _section("schedule", schedule_lines(plan))
    yield from _section("services", _services(plan))
    yield from _section("external", (without_secrets(external_words(each), plan) for each in plan.externals))
    for section, checks in plan.gates.items():
        yield from _section(f"gate {section}", (without_secrets(check_words(check), plan) for check in checks))
    if plan.readiness:
        weights = ", ".join(f"{gate} counts {weight:g}" for gate, weight in plan.readiness.weights.items())
        yield from _section("readiness", (f"at least {plan.readiness.at_least:g} of 100{weights and f'; {weights}'}",))
    yield from _section("approvals", map(approval_words, plan.approvals))
    yield from _section("databases", _databases(plan))
    yield from _section("stages", _stages(plan))
    yield from _section("verify", (without_secrets(check_words(check), plan) for check in plan.verify))
    yield from _section("rules", (f"{rule.condition.text}: {rule.action}" for rule in plan.rules))
    yield from _section(
        "severities", (f"{name}  {severity_words.agreed(each)}" for name, each in plan.severities.items())
    )
    yield from _section("people say", stating_words.agreed(plan))
    yield from _section("watch", _watch(plan))
    yield from _section("compare", _compared(plan.compare, ahead))
    yield from _section("way back", _way_back(plan))
    yield from _section("afterwards", map(afterwards_words, plan.afterwards))
    yield from _section("rehearsal", _rehearsal(plan))
    yield ""
    yield f"A release that goes well holds for {duration(sum(stage.hold for stage in plan.stages))} in all."


def _way_back(plan: Plan) -> Iterator[str]:
    yield f"within {duration(plan.rollback_within)}"
    for check in plan.verify_back:
        yield f"then asked: {without_secrets(check_words(check), plan)}"
    if plan.monitored:
        yield f"then watched for {duration(plan.monitored)}"


def _rehearsal(plan: Plan) -> Iterator[str]:
    if plan.staging is None:
        return
    yield f"with the variables of {plan.staging.environment}"
    if plan.staging.load:
        yield f"traffic by {without_secrets(plan.staging.load, plan)}"
    bounds = ", ".join(f"{drill} within {duration(plan.bound(drill))}" for drill in Drill)
    yield f"ways back that are drilled: {bounds}"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        head = title if number == 0 else ""
        if len(head) >= MARGIN:
            yield f"  {clean(head)}"
            head = ""
        yield f"  {clean(head):<{MARGIN}}{clean(line)}"


def _services(plan: Plan) -> Iterator[str]:
    for service in plan.services:
        yield service.name
        yield f"  {adapter_words(service.target, plan)}"
        yield f"  {adapter_words(service.router, plan)}"


def _databases(plan: Plan) -> Iterator[str]:
    for each in plan.databases:
        yield each.name
        yield f"  {adapter_words(each.adapter, plan)}"
        if each.migrates:
            yield from (f"  {line}" for line in _migrations(each))
        if each.export:
            columns = ", ".join(f"{table} by {column}" for table, column in each.export.items())
            yield f"  what a restore takes away is exported: {columns}"
        if not each.rows_may_fall:
            yield "  a migration that leaves a table with fewer rows has failed"
        for check in each.checks:
            yield f"  {check.name}: no row of {check.sql}"
        yield from (f"  warning: {doubt}" for doubt in doubts(each))
        if each.contracts:
            yield f"  when the candidate is in service, {each.role or 'somebody'} is asked about `contract`"


def _migrations(each: DatabasePlan) -> Iterator[str]:
    """Yield what is done about a migration beforehand, and for each class whether it goes by itself, and back."""
    proof = ", proven by a restore" if each.proves else ", not proven"
    rehearsed = "; rehearsed on a copy" if each.rehearse else ""
    yield f"a backup before each migration{proof}{rehearsed}"
    who = each.role or "somebody"
    goes = {
        kind: "goes by itself" if kind in each.allowed else f"waits until {who} approves" for kind in MigrationClass
    }
    widest = max(map(len, goes.values()))
    for kind in MigrationClass:
        yield f"{kind:<11}  {goes[kind]:<{widest}}  on a way back {_WAYS[each.way(kind)].format(who=who)}"


_WAYS = {
    Way.STAY: "it stays",
    Way.UNDO: "it is undone while stable serves",
    Way.RESTORE: "writes stop, and the backup is restored once {who} approves",
}


def _stages(plan: Plan) -> Iterator[str]:
    widest = max(len(stage.name) for stage in plan.stages)
    for stage in plan.stages:
        yield f"{stage.name:<{widest}}  {stage.share!s:>5}  {_hold(stage)}"
        yield f"{'':<{widest}}  {'':>5}  {_judged(stage)}"


def _watch(plan: Plan) -> Iterator[str]:
    if plan.watch is None:
        return
    watch = plan.watch
    yield f"{duration(watch.lasts)} in service before the release is sealed, looks {looks_words(watch.looks)}"
    if watch.passes:
        yield f"passes with {' and '.join(condition.text for condition in watch.passes)}; otherwise: people are asked"
    if watch.reports:
        yield f"reports {looks_words(LookSchedule(watch.reports))}"
    for due in plan.sign_offs:
        yield f"after {duration(due.after)} {' or '.join(due.roles)} signs: {', '.join(due.items)}"


def _compared(compare: Terms | NotCompared, ahead: tuple[Foreseen, ...]) -> Iterator[str]:
    if isinstance(compare, NotCompared):
        yield f"off: {compare.because}"
        yield from lines(ahead)
        return
    alarm, tolerance = (figure(100 * part, Unit.PERCENT) for part in (compare.false_alarm, compare.tolerance))
    yield f"false alarm {alarm} a release, tolerance {tolerance}; where underpowered: {_then(compare)}"
    yield from lines(ahead) if ahead else [UNKNOWN]


def _then(terms: Terms) -> str:
    then = terms.underpowered
    return f"extend up to {duration(then.up_to)}" if then.up_to else str(then.do)


def _hold(stage: Stage) -> str:
    return f"holds {duration(stage.hold)}, looks {looks_words(stage.looks)}"


def _judged(stage: Stage) -> str:
    return f"passes with {' and '.join(condition.text for condition in stage.passes)}; otherwise: {stage.on_fail}"
