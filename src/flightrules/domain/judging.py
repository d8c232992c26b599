"""Who judges a release by a plan, what they have seen, and both as data to go on from after a crash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from flightrules import __version__
from flightrules.domain.comparing.judge import ComparisonJudge
from flightrules.domain.judges import LastingJudge
from flightrules.domain.plan import Plan
from flightrules.domain.rules import RulesJudge
from flightrules.domain.sight import Sight
from flightrules.domain.terms import Terms
from flightrules.domain.verdict import Observation

FORMAT = 1
"""Of the record of a judging. Whoever gives a field of it another meaning counts this up."""


def judges(plan: Plan) -> tuple[LastingJudge, ...]:
    """Return all judges, as they are before the first look: the rules, and the comparison unless it is off."""
    compared = (ComparisonJudge(plan, plan.compare),) if isinstance(plan.compare, Terms) else ()
    return (RulesJudge(plan), *compared)


class Judging:
    """The judges of one release, and what they have seen."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._judges = judges(plan)
        self.sight = Sight(plan, self._judges)

    @property
    def comparison(self) -> ComparisonJudge | None:
        """The judge that compares, where the plan has one."""
        return next((judge for judge in self._judges if isinstance(judge, ComparisonJudge)), None)

    @property
    def decided_in(self) -> float | None:
        """In how many seconds a rule that has begun to be true may fire; None where none has."""
        return next((judge.decided_in for judge in self._judges if isinstance(judge, RulesJudge)), None)

    def is_over(self, severity: str) -> bool:
        """Return whether what the rules of this severity, or of a worse one, saw is over."""
        return all(judge.is_over(severity) for judge in self._judges if isinstance(judge, RulesJudge))

    def to_record(self) -> dict[str, Any]:
        """Return where the judging stands after the last look, as data that JSON can hold.

        Not in it are looks that are stored anyway, see `Sight.to_record`; so it stays small however long a hold is.
        """
        return {
            "made_from": made_from(self._plan),
            "judges": {judge.name: judge.to_record() for judge in self._judges},
            "sight": self.sight.to_record(),
        }

    def resume(self, record: Mapping[str, Any], window: Iterable[Observation], settled: Iterable[Observation]) -> None:
        """Go on from what `to_record` said, as if nothing had happened. `window` and `settled` as for `Sight.resume`.

        Where it raises, everything stands as before.
        """
        resumed = Judging(self._plan)
        for judge in resumed._judges:
            judge.resume(record["judges"][judge.name])
        resumed.sight.resume(record["sight"], window, settled)
        self._judges, self.sight = resumed._judges, resumed.sight


def made_from(plan: Plan) -> dict[str, Any]:
    """Return what the record of a judging depends on beside the looks, JSON-ready: it fits where that is the same."""
    metrics = [(metric.name, metric.source, metric.unit) for metric in plan.metrics]
    judged_by = (plan.stages, plan.rules, metrics, plan.window, plan.compare, *([plan.watch] if plan.watch else []))
    return {"format": FORMAT, "flight": __version__, "plan": hashlib.sha256(repr(judged_by).encode()).hexdigest()}
