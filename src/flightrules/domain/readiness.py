"""Whether a version is ready: a score of 100 by weighted categories, and a verdict that no score can talk away.

A category is a gate. Its score is the part of its checks that passed, of those that apply; what somebody waived has not
passed. Categories without a check that applies count nothing. The whole is the mean of the categories by their weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flightrules.domain.agreed_score import AgreedScore
from flightrules.domain.check_results import CheckResult
from flightrules.domain.verdict import Verdict


@dataclass(frozen=True)
class Category:
    """One gate: its weight, and what came of each of its checks."""

    name: str
    weight: float
    results: tuple[CheckResult, ...]

    @property
    def applicable(self) -> tuple[CheckResult, ...]:
        """The results of the checks that apply."""
        return tuple(each for each in self.results if each.verdict is not Verdict.INSUFFICIENT)

    @property
    def score(self) -> float | None:
        """The score of 100; None where no check applies."""
        counted = self.applicable
        return 100.0 * sum(each.passed for each in counted) / len(counted) if counted else None


@dataclass(frozen=True)
class Readiness:
    """How ready a version is. `go` is no whenever something blocks, whatever the score."""

    categories: tuple[Category, ...]
    terms: AgreedScore

    @property
    def score(self) -> float:
        """The score of 100, cut off to a tenth so that it never shows more than was reached; 0 without any check."""
        counted = [(each.score, each.weight) for each in self.categories if each.score is not None and each.weight > 0]
        weight = sum(weight for _, weight in counted)
        if not weight:
            return 0.0
        return math.floor(10 * sum(score * weight for score, weight in counted) / weight + 1e-9) / 10

    @property
    def blocking(self) -> tuple[tuple[str, CheckResult], ...]:
        """What blocks the release, with the name of its gate."""
        return tuple((each.name, result) for each in self.categories for result in each.results if result.blocks)

    @property
    def lacking(self) -> tuple[tuple[str, CheckResult], ...]:
        """What did not pass and blocks nothing: waived, or not mandatory. What does not apply is not lacking."""
        return tuple(
            (each.name, result)
            for each in self.categories
            for result in each.applicable
            if not result.passed and not result.blocks
        )

    @property
    def go(self) -> bool:
        """Whether the release may go on."""
        return not self.blocking and self.score >= self.terms.at_least

    @property
    def why_not(self) -> str:
        """Return in words why it is a no-go; empty for a go."""
        if self.blocking:
            count = len(self.blocking)
            return f"{count} mandatory check{'s do' if count > 1 else ' does'} not pass"
        if self.score < self.terms.at_least:
            return f"the score of {self.score:g} is below {self.terms.at_least:g}"
        return ""


def assess(results: Mapping[str, Sequence[CheckResult]], terms: AgreedScore) -> Readiness:
    """Return how ready a version is; `results` are those of every check, by gate."""
    categories = (Category(name, terms.weights.get(name, 1.0), tuple(each)) for name, each in results.items())
    return Readiness(tuple(categories), terms)
