"""Reads `stages` and `rules`: what moves the traffic, and what calls the release back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from flightrules.domain.plan import Action, Condition, Do, Look, LookSchedule, Rule, Stage, Unit
from flightrules.domain.severities import LEVELS
from flightrules.domain.traffic import WHOLE, Share
from flightrules.plan_file import grammar, stated, units, values
from flightrules.plan_file.grammar import GrammarError
from flightrules.plan_file.problems import did_you_mean, quote
from flightrules.plan_file.shapes import Form
from flightrules.plan_file.values import Fields, Slot
from flightrules.plan_file.vocabulary import RULE, STAGE

Units = Mapping[str, Unit | None]
"""The unit of every metric that a condition can name; None where the metric itself has a problem."""

_ON_FAIL = (Do.ROLL_BACK, Do.STEP_BACK, Do.PAUSE)
_USUAL_FAIL = Action(Do.ROLL_BACK)


@dataclass
class _Steps:
    """What the stages have said so far; also of stages that have a problem elsewhere."""

    names: list[str] = field(default_factory=list)
    shares: list[tuple[Fields, Share]] = field(default_factory=list)


def read_stages(slot: Slot, known: Units) -> tuple[Stage, ...]:
    """Return the stages that could be read; notes shares that fall, and an end short of 100 %."""
    steps = _Steps()
    read = []
    for inner in values.items(slot, "stages"):
        fields = values.fields(inner, STAGE)
        read.append(_stage(fields, known, steps) if fields else None)
    _check_shares(steps.shares)
    if steps.shares and len(steps.shares) == len(read):
        _check_end(*steps.shares[-1])
    return tuple(stage for stage in read if stage)


def _stage(fields: Fields, known: Units, steps: _Steps) -> Stage | None:
    name = fields.read("stage", lambda slot: _new_name(slot, steps.names))
    share = fields.read("traffic", values.share)
    hold = fields.read("hold", values.duration)
    looks = fields.read("look", lambda slot: schedule(slot, hold, "hold"))
    conditions = fields.read("pass", lambda slot: passes(slot, known, "hold"))
    on_fail = fields.read_or("fail", lambda slot: _on_fail(slot, steps.names), _USUAL_FAIL)
    if name is not None:
        steps.names.append(name)
    if share is not None:
        steps.shares.append((fields, share))
    if name is None or share is None or hold is None or looks is None or conditions is None:
        return None
    return Stage(name, share, hold, looks, conditions, on_fail)


def _check_shares(shares: list[tuple[Fields, Share]]) -> None:
    for (_, before), (fields, share) in pairwise(shares):
        if share < before:
            what = f"the share falls from {before} to {share}"
            fields.complain("traffic", what, f"write at least {before}, or change the order of the stages")
    for fields, share in shares:
        if share.basis_points == 0:
            what = "this stage sends no traffic to the candidate, so nothing could be seen"
            fields.complain("traffic", what, "write more than 0%")


def _check_end(fields: Fields, last: Share) -> None:
    if last.basis_points != WHOLE:
        what = f"the last stage must carry 100%, not {last}"
        fields.complain("traffic", what, "add a stage with `traffic: 100%`")


def _new_name(slot: Slot, names: list[str]) -> str | None:
    name = values.name(slot)
    if name in names:
        slot.wrong(f"there are two stages {quote(name or '')}", "give each stage a name of its own")
        return None
    return name


def schedule(slot: Slot, lasts: float | None, during: str) -> LookSchedule | None:
    """Return when to look `during` a hold or a watch that `lasts` so many seconds (None where that has a problem)."""
    looks = parts_of(slot, "looks", lambda inner: inner.parse(units.look, Form.LOOK))
    if not looks or not _covers(slot, looks, lasts, during):
        return None
    return LookSchedule((*looks[:-1], Look(looks[-1].every)))


def parts_of(slot: Slot, called: str, read: Callable[[Slot], Look | None]) -> list[Look]:
    """Return the parts of a schedule, each with its end counted from the beginning; none where one has a problem."""
    parts = [(inner, read(inner)) for inner in values.one_or_many(slot, called)]
    looks: list[Look] = []
    elapsed = 0.0
    for number, (inner, look) in enumerate(parts, 1):
        if look is None:
            return []
        if look.until is None and number < len(parts):
            inner.wrong("this part of the schedule never ends, so the next one never begins", "add `for` and a time")
            return []
        elapsed += look.until or 0.0
        looks.append(Look(look.every, elapsed if look.until is not None else None))
    return looks


def _covers(slot: Slot, looks: list[Look], lasts: float | None, during: str) -> bool:
    end = looks[-1].until
    if lasts and end is not None and end < lasts:
        what = f"the looks end before the {during} does"
        slot.wrong(what, "leave `for` out of the last part: it then lasts to the end")
        return False
    if lasts and looks[0].every > lasts:
        slot.wrong(f"the first look would come after the {during}", f"look more often, or {during} longer")
        return False
    return True


def passes(slot: Slot, known: Units, during: str) -> tuple[Condition, ...] | None:
    """Return the conditions that are judged over the whole of a hold or a watch."""
    read = [_pass(inner, known, during) for inner in values.one_or_many(slot, "conditions")]
    found = tuple(condition for condition in read if condition)
    return found if found and len(found) == len(read) else None


def _pass(slot: Slot, known: Units, during: str) -> Condition | None:
    condition = _condition(slot, known)
    if condition and condition.lasting:
        what = f"`pass` is judged over the whole {during}, so `for` cannot stand here"
        slot.wrong(what, "leave `for` out; write a rule for what must not last")
        return None
    return condition


def _condition(slot: Slot, known: Units) -> Condition | None:
    return slot.parse(lambda text: known_condition(text, known), Form.CONDITION)


def known_condition(text: str, known: Units) -> Condition:
    """Return the condition in `text`, about one of the metrics that are `known`. Raises `GrammarError`."""
    claim = grammar.claim(text)
    if claim.metric not in known:
        every = f"supplied are {', '.join(known)}; add what else is measured to `metrics`"
        hint = did_you_mean(claim.metric, known, every)
        raise GrammarError(claim.metric_at, f"nothing supplies the metric {quote(claim.metric)}", hint)
    unit = known[claim.metric]
    if unit is None:  # the metric has a problem of its own, which says it all
        return Condition(claim.metric, claim.comparison, units.UNKNOWN_LIMIT, 0.0, text)
    condition = units.condition(claim, unit, " ".join(text.split()))
    stated.refuse(claim, condition, known)
    return condition


def _on_fail(slot: Slot, earlier: list[str]) -> Action | None:
    read = slot.parse(grammar.action, Form.ACTION)
    if read is None:
        return None
    if read.do not in _ON_FAIL:
        what = f"a stage that did not pass cannot just {quote(str(read))}"
        slot.wrong(what, "write `roll back`, `step back to STAGE` or `pause`")
        return None
    return _to_stage(slot, read, earlier, "an earlier stage")


def _agree(severity: str, severities: list[str]) -> str:
    """Return what to write where nothing is agreed about `severity`."""
    has = f"`rollback.severities` has {', '.join(severities)}; " if severities else ""
    if severity not in LEVELS:
        return f"{has}severities are {', '.join(LEVELS)}"
    return f"{has}write `rollback: {{severities: {{{severity}: roll back}}}}`, or what else follows it"


def _to_stage(slot: Slot, action: Action, stages: list[str], called: str) -> Action | None:
    if action.do is Do.STEP_BACK and action.to not in stages:
        what = f"{quote(action.to or '')} is not {called}"
        none = "" if stages else "there is none; write `roll back` or `pause`"
        slot.wrong(what, did_you_mean(action.to or "", stages, none))
        return None
    return action


def read_rules(slot: Slot, known: Units, stages: list[str], severities: list[str]) -> tuple[Rule, ...]:
    """Return the rules that could be read; `stages` and `severities` are the names of all of them."""
    rules: list[Rule] = []
    for inner in values.items(slot, "rules"):
        rule = _rule(inner, known, stages, severities)
        if rule and rule in rules:
            inner.wrong("this rule stands here twice", "keep one")
        if rule:
            rules.append(rule)
    return tuple(rules)


def _rule(slot: Slot, known: Units, stages: list[str], severities: list[str]) -> Rule | None:
    fields = values.fields(slot, RULE)
    if fields is None:
        return None
    condition = fields.read("if", lambda inner: _condition(inner, known))
    action = fields.read("then", lambda inner: _rule_action(inner, stages, severities))
    return Rule(condition, action) if condition and action else None


def _rule_action(slot: Slot, stages: list[str], severities: list[str]) -> Action | None:
    read = slot.parse(grammar.action, Form.ACTION)
    if read and read.do is Do.SEVERITY and read.to not in severities:
        slot.wrong(f"the plan does not say what {quote(str(read))} means", _agree(str(read), severities))
        return None
    return _to_stage(slot, read, stages, "a stage of this plan") if read else None
