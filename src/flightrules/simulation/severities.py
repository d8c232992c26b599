"""What becomes of severities in a simulated release: the times are those of the plan, and people do nothing.

Nobody declares a severity by hand, and nobody answers what people are asked: what was agreed for that case follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flightrules.domain import severity_words
from flightrules.domain.errors import RuleFired, ShutDown
from flightrules.domain.plan import Plan
from flightrules.domain.severities import AskPeople, Decision, Severity, worse
from flightrules.domain.verdict import Finding

Happened = Callable[[str, str, str], None]
"""Notes what happened: its kind, what it says, the rule that it follows."""

LOOKED_AT_EVERY = 60.0
"""Seconds between two looks, at most, while a severity is undecided: as in a real release."""


@dataclass
class Undecided:
    """A severity that was declared: what is seen, and at which moment what follows now is due."""

    level: str
    says: str
    rule: str
    agreed: Severity
    due: float
    asked: AskPeople | None = None
    because: str = ""


class Severities:
    """The severities of one simulated release. `is_over` says whether what the rules of one saw is over."""

    def __init__(self, plan: Plan, is_over: Callable[[str], bool], happened: Happened) -> None:
        self._plan = plan
        self._is_over = is_over
        self._happened = happened
        self.undecided: Undecided | None = None

    def declare(self, level: str, finding: Finding, at: float) -> None:
        """Declare a severity at the moment `at`, unless one that is as bad is undecided."""
        if self.undecided is not None and not worse(level, self.undecided.level):
            return
        agreed = self._plan.severities[level]
        self._happened("declared", f"{level}: {finding.says}; {severity_words.agreed(agreed)}", finding.rule_text)
        self.undecided = Undecided(level, finding.says, finding.rule_text, agreed, at + agreed.watch)

    def looked(self) -> None:
        """Take note of one more look: what is watched and is better is over."""
        now = self.undecided
        if now is not None and now.agreed.watch and now.asked is None and self._is_over(now.level):
            self._goes_on(now, severity_words.BETTER)

    def due_by(self, at: float) -> float | None:
        """Return the moment at which something is due, where that is not later than `at`."""
        return self.undecided.due if self.undecided is not None and self.undecided.due <= at else None

    def decide(self) -> None:
        """Do what is due. Raises `RuleFired` or `ShutDown` where the release goes back."""
        now = self.undecided
        if now is None:
            return
        then = now.asked.otherwise if now.asked else now.agreed.then
        if now.asked:
            now.because += severity_words.nobody_answered(now.asked)
        elif now.agreed.watch:
            now.because += severity_words.no_better(now.agreed)
        if isinstance(then, AskPeople):
            who = " or ".join(then.roles) or "somebody"
            self._happened("asked", f"{now.level}: {who} is asked{now.because}; here nobody answers", now.rule)
            now.asked, now.due = then, now.due + then.within
        else:
            self._carry_out(then, now)

    def _carry_out(self, decision: Decision, now: Undecided) -> None:
        if decision is not Decision.FIX_FORWARD:
            failure = ShutDown if decision is Decision.SHUT_DOWN else RuleFired
            raise failure(f"{now.level}: {now.says}{now.because}", rule=now.rule)
        self._goes_on(now, severity_words.LEFT)

    def _goes_on(self, now: Undecided, how: str) -> None:
        self._happened("goes on", f"{now.level}: {severity_words.goes_on(how, '')}", now.rule)
        self.undecided = None
