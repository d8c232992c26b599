"""What a plan will do, as a person asks before anything happens. Values of variables are never shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flightrules.domain import severity_words
from flightrules.domain.adapter import Adapter
from flightrules.domain.checks import Check
from flightrules.domain.clock_times import clock_said
from flightrules.domain.figures import duration
from flightrules.domain.people import Approval
from flightrules.domain.plan import Afterwards, External, LookSchedule, Plan, Watch
from flightrules.domain.schedule import PhaseTime

HIDDEN = "***"
SHORTEST = 4
"""Values of variables that are shorter than this are not hidden: they would hide half of the text."""


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON-ready data; durations in seconds, shares in percent."""
    return {
        "plan": plan.name,
        "digest": plan.digest,
        "services": [
            {"name": each.name, "target": each.target.kind, "router": each.router.kind} for each in plan.services
        ],
        "stages": [
            {
                "name": stage.name,
                "share": stage.share.basis_points / 100,
                "hold": stage.hold,
                "pass": [condition.text for condition in stage.passes],
                "fail": str(stage.on_fail),
            }
            for stage in plan.stages
        ],
        "rules": [{"if": rule.condition.text, "then": str(rule.action)} for rule in plan.rules],
        "external": [each.check.name for each in plan.externals],
        "severities": {level: severity_words.agreed(each) for level, each in plan.severities.items()},
        "gates": {section: [check.name for check in checks] for section, checks in plan.gates.items()},
        "readiness": plan.readiness and {"at_least": plan.readiness.at_least, "weights": dict(plan.readiness.weights)},
        "time_zone": str(plan.freezes.zone),
        "schedule": [_phase(each) for each in plan.schedule.values()],
        "approvals": [approval_words(approval) for approval in plan.approvals],
        "verify": [check.name for check in plan.verify],
        "rollback": {
            "within": plan.rollback_within,
            "verify": [check.name for check in plan.verify_back],
            "monitor": plan.monitored,
        },
        "watch": None if plan.watch is None else _watch(plan.watch),
        "sign_offs": [
            {"after": each.after, "roles": list(each.roles), "items": list(each.items)} for each in plan.sign_offs
        ],
        "afterwards": [{"what": each.what, "within": each.within} for each in plan.afterwards],
        "rehearsal": plan.staging and {"environment": plan.staging.environment, "load": bool(plan.staging.load)},
        "metrics": [{"name": metric.name, "from": metric.source, "unit": str(metric.unit)} for metric in plan.metrics],
    }


def afterwards_words(due: Afterwards) -> str:
    """Return what people owe once a release is over, and by when."""
    when = " after a way back" if due.only_after_a_way_back else ""
    return f"{due.what} within {duration(due.within)}{when}"


def _phase(agreed: PhaseTime) -> dict[str, Any]:
    """Return what is agreed about the time of a phase: `at` as a clock shows it, `budget` in seconds."""
    at = None if agreed.at is None else clock_said(agreed.at)
    overrun = f"ask {agreed.ask}" if agreed.ask else "warn"
    return {"phase": agreed.phase, "at": at, "budget": agreed.budget, "overrun": overrun if agreed.budget else None}


def _watch(watch: Watch) -> dict[str, Any]:
    return {"for": watch.lasts, "pass": [condition.text for condition in watch.passes]}


def adapter_words(adapter: Adapter, plan: Plan) -> str:
    """Return an adapter with the options that the plan gives it: `local: start python3 app.py, health /health`."""
    given = ", ".join(_options(adapter.options)) if adapter.options is not None else ""
    return without_secrets(f"{adapter.kind}: {given}" if given else adapter.kind, plan)


def without_secrets(text: str, plan: Plan) -> str:
    """Return `text` with every value that a variable brought into the plan hidden."""
    for secret in sorted(plan.secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, HIDDEN)
    return text


def _options(options: Any) -> Iterator[str]:
    for name, field in type(options).model_fields.items():
        if name in options.model_fields_set:
            yield f"{name.replace('_', ' ')} {_value(getattr(options, name), field)}"


def _value(value: Any, field: Any) -> str:
    if hasattr(type(value), "model_fields"):
        return " ".join(_options(value))
    if isinstance(value, Mapping):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    return duration(value) if extra.get("flight") == "duration" else str(value)


A_YEAR = 365 * 86400.0
"""Seconds. What may take longer has no time limit: a person is waited for."""


def check_words(check: Check) -> str:
    """Return what a check asks: its name, what is behind it, what is expected, and why it may be left out."""
    if check.not_applicable:
        return f"{check.name}: not applicable: {check.not_applicable}"
    expects = ", ".join(each.text for each in check.expects if each.text != getattr(check.options, check.kind, None))
    within = f"within {duration(check.within)}" if check.within < A_YEAR else ""
    asked = ", ".join(filter(None, (_asked(check), expects, within)))
    return f"{check.name}: {asked}{_excused(check)}"


def external_words(external: External) -> str:
    """Return how an external service is asked: `openai: http https://…, status = 200, within 5s, at most every 1m`."""
    every = f", at most every {duration(external.every)}" if external.every else ""
    return f"{check_words(external.check)}{every}"


def _asked(check: Check) -> str:
    main = getattr(check.options, check.kind, None)
    if isinstance(main, str):
        return f"{check.kind} {main}"
    if isinstance(main, Mapping | tuple):
        return f"{check.kind} {', '.join(main)}"
    return ": ".join((check.kind, ", ".join(_options(check.options))))


def _excused(check: Check) -> str:
    if check.waiver:
        return f" (waived by {check.waiver.owner} until {check.waiver.until}: {check.waiver.why})"
    return "" if check.mandatory else " (not mandatory)"


def approval_words(approval: Approval) -> str:
    """Return who approves: `engineering and qa, 2 different people each, not who wrote or begins it`."""
    of = f", {approval.of} different people{' each' if approval.every else ''}" if approval.of > 1 else ""
    author = ", not who wrote or begins it" if approval.not_author else ""
    within = f", within {duration(approval.within)}" if approval.within else ""
    return (" and " if approval.every else " or ").join(approval.roles) + of + author + within


def looks_words(looks: LookSchedule) -> str:
    """Return a look schedule: `every 1m until 1h, then every 5m`."""
    parts = [
        f"every {duration(part.every)}" + (f" until {duration(part.until)}" if part.until is not None else "")
        for part in looks.parts
    ]
    return ", then ".join(parts)
