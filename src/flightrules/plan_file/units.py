"""What units mean, and whether they fit: quantities to seconds, bytes, percent points, 1/s and plain numbers.

Raises `GrammarError`, which says at which character of the text, what is wrong there, and what to write instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from flightrules.domain.plan import (
    TRAFFIC_METRICS,
    BaselineLimit,
    Comparison,
    Condition,
    FixedLimit,
    GrowthLimit,
    Limit,
    Look,
    Unit,
)
from flightrules.domain.terms import WhenUnderpowered
from flightrules.domain.traffic import Share
from flightrules.plan_file import grammar
from flightrules.plan_file.grammar import Amount, Baseline, Claim, GrammarError, LookText, Quantity
from flightrules.plan_file.problems import did_you_mean

_SECONDS: Mapping[tuple[str, ...], Decimal] = {
    ("ms", "millisecond", "milliseconds"): Decimal("0.001"),
    ("s", "sec", "second", "seconds"): Decimal(1),
    ("m", "min", "minute", "minutes"): Decimal(60),
    ("h", "hour", "hours"): Decimal(3600),
    ("d", "day", "days"): Decimal(86400),
    ("w", "week", "weeks"): Decimal(604800),
}
_BYTES: Mapping[tuple[str, ...], Decimal] = {
    ("B", "byte", "bytes"): Decimal(1),
    ("kB", "KB"): Decimal(10**3),
    ("MB",): Decimal(10**6),
    ("GB",): Decimal(10**9),
    ("TB",): Decimal(10**12),
    ("KiB",): Decimal(2**10),
    ("MiB",): Decimal(2**20),
    ("GiB",): Decimal(2**30),
    ("TiB",): Decimal(2**40),
}
TIME_WORDS: Mapping[str, Decimal] = {word: factor for words, factor in _SECONDS.items() for word in words}
SIZE_WORDS: Mapping[str, Decimal] = {word: factor for words, factor in _BYTES.items() for word in words}
LONGEST = 10 * 366 * 86400
"""Seconds. Whatever lasts longer was not meant."""

UNKNOWN_LIMIT = FixedLimit(float("nan"))
"""Stands in for a limit whose metric could not be read; never leaves the reader."""

_KINDS: Mapping[Unit, tuple[str, str]] = {
    Unit.PERCENT: ("a percentage", "5%"),
    Unit.SECONDS: ("a time", "500ms"),
    Unit.PER_SECOND: ("a rate per second", "100/s"),
    Unit.BYTES: ("a size", "512 MB"),
    Unit.NUMBER: ("a plain number", "80"),
}


def duration(text: str) -> float:
    """Return the seconds of `48h`, `2 days`, `1m 30s`, `250ms`."""
    return seconds(grammar.quantity(text, "duration"))


def size(text: str) -> int:
    """Return the bytes of `10 MB` (10,000,000) or `512 KiB` (524,288)."""
    read = grammar.quantity(text, "size")
    return int(_sum(_alone(read, "a size", "10 MB"), SIZE_WORDS, "a size", "10 MB"))


def share(text: str) -> Share:
    """Return the share of `5%` or `0.25%`; steps of 0.01 %."""
    read = grammar.quantity(text, "share")
    percent = _single(_alone(read, "a share", "5%"), "%", "a share", "5%")
    if not 0 <= percent <= 100:
        raise GrammarError(read.at, f"{read} is not between 0% and 100%", "write a share such as `5%`")
    if percent * 100 % 1:
        raise GrammarError(read.at, f"{read} is finer than shares can be", "write steps of 0.01%, such as `0.25%`")
    return Share(int(percent * 100))


def percentage(text: str) -> float:
    """Return the part of `1%`, 0.01; never negative, at most 1."""
    return part(grammar.quantity(text, "percentage"))


def part(read: Quantity) -> float:
    """Return the part of 1 that a percentage is; never negative, at most 1."""
    percent = _single(_alone(read, "a percentage", "1%"), "%", "a percentage", "1%")
    if not 0 <= percent <= 100:
        raise GrammarError(read.at, f"{read} is not between 0% and 100%", "write for example `1%`")
    return float(percent / 100)


def seconds(read: Quantity) -> float:
    """Return the seconds of a duration; at most ten years."""
    length = _sum(_alone(read, "a duration", "48h"), TIME_WORDS, "a duration", "48h")
    if length > LONGEST:
        raise GrammarError(read.at, f"{read} is longer than ten years", "write a shorter time")
    return float(length)


def underpowered(text: str) -> WhenUnderpowered:
    """Return what `go on`, `extend up to 2h` or `ask` means."""
    read = grammar.underpowered(text)
    return WhenUnderpowered(read.do, seconds(read.up_to) if read.up_to else 0.0)


def look(text: str) -> Look:
    """Return one part of a schedule; its `until` is how long this part lasts, None where it does not say."""
    return _part_of_schedule(grammar.look(text), "look")


def report(text: str) -> Look:
    """Return one part of a schedule of reports, `hourly for 1 day`; its `until` is as that of a look."""
    return _part_of_schedule(grammar.report(text), "report")


def _part_of_schedule(read: LookText, called: str) -> Look:
    every = seconds(read.every)
    if every == 0:
        raise GrammarError(read.every.at, f"{called}s cannot be 0s apart", "write for example `every 15s`")
    lasting = seconds(read.lasting) if read.lasting else None
    if read.lasting and lasting is not None and lasting < every:
        what = f"there is no {called} in {read.lasting} when {called}s are {read.every} apart"
        raise GrammarError(read.lasting.at, what, f"write a longer time behind `for`, at least {read.every}")
    return Look(every, lasting)


def condition(claim: Claim, unit: Unit, text: str) -> Condition:
    """Return `claim` with its limit in the metric's `unit`; `text` is how the plan has it."""
    lasting = seconds(claim.lasting) if claim.lasting else 0.0
    if claim.lasting and lasting == 0:
        raise GrammarError(claim.lasting.at, "`for 0s` lasts no time", "leave `for` out: then a single look decides")
    return Condition(claim.metric, claim.comparison, _limit(claim, unit), lasting, text)


