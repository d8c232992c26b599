"""What came of a check: judged by what the plan expects of the values that were found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flightrules.domain.checks import Check, Expectation, Waiver
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.figures import duration, figure
from flightrules.domain.measured import at_path
from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Verdict

LONGEST_TEXT = 60


@dataclass(frozen=True)
class CheckResult:
    """What came of one check: `says` is what was seen, in words, `asked_at` when (seconds since 1970).

    `excused` says, in words, why a check that did not pass holds nothing up; empty where it does.
    """

    check: str
    verdict: Verdict
    says: str
    asked_at: float
    excused: str = ""
    output: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether the answer was as expected."""
        return self.verdict is Verdict.PASS

    @property
    def blocks(self) -> bool:
        """Whether the release does not go on because of it."""
        return not self.passed and not self.excused


def judged(expects: tuple[Expectation, ...], values: Mapping[str, Any]) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict on `values`, and in words each expectation of the plan that they do not meet.

    What is usual for a kind needs no words: what was seen says it.
    A value that is not there, or of another kind than expected, is `UNREACHABLE`: nobody knows. What is wrong for sure
    outranks what is not known.
    """
    seen = [(verdict, "" if each.usual else words) for each in expects for verdict, words in [_judged(each, values)]]
    wrong = tuple(words for verdict, words in seen if verdict is Verdict.FAIL)
    unknown = tuple(words for verdict, words in seen if verdict is Verdict.UNREACHABLE)
    verdict = Verdict.FAIL if wrong else Verdict.UNREACHABLE if unknown else Verdict.PASS
    return verdict, tuple(filter(None, (*wrong, *unknown)))


def _judged(expects: Expectation, values: Mapping[str, Any]) -> tuple[Verdict, str]:
    try:
        value = values[expects.value] if expects.value in values else at_path(values, expects.value)
    except SourceUnreachable:
        return Verdict.UNREACHABLE, f"there is no `{expects.value}` in what was found (expected {expects.text})"
    if isinstance(expects.limit, str):
        told = _as_text(value)
        verdict = Verdict.PASS if told == expects.limit else Verdict.FAIL
        return verdict, f"{expects.value} is {told[:LONGEST_TEXT]}, expected {expects.text}"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        told = _as_text(value)[:LONGEST_TEXT]
        return Verdict.UNREACHABLE, f"{expects.value} is {told}, which is no number (expected {expects.text})"
    verdict = Verdict.PASS if expects.comparison.holds(value, expects.limit) else Verdict.FAIL
    return verdict, f"{expects.value} is {_figure(value, expects.unit)}, expected {expects.text}"


def _figure(value: float, unit: str) -> str:
    if unit == Unit.SECONDS and abs(value) >= 60:
        return duration(value)
    return figure(value, Unit(unit)) if unit else f"{value:.6g}"


def _as_text(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
        case _:
            return str(value)


def not_applicable(check: Check, now: float) -> CheckResult:
    """Return the result of a check that need not be asked."""
    says = f"not applicable: {check.not_applicable}"
    return CheckResult(check.name, Verdict.INSUFFICIENT, says, now, excused=says)


def excuse(check: Check, now: float) -> str:
    """Return in words why `check` holds nothing up although it does not pass; empty where nothing excuses it.

    `now` is in seconds since 1970.
    """
    if check.waiver and not _is_over(check.waiver, now):
        return f"waived by {check.waiver.owner} until {check.waiver.until}: {check.waiver.why}"
    return "" if check.mandatory else "not mandatory"


def waiver_words(check: Check, now: float) -> str:
    """Return in words that a waiver counts no more; empty where there is none, or it still counts."""
    waiver = check.waiver
    return f"its waiver by {waiver.owner} ended on {waiver.until}" if waiver and _is_over(waiver, now) else ""


def _is_over(waiver: Waiver, now: float) -> bool:
    return datetime.fromtimestamp(now, UTC).date() > waiver.until
