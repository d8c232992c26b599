"""Who judges a release by a plan."""

from __future__ import annotations

from flightrules.domain.comparing.judge import ComparisonJudge
from flightrules.domain.judges import Judge
from flightrules.domain.plan import Plan
from flightrules.domain.rules import RulesJudge
from flightrules.domain.terms import Terms


def judges(plan: Plan) -> tuple[Judge, ...]:
    """Return all judges, as they are before the first look: the rules, and the comparison unless it is off."""
    compared = (ComparisonJudge(plan, plan.compare),) if isinstance(plan.compare, Terms) else ()
    return (RulesJudge(plan), *compared)
