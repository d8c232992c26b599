"""The rules of a plan over the looks of a release: which of them stand, and which fire.

The state of the rules follows from the observations alone, so that after a crash it is rebuilt by showing
them again, or read back from its record, in which a field may be added, never renamed. One
look costs the same however many came before. Nothing here acts; a finding asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

from flightrules.domain.endings import Ending, Waiting
from flightrules.domain.figures import duration
from flightrules.domain.growth import Slice, Trend
from flightrules.domain.limits import Compared, Memory, compare, holds
from flightrules.domain.plan import Condition, Do, Plan, Rule, Stage
from flightrules.domain.severities import worse
from flightrules.domain.stretches import Stretch
from flightrules.domain.verdict import Finding, Observation, Verdict

JUDGE = "rules"

_ONCE_A_STRETCH = (Do.WARN, Do.PAGE, Do.PAUSE, Do.SEVERITY)
_AFRESH = (Do.STEP_BACK,)


class Standing(NamedTuple):
    """Where one rule stands for one service: the stretch for which it has been true, and what its limit remembers."""

    stretch: Stretch = Stretch()
    memory: Memory = Memory()


RuleState = Mapping[tuple[int, str], Standing]
"""By the number of the rule in the plan (from 0) and the service."""


class Looked(NamedTuple):
    """One rule after a look at one service: whether it is true (None: not known), since when, and whether it fires.

    `stretch` is as the rule was judged by, `standing` as the next look finds it.
    """

    rule: Rule
    service: str
    true: bool | None
    stretch: Stretch
    standing: Standing
    satisfied: bool
    fires: bool


class RulesJudge:
    """Judges by the rules of the plan."""

    def __init__(self, plan: Plan, state: RuleState | None = None) -> None:
        self._rules = plan.rules
        self._units = plan.metric_units()
        self._state: dict[tuple[int, str], Standing] = dict(state or {})
        self._known: list[dict[str, None]] = _known(len(plan.rules), self._state)
        """By the number of a rule, the services that it has seen."""

    @property
    def name(self) -> str:
        """What the judge is called in the record."""
        return JUDGE

    @property
    def state(self) -> RuleState:
        """Where every rule stands after the last look."""
        return dict(self._state)

    @property
    def decided_in(self) -> float | None:
        """In how many seconds the first of the rules that have begun to be true may fire; None where none has."""
        begun = [
            self._rules[number].condition.lasting - standing.stretch.lasted()
            for (number, _), standing in self._state.items()
            if standing.stretch.began is not None and not standing.stretch.fired
        ]
        return min((left for left in begun if left > 0), default=None)

    def is_over(self, severity: str) -> bool:
        """Return whether no rule of this severity, or of a worse one, has been true for as long as its own `for`.

        That has to be known: a look that tells nothing says nothing about what is over.
        """
        concerned = (
            (standing.stretch, rule.condition.lasting)
            for (number, _), standing in self._state.items()
            if (rule := self._rules[number]).action.do is Do.SEVERITY and not worse(severity, str(rule.action.to))
        )
        return all(stretch.is_over(lasting) for stretch, lasting in concerned)

    def to_record(self) -> dict[str, Any]:
        """Return where every rule stands after the last look, as data that JSON can hold."""
        return {"rules": rules_to_record(self._state)}

    def resume(self, record: Mapping[str, Any]) -> None:
        """Stand where `to_record` said."""
        self._state = dict(rules_from_record(record["rules"]))
        self._known = _known(len(self._rules), self._state)

    def at_the_end(self, stage: Stage, ending: Ending, beyond: float) -> Ending | Waiting:
        """Return the ending as it is: a rule acts while it is true, and has no say in how a hold ends."""
        return ending

    def look(self, seen: Observation) -> tuple[Finding, ...]:
        """Return one finding a rule and service: `FAIL` where the rule is true, with its action where it fires."""
        return tuple(self._finding(looked, seen) for looked in self._looked(seen))

    def asked(self, seen: Observation) -> tuple[Finding, ...]:
        """Do as `look`, and return only the findings that ask for an action: most looks need no words at all."""
        return tuple(self._finding(looked, seen) for looked in self._looked(seen) if looked.fires)

    def _looked(self, seen: Observation) -> Iterator[Looked]:
        for number, rule in enumerate(self._rules):
            for service in self._services(number, rule.condition.metric, seen):
                looked = look_at(rule, service, self._state.get((number, service), _NOT_SEEN), seen)
                self._state[number, service] = looked.standing
                yield looked

    def _services(self, number: int, metric: str, seen: Observation) -> Iterable[str]:
        # A service that the rule has seen before and that this look is silent about is a look that told nothing.
        known = self._known[number]
        known.update(seen.services.get(metric) or ({} if known else dict.fromkeys(seen.roles)))
        return known

    def _finding(self, looked: Looked, seen: Observation) -> Finding:
        condition = looked.rule.condition
        unit = self._units[condition.metric]
        compared = compare(condition, unit, seen, looked.service, looked.standing.memory)
        return Finding(
            judge=JUDGE,
            verdict=compared.missing or (Verdict.FAIL if looked.satisfied else Verdict.PASS),
            says=_words(condition, compared, looked.stretch),
            action=looked.rule.action if looked.fires else None,
            rule_text=looked.rule.text,
            service=looked.service,
            lasted=looked.stretch.lasted(),
        )


_NOT_SEEN = Standing()


def look_at(rule: Rule, service: str, standing: Standing, seen: Observation) -> Looked:
    """Hold one rule against one look at one service."""
    condition = rule.condition
    memory = standing.memory.after(condition, seen, service)
    true = holds(condition, seen, service, memory)
    stretch = standing.stretch.after(true, seen.at, seen.interval)
    satisfied = true is True and stretch.is_long_enough(condition.lasting, seen.interval)
    fires = satisfied and not (stretch.fired and rule.action.do in _ONCE_A_STRETCH)
    after = Standing(_fired(stretch, rule) if fires else stretch, memory)
    return Looked(rule, service, true, stretch, after, satisfied, fires)


def _fired(stretch: Stretch, rule: Rule) -> Stretch:
    # After a step back the candidate gets other traffic: what was true before it says nothing about that.
    return Stretch(last=stretch.last) if rule.action.do in _AFRESH else stretch._replace(fired=True)


def _words(condition: Condition, compared: Compared, stretch: Stretch) -> str:
    if not compared.true or not condition.lasting:
        return compared.says
    if stretch.lasted() >= condition.lasting:
        return f"{compared.says} for {duration(stretch.lasted())}"
    return f"{compared.says} for {duration(stretch.lasted())} of {duration(condition.lasting)}"


def _known(rules: int, state: Iterable[tuple[int, str]]) -> list[dict[str, None]]:
    known: list[dict[str, None]] = [{} for _ in range(rules)]
    for number, service in state:
        known[number][service] = None
    return known


def rules_to_record(state: RuleState) -> list[dict[str, Any]]:
    """Return where every rule stands as data that JSON can hold."""
    return [
        {"rule": rule, "service": service, "stretch": at.stretch._asdict(), "memory": asdict(at.memory)}
        for (rule, service), at in state.items()
    ]


def rules_from_record(records: Iterable[Mapping[str, Any]]) -> RuleState:
    """Return the state that `rules_to_record` wrote."""
    return {
        (record["rule"], record["service"]): Standing(Stretch(**record["stretch"]), _memory(record["memory"]))
        for record in records
    }


def _memory(record: Mapping[str, Any]) -> Memory:
    trend = record["trend"]
    if trend is not None:
        slices = tuple(Slice(**part) for part in trend["slices"])
        trend = Trend(**{**trend, "slices": slices})
    return Memory(record["baseline"], trend)
