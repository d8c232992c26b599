"""What the looks of a release say: its metrics against the limits that stand on them, and where every rule stands.

Looks are read in order and each once, as the release itself does after a crash, so that a rule shown as true for
40 s is one that the release counts as true for 40 s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flightrules.domain import endings, holding, observations
from flightrules.domain.limits import Memory, compare, judged, reading_of, services_with
from flightrules.domain.plan import WATCH, BaselineLimit, Comparison, Condition, FixedLimit, Plan, Rule, Stage, Unit
from flightrules.domain.rules import RulesJudge
from flightrules.domain.verdict import ALL, STABLE, Finding, Observation
from flightrules.views.model import LimitView, MetricView, Nearness

NEAR = 0.8
"""The part of the way from harmless to a limit from which on a value counts as near it."""

PASS = "pass"
_UPWARD = (Comparison.ABOVE, Comparison.AT_LEAST)
_WORST_FIRST = (Nearness.OVER, Nearness.MISSING, Nearness.NEAR, Nearness.OK)


class Readings:
    """The looks of one release, one after the other."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._units = plan.metric_units()
        self._judge = RulesJudge(plan)
        self._findings: tuple[Finding, ...] = ()
        self._trends: dict[tuple[str, str], Memory] = {}
        self._visit = ""
        self._again: set[float] = set()
        self.last: Observation | None = None
        self.held = 0.0
        """Seconds of the present hold that were watched."""

    def add(self, record: Mapping[str, Any]) -> None:
        """Follow one more look, as it was stored."""
        look = observations.from_record({**record, "counters": {}})  # the counts are in the readings already
        self._findings = self._judge.look(look)
        if look.stage != self._visit:
            self._visit, self.held, self._trends = look.stage, 0.0, {}
        self.held += holding.watched(self.last, look, paused=bool(record.get("paused")))
        if look.at in self._again:
            self.held = 0.0
        self.last = look
        name = endings.stage_of(look.stage)
        for stage in (*self._plan.stages, *([self._plan.watch.as_stage()] if self._plan.watch else [])):
            if stage.name == name or look.stage == stage.name == WATCH:
                self._remember(stage, look)

    def begin_again(self, at: float) -> None:
        """Count the present hold from zero, from the look at the moment `at` on, whether or not it was read yet."""
        self._again.add(at)
        if self.last is not None and self.last.at == at:
            self.held = 0.0

    def _remember(self, stage: Stage, look: Observation) -> None:
        for condition in stage.passes:
            for service in services_with(condition.metric, look):
                key = (condition.text, service)
                self._trends[key] = self._trends.get(key, Memory()).after(condition, look, service)

    def rules(self) -> tuple[LimitView, ...]:
        """Return where every rule stands for every service, in the order of the plan."""
        look = self.last
        if look is None:
            return ()
        standing = {(finding.rule_text, finding.service): finding for finding in self._findings}
        views = []
        for (number, service), state in sorted(self._judge.state.items()):
            rule = self._plan.rules[number]
            finding = standing.get((rule.text, service))
            if finding is not None:
                views.append(self._rule(rule, service, state.memory, finding, look))
        return tuple(views)

    def _rule(self, rule: Rule, service: str, memory: Memory, finding: Finding, look: Observation) -> LimitView:
        bare = self._limit(rule.condition, service, memory, look, str(rule.action))
        return LimitView(**{**vars(bare), "says": finding.says, "lasted": finding.lasted})

    def metrics(self, stage: Stage | None) -> tuple[MetricView, ...]:
        """Return every metric of the last look; `stage` is the one that is holding, if one is."""
        look = self.last
        if look is None:
            return ()
        limits = (*self.rules(), *(self._conditions(stage, look) if stage else ()))
        known = dict.fromkeys((reading.metric, reading.service) for reading in look.readings)
        return tuple(self._metric(metric, service, limits, look) for metric, service in known)

    def _conditions(self, stage: Stage, look: Observation) -> Iterator[LimitView]:
        for condition in stage.passes:
            for service in services_with(condition.metric, look):
                memory = self._trends.get((condition.text, service), Memory())
                yield self._limit(condition, service, memory, look, PASS)

    def _limit(self, condition: Condition, service: str, memory: Memory, look: Observation, then: str) -> LimitView:
        compared = compare(condition, self._units[condition.metric], look, service, memory)
        bound = _bound(condition, memory)
        reading = judged(condition.metric, look, service)
        harmful = compared.true if then != PASS else (None if compared.true is None else not compared.true)
        if harmful is None:
            nearness = Nearness.MISSING
        elif harmful:
            nearness = Nearness.OVER
        else:
            upward = (condition.comparison in _UPWARD) == (then != PASS)
            nearness = _nearness(reading.value if reading else None, bound, upward, self._units[condition.metric])
        return LimitView(
            condition.metric, service, condition.text.removeprefix(condition.metric).strip(), then,
            nearness, compared.says, bound, 0.0, condition.lasting,
        )  # fmt: skip

    def _metric(self, metric: str, service: str, limits: Iterable[LimitView], look: Observation) -> MetricView:
        mine = tuple(limit for limit in limits if (limit.metric, limit.service) == (metric, service))
        reading, stable = judged(metric, look, service), reading_of(metric, STABLE, look, service)
        value = reading.value if reading else None
        states = {limit.nearness for limit in mine} | ({Nearness.MISSING} if value is None else set())
        return MetricView(
            name=metric,
            service=service,
            unit=str(self._units.get(metric, Unit.NUMBER)),
            candidate=value,
            stable=stable.value if stable else None,
            apart=reading is None or reading.subject != ALL,
            requests=reading.requests if reading else None,
            why=reading.why if reading else "",
            nearness=next((state for state in _WORST_FIRST if state in states), Nearness.OK),
            limits=mine,
        )


def _bound(condition: Condition, memory: Memory) -> float | None:
    """Return the limit in the metric's unit, where it has one at this moment."""
    match condition.limit:
        case FixedLimit(value=value):
            return value
        case BaselineLimit(factor=factor):
            return None if memory.baseline is None else factor * memory.baseline
        case _:
            return None


def _nearness(value: float | None, bound: float | None, upward: bool, unit: Unit) -> Nearness:
    """Return how near a value on the harmless side is to its limit; `upward`: more is worse.

    A percentage with a lower limit is measured from 100: 99.5% is near a limit of 99.4%, 100% is not.
    """
    if value is None or bound is None:
        return Nearness.OK
    if not upward and unit is Unit.PERCENT:
        value, bound, upward = 100 - value, 100 - bound, True
    near = value >= NEAR * bound if upward else value <= bound / NEAR
    return Nearness.NEAR if near and value != 0 else Nearness.OK
