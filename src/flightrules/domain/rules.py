"""The rules of a plan over the looks of a release: which of them stand, and which fire.

The state of the rules follows from the observations alone, so that after a crash it is rebuilt by showing
them again (`RulesJudge.replay`), or read back from its record. One look costs the same however many came
before. Nothing here acts; a finding asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from flightrules.domain.figures import duration
from flightrules.domain.limits import Compared, Memory, compare, services_with
from flightrules.domain.plan import Condition, Do, Plan, Rule, Unit
from flightrules.domain.stretches import Stretch
from flightrules.domain.verdict import Finding, Observation, Verdict

JUDGE = "rules"

_ONCE_A_STRETCH = (Do.WARN, Do.PAGE, Do.PAUSE)
_AFRESH = (Do.STEP_BACK,)


@dataclass(frozen=True)
class Standing:
    """Where one rule stands for one service: the stretch for which it has been true, and what its limit remembers."""

    stretch: Stretch = field(default_factory=Stretch)
    memory: Memory = field(default_factory=Memory)


RuleState = Mapping[tuple[int, str], Standing]
"""By the number of the rule in the plan (from 0) and the service."""


class RulesJudge:
    """Judges by the rules of the plan."""

    def __init__(self, plan: Plan, state: RuleState | None = None) -> None:
        self._rules = plan.rules
        self._units = plan.metric_units()
        self._state: RuleState = dict(state or {})

    @classmethod
    def replay(cls, plan: Plan, seen: Iterable[Observation]) -> RulesJudge:
        """Return the judge as it was after `seen`, all observations of the release in order."""
        judge = cls(plan)
        for observation in seen:
            judge.look(observation)
        return judge

    @property
    def name(self) -> str:
        """What the judge is called in the record."""
        return JUDGE

    @property
    def state(self) -> RuleState:
        """Where every rule stands after the last look."""
        return self._state

    def look(self, seen: Observation) -> tuple[Finding, ...]:
        """Return one finding a rule and service: `FAIL` where the rule is true, with its action where it fires."""
        state, findings = dict(self._state), []
        for number, rule in enumerate(self._rules):
            unit = self._units[rule.condition.metric]
            for service in _services(number, rule.condition.metric, seen, state):
                standing, finding = look_at(rule, unit, service, state.get((number, service), Standing()), seen)
                state[number, service] = standing
                findings.append(finding)
        self._state = state
        return tuple(findings)


def look_at(rule: Rule, unit: Unit, service: str, standing: Standing, seen: Observation) -> tuple[Standing, Finding]:
    """Hold one rule against one look at one service: where it stands then, and what follows."""
    memory = standing.memory.after(rule.condition, seen, service)
    compared = compare(rule.condition, unit, seen, service, memory)
    stretch = standing.stretch.after(compared.true, seen.at, seen.interval)
    satisfied = compared.true is True and stretch.is_long_enough(rule.condition.lasting, seen.interval)
    fires = satisfied and not (stretch.fired and rule.action.do in _ONCE_A_STRETCH)
    finding = Finding(
        judge=JUDGE,
        verdict=compared.missing or (Verdict.FAIL if satisfied else Verdict.PASS),
        says=_words(rule.condition, compared, stretch),
        action=rule.action if fires else None,
        rule_text=rule.text,
        service=service,
        lasted=stretch.lasted(),
    )
    return Standing(_fired(stretch, rule) if fires else stretch, memory), finding


def _services(number: int, metric: str, seen: Observation, state: RuleState) -> tuple[str, ...]:
    # A service that the rule has seen before and that this look is silent about is a look that told nothing.
    before = (service for rule, service in state if rule == number)
    known = dict.fromkeys((*before, *services_with(metric, seen)))
    return tuple(known) or tuple(seen.roles)


def _fired(stretch: Stretch, rule: Rule) -> Stretch:
    # After a step back the candidate gets other traffic: what was true before it says nothing about that.
    return Stretch(last=stretch.last) if rule.action.do in _AFRESH else replace(stretch, fired=True)


def _words(condition: Condition, compared: Compared, stretch: Stretch) -> str:
    if not compared.true or not condition.lasting:
        return compared.says
    if stretch.lasted() >= condition.lasting:
        return f"{compared.says} for {duration(stretch.lasted())}"
    return f"{compared.says} for {duration(stretch.lasted())} of {duration(condition.lasting)}"
