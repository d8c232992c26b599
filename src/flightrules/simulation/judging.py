"""Who judges a simulated release, and what they need to see: the judges of a real one, spared what they do not use.

Rules are put into words only where they ask for something. Evidence is weighed many looks at a time; where it turns out
to have reached its limit at an earlier look, the release is flown again up to that look (`Late`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from flightrules.domain.comparing.agreed import Agreed
from flightrules.domain.comparing.in_blocks import ComparedInBlocks
from flightrules.domain.comparing.judge import ComparisonJudge
from flightrules.domain.endings import Ending, Waiting
from flightrules.domain.judges import Judge
from flightrules.domain.plan import Condition, Plan, Stage
from flightrules.domain.rules import RulesJudge
from flightrules.domain.terms import Terms
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

    @property
    def decided_in(self) -> float | None:
        """In how many seconds the first of the rules that have begun to be true may fire; None where none has."""
        return self._rules.decided_in

    def look(self, seen: Observation) -> tuple[Finding, ...]:
        """Return the findings that ask for an action: a simulated release acts on no other."""
        return self._rules.asked(seen)

    def is_over(self, severity: str) -> bool:
        """Return whether what the rules of this severity, or of a worse one, saw is over."""
        return self._rules.is_over(severity)

    def at_the_end(self, stage: Stage, ending: Ending, beyond: float) -> Ending | Waiting:
        """Return what becomes of `ending`: what rules want they want at looks."""
        return self._rules.at_the_end(stage, ending, beyond)


def is_over(judges: Iterable[Judge], severity: str) -> bool:
    """Return whether what the rules of this severity, or of a worse one, saw is over."""
    return all(judge.is_over(severity) for judge in judges if isinstance(judge, QuickRules | RulesJudge))


class Late(Exception):
    """The evidence of a service had reached its limit before: after so many of its looks."""

    def __init__(self, service: str, looks: int) -> None:
        super().__init__(service, looks)
        self.service, self.looks = service, looks


class QuickComparison:
    """The comparison, weighed in blocks. `due` has the looks, by service, at which it is known to reach its limit."""

    def __init__(self, plan: Plan, terms: Terms, due: Mapping[str, int]) -> None:
        self._services: dict[str, ComparedInBlocks] = {}
        self._due = due
        self._judge = ComparisonJudge(plan, terms, self._begin)

    @property
    def name(self) -> str:
        """What the judge is called in the record."""
        return self._judge.name

    def _begin(self, service: str, agreed: Agreed) -> ComparedInBlocks:
        self._services[service] = ComparedInBlocks(service, agreed, self._due.get(service, math.inf))
        return self._services[service]

    def look(self, seen: Observation) -> tuple[Finding, ...]:
        """Return what the evidence that is weighed asks for. Raises `Late`."""
        findings = self._judge.look(seen)
        if any(each.comparison and each.comparison.against for each in self._services.values()):
            self.settle()
        return findings

    def at_the_end(self, stage: Stage, ending: Ending, beyond: float) -> Ending | Waiting:
        """Return what becomes of `ending`. Raises `Late`."""
        self.settle()
        return self._judge.at_the_end(stage, ending, beyond)

    def settle(self) -> None:
        """Weigh everything that was seen. Raises `Late` where that should have been done at an earlier look."""
        for name, service in self._services.items():
            service.weigh()
            against = service.comparison and service.comparison.against
            if against and against.looks != self._due.get(name):
                raise Late(name, against.looks)


class Judges:
    """All who judge one flight."""

    def __init__(self, plan: Plan, due: Mapping[str, int]) -> None:
        terms = plan.compare
        self._comparison = QuickComparison(plan, terms, due) if isinstance(terms, Terms) else None
        self.all: tuple[Judge, ...] = (QuickRules(plan), *((self._comparison,) if self._comparison else ()))

    def settle(self) -> None:
        """Weigh what was seen until the end of the flight. Raises `Late`."""
        if self._comparison is not None:
            self._comparison.settle()


def metrics(plan: Plan) -> frozenset[str]:
    """Return the metrics that a decision can depend on: no other has to be read."""
    return frozenset(condition.metric for condition in _conditions(plan))


def asks_for_latency(plan: Plan) -> bool:
    """Return whether a decision can depend on how long requests take."""
    return isinstance(plan.compare, Terms) or not metrics(plan).isdisjoint(PERCENTILES)


def _conditions(plan: Plan) -> Iterator[Condition]:
    yield from (rule.condition for rule in plan.rules)
    for stage in plan.stages:
        yield from stage.passes
    yield from plan.watch.passes if plan.watch else ()
