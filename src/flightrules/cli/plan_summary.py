"""A plan as `flight check` shows it: a page that a team can agree on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flightrules.cli.clean import clean
from flightrules.domain.figures import duration
from flightrules.domain.plan import Plan, Stage
from flightrules.views.plan_view import adapter_words, check_words, looks_words, without_secrets

MARGIN = 12


def summary(plan: Plan) -> Iterator[str]:
    """Yield the lines."""
    yield from _section("services", _services(plan))
    for section, checks in plan.gates.items():
        yield from _section(f"gate {section}", (without_secrets(check_words(check), plan) for check in checks))
    yield from _section("stages", _stages(plan))
    yield from _section("verify", (without_secrets(check_words(check), plan) for check in plan.verify))
    yield from _section("rules", (f"{rule.condition.text}: {rule.action}" for rule in plan.rules))
    yield from _section("way back", [f"within {duration(plan.rollback_within)}"])
    yield ""
    yield f"A release that goes well holds for {duration(sum(stage.hold for stage in plan.stages))} in all."


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


def _stages(plan: Plan) -> Iterator[str]:
    widest = max(len(stage.name) for stage in plan.stages)
    for stage in plan.stages:
        yield f"{stage.name:<{widest}}  {stage.share!s:>5}  {_hold(stage)}"
        yield f"{'':<{widest}}  {'':>5}  {_judged(stage)}"


def _hold(stage: Stage) -> str:
    return f"holds {duration(stage.hold)}, looks {looks_words(stage.looks)}"


def _judged(stage: Stage) -> str:
    return f"passes with {' and '.join(condition.text for condition in stage.passes)}; otherwise: {stage.on_fail}"
