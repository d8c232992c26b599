"""Reads what a check expects: `exit_status = 0`, `time < 500ms`, `serious < 5`, `indicator = none`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flightrules.domain.checks import Expectation
from flightrules.domain.comparison import Comparison
from flightrules.domain.plan import FixedLimit, Unit
from flightrules.plan_file import grammar, units, values
from flightrules.plan_file.grammar import GrammarError
from flightrules.plan_file.problems import did_you_mean, quote
from flightrules.plan_file.shapes import Form
from flightrules.plan_file.values import Slot

_WORDED = re.compile(r"\s*(?P<value>[A-Za-z_][\w.-]*)\s*=\s*(?P<limit>[A-Za-z\"'_][^<>=]*?)\s*")
_USUAL = {
    "status": "status = 200",
    "LCP": "LCP < 2.5s",
    "time": "time < 500ms",
    "exit_status": "exit_status = 0",
    "days_left": "days_left >= 14",
    "age": "age < 30 days",
}


@dataclass(frozen=True)
class Values:
    """What can be expected of a kind of check: the unit of each value, and whether there may be others (`open`).

    `texts` are the values that are no numbers.
    """

    units: Mapping[str, Unit]
    open: bool
    texts: tuple[str, ...] = ()

    @property
    def example(self) -> str:
        """What somebody could write."""
        usual = [f"`{_USUAL[name]}`" for name in self.units if name in _USUAL]
        return " or ".join(usual) or f"`{next(iter(self.units), 'count')} < 5`"


def read_expectations(slot: Slot, of: Values) -> tuple[Expectation, ...]:
    """Return every expectation; each value may be held to one from either side, and no two that are the same."""
    read: dict[tuple[str, str], Expectation] = {}
    for inner in values.one_or_many(slot, "expectations"):
        claim = inner.parse(lambda text: expectation(text, of), Form.EXPECTATION)
        if claim is None:
            continue
        side = (claim.value, claim.comparison.value[0])
        if side in read:
            inner.wrong(f"`{claim.value}` is expected twice", "keep one")
        read[side] = claim
    return tuple(read.values())


def expectation(text: str, of: Values) -> Expectation:
    """Return the expectation in `text`; raises `GrammarError`."""
    worded = _WORDED.fullmatch(text)
    if worded:
        _refuse_unknown(worded["value"], worded.start("value"), of)
        if worded["value"] in of.units:
            what = f"{quote(text)} cannot be expected: `{worded['value']}` is a number"
            raise GrammarError(worded.start("limit"), what, f"write {of.example}")
        return Expectation(worded["value"], Comparison.EQUAL, worded["limit"].strip("\"'"), text)
    claim = grammar.claim(text)
    _refuse_unknown(claim.metric, claim.metric_at, of)
    if claim.metric in of.texts:
        what = f"{quote(text)} cannot be expected: `{claim.metric}` is a text"
        raise GrammarError(claim.metric_at, what, f"write `{claim.metric} = THE TEXT`")
    unit = _unit(claim, of)
    read = units.condition(claim, unit, text)
    if not isinstance(read.limit, FixedLimit) or read.lasting:
        raise GrammarError(0, f"{quote(text)} cannot be expected", f"write {of.example}")
    _refuse_impossible(claim.metric, read.comparison, read.limit.value)
    return Expectation(claim.metric, read.comparison, read.limit.value, text, unit=unit)


def _refuse_unknown(value: str, at: int, of: Values) -> None:
    known = (*of.units, *of.texts)
    if not of.open and value not in known:
        raise GrammarError(
            at,
            f"this check has no {quote(value)} to look at",
            did_you_mean(value, known) if known else "remove `expect`: it is so, or it is not",
        )


def _unit(claim: grammar.Claim, of: Values) -> Unit:
    """Return the unit of a value; one that only the team knows is in percent where its limit is, else plain."""
    if claim.metric in of.units:
        return of.units[claim.metric]
    written = claim.limit.amounts[0] if isinstance(claim.limit, grammar.Quantity) else None
    if written and written.unit not in ("", "%"):
        what = f"nobody knows in which unit {quote(claim.metric)} is found, so it cannot be compared with `{written}`"
        hint = did_you_mean(claim.metric, of.units, "write a plain number, in the unit in which it is found")
        raise GrammarError(claim.metric_at, what, hint)
    return Unit.PERCENT if written and written.unit else Unit.NUMBER


def _refuse_impossible(value: str, comparison: Comparison, limit: float) -> None:
    if value == "status" and limit not in range(100, 600):
        raise GrammarError(0, f"no answer has the status {limit:g}", "write for example `status = 200`")
    if value == "time" and limit <= 0 and comparison in (Comparison.BELOW, Comparison.AT_MOST, Comparison.EQUAL):
        raise GrammarError(0, "nothing takes no time", "write for example `time < 500ms`")