def _limit(claim: Claim, unit: Unit) -> Limit:
    if isinstance(claim.limit, Baseline):
        if claim.limit.factor <= 0:
            hint = "write for example `5x baseline`"
            raise GrammarError(claim.limit.at, f"{claim.limit.factor} times the baseline is no limit", hint)
        return BaselineLimit(float(claim.limit.factor))
    if claim.growing:
        return _growth(claim, claim.limit)
    return FixedLimit(_in_unit(claim, claim.limit, unit))


def _growth(claim: Claim, limit: Quantity) -> GrowthLimit:
    example = f"`{claim.metric} grows > 2% per hour`"
    if claim.comparison not in (Comparison.ABOVE, Comparison.AT_LEAST):
        raise GrammarError(limit.at, f"`grows {claim.comparison}` is no growth to act on", f"write {example}")
    if limit.per is None:
        raise GrammarError(limit.at, f"growth by {limit} has no time in which it grows", f"write {example}")
    if len(limit.amounts) > 1 or limit.amounts[0].unit != "%":
        raise GrammarError(limit.at, f"growth is a percentage, not `{limit}`", f"write {example}")
    if limit.amounts[0].number <= 0:
        raise GrammarError(limit.at, f"growth by {limit} is no limit", f"write {example}")
    return GrowthLimit(float(limit.amounts[0].number), _span(limit.per))


def _in_unit(claim: Claim, limit: Quantity, unit: Unit) -> float:
    kind, example = _KINDS[unit]
    given = _unit_of(limit)
    if given is not unit:
        what = f"`{limit}` has an unknown unit" if given is None else f"`{limit}` is {_KINDS[given][0]}"
        hint = f"write for example `{claim.metric} {claim.comparison} {example}`"
        raise GrammarError(limit.at, f"{what}, and {claim.metric} is {kind}", hint)
    value = _value(limit, unit)
    if unit is Unit.PERCENT and claim.metric in TRAFFIC_METRICS and not 0 <= value <= 100:
        what = f"{claim.metric} is never {limit}"
        raise GrammarError(limit.at, what, "write a limit between 0% and 100%")
    return value


def _unit_of(limit: Quantity) -> Unit | None:
    words = {amount.unit for amount in limit.amounts}
    if limit.per:
        return Unit.PER_SECOND if words == {""} else None
    if words == {"%"}:
        return Unit.PERCENT
    if words <= TIME_WORDS.keys():
        return Unit.SECONDS
    if words <= SIZE_WORDS.keys():
        return Unit.BYTES
    return Unit.NUMBER if words == {""} else None


def _value(limit: Quantity, unit: Unit) -> float:
    if unit is Unit.SECONDS:
        return float(_sum(limit, TIME_WORDS, "a time", "500ms"))
    if unit is Unit.BYTES:
        return float(_sum(limit, SIZE_WORDS, "a size", "512 MB"))
    number = _single(limit, limit.amounts[0].unit, *_KINDS[unit])
    if limit.per:
        return float(number) / _span(limit.per)
    return float(number)


def _span(per: Amount) -> float:
    span = seconds(Quantity((per,)))
    if span == 0:
        raise GrammarError(per.at, "nothing happens per no time", "write for example `per hour`")
    return span


def _alone(read: Quantity, kind: str, example: str) -> Quantity:
    if read.per:
        raise GrammarError(read.per.at, f"{kind} is not per anything", f"write for example `{example}`")
    return read


def _single(read: Quantity, unit: str, kind: str, example: str) -> Decimal:
    if len(read.amounts) > 1:
        raise GrammarError(read.amounts[1].at, f"{kind} is one number, not `{read}`", f"write for example `{example}`")
    if read.amounts[0].unit != unit:
        raise GrammarError(read.at, f"`{read}` is not {kind}", f"write for example `{example}`")
    return read.amounts[0].number


def _sum(read: Quantity, words: Mapping[str, Decimal], kind: str, example: str) -> Decimal:
    return sum((_factor(amount, words, kind, example) for amount in read.amounts), Decimal(0))


def _factor(amount: Amount, words: Mapping[str, Decimal], kind: str, example: str) -> Decimal:
    if not amount.unit and amount.number != 0:
        raise GrammarError(amount.at, f"`{amount}` has no unit", f"write {kind} with its unit, such as `{example}`")
    if amount.unit and amount.unit not in words:
        # Hardly anybody mistypes the first letter, and `sec` is no help with `parsecs`.
        alike = [word for word in words if word[0].lower() == amount.unit[0].lower()]
        hint = did_you_mean(amount.unit, alike, f"write for example `{example}`")
        raise GrammarError(amount.at, f"`{amount}` is not {kind}", hint)
    if amount.number < 0:
        raise GrammarError(amount.at, f"`{amount}` is less than nothing", f"write for example `{example}`")
    return amount.number * words.get(amount.unit, Decimal(1))
