"""Who judges a simulated release, and what they need to see: the judges of a real one, spared what they do not use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flightrules.domain.endings import Ending, Waiting
from flightrules.domain.judges import Judge
from flightrules.domain.plan import Condition, Plan, Stage
from flightrules.domain.rules import RulesJudge
from flightrules.domain.verdict import Finding, Observation

PERCENTILES = ("p50", "p95", "p99")


class QuickRules:
    """The rules of the plan, put into words only where they ask for something."""

    def __init__(self, plan: Plan) -> None:
        self._rules = RulesJudge(plan)

    @property
    def name(self) -> str:
        """What the judge is called in the record."""
        return self._rules.name

    def look(self, seen: Observation) -> tuple[Finding, ...]:
        """Return the findings that ask for an action: a simulated release acts on no other."""
        return self._rules.asked(seen)

    def at_the_end(self, stage: Stage, ending: Ending, beyond: float) -> Ending | Waiting:
        """Return `ending`: what rules want they want at looks."""
        return ending


def judges(plan: Plan) -> Sequence[Judge]:
    """Return those who judge a release by `plan`."""
    return (QuickRules(plan),)


def metrics(plan: Plan) -> frozenset[str]:
    """Return the metrics that a decision can depend on: no other has to be read."""
    return frozenset(condition.metric for condition in _conditions(plan))


def asks_for_latency(plan: Plan) -> bool:
    """Return whether a decision can depend on how long requests take."""
    return not metrics(plan).isdisjoint(PERCENTILES)


def _conditions(plan: Plan) -> Iterator[Condition]:
    yield from (rule.condition for rule in plan.rules)
    for stage in plan.stages:
        yield from stage.passes
