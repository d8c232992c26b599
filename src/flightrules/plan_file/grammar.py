"""The small texts of a plan, read by one grammar: quantities, conditions, actions and looks.

What comes out still has the units as they were written and knows at which character each part stands. Whether a
unit exists and fits is decided in `units.py`, which knows the unit of the metric.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from flightrules.domain.plan import Action, Comparison, Do
from flightrules.domain.severities import Decision
from flightrules.domain.terms import Underpowered
from flightrules.plan_file.problems import quote

HINTS = {
    "share": "write for example `5%`",
    "duration": "write for example `48h`, `1m 30s` or `2 days`",
    "size": "write for example `10 MB`",
    "condition": "write for example `error_rate > 1% for 5m`, `p95 > 5x baseline` or `memory grows > 2% per hour`",
    "action": "write `warn`, `page ROLE`, `pause`, `roll back`, `step back to STAGE`, `shut down` or a severity (`P2`)",
    "decision": "write `roll back`, `ask ROLE`, `fix forward` or `shut down`",
    "look": "write for example `every 15m` or `every 1m for 1h`",
    "report": "write for example `daily`, `hourly for 1 day` or `every 4h`",
    "percentage": "write for example `1%`",
    "answer": "write `go on`, `ask`, or for example `extend up to 2h`",
}


class GrammarError(Exception):
    """A text cannot be read: at which character (from 0), what is wrong, and what to write instead."""

    def __init__(self, at: int, what: str, hint: str) -> None:
        super().__init__(what)
        self.at = at
        self.what = what
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Amount:
    """A number and the unit behind it; the unit is empty where there is none. `gap` stands between them."""

    number: Decimal
    unit: str
    at: int
    gap: str = ""

    def __str__(self) -> str:
        return f"{self.number}{self.gap}{self.unit}"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One amount or several (`1m 30s`), and perhaps per what (`2% per hour`, `100/s`)."""

    amounts: tuple[Amount, ...]
    per: Amount | None = None

    @property
    def at(self) -> int:
        """The character at which it begins."""
        return self.amounts[0].at

    def __str__(self) -> str:
        return " ".join(str(amount) for amount in self.amounts)


@dataclass(frozen=True, slots=True)
class Baseline:
    """A multiple of what stable reads."""

    factor: Decimal
    at: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A condition as written; `growing` says that its limit is a growth."""

    metric: str
    metric_at: int
    comparison: Comparison
    limit: Quantity | Baseline
    lasting: Quantity | None
    growing: bool = False


@dataclass(frozen=True, slots=True)
class LookText:
    """One part of a look schedule as written."""

    every: Quantity
    lasting: Quantity | None


@dataclass(frozen=True, slots=True)
class UnderpoweredText:
    """What follows a hold with too little traffic, as written."""

    do: Underpowered
    up_to: Quantity | None = None


@dataclass(frozen=True, slots=True)
class DecisionText:
    """What follows a severity as written: a decision, or None where people are asked (`role`, which stands `at`)."""

    decision: Decision | None
    role: str = ""
    at: int = 0


def quantity(text: str, named: str) -> Quantity:
    """Read `5%`, `1m 30s`, `10 MB`, named `share`, `duration` … in messages; raises `GrammarError`."""
    read: Quantity = _parse("quantity", text, named)
    return read


def claim(text: str) -> Claim:
    """Read a condition; raises `GrammarError`."""
    read: Claim = _parse("condition", text, "condition")
    return read


def action(text: str) -> Action:
    """Read an action; raises `GrammarError`."""
    try:
        read: Action = _parse("action", text, "action")
    except GrammarError as error:
        raise GrammarError(error.at, error.what, _meant(text) or error.hint) from None
    return read


def decision(text: str) -> DecisionText:
    """Read what follows a severity; raises `GrammarError`."""
    read: DecisionText | Action = _parse("decision", text, "decision")
    return DecisionText(Decision(str(read))) if isinstance(read, Action) else read


def _meant(text: str) -> str:
    """Return a hint where two words of an action were written as one."""
    letters = "".join(letter for letter in text.lower() if letter.isalpha())
    actions = {"rollback": "roll back", "stepback": "step back to STAGE", "shutdown": "shut down"}
    return next((f"did you mean `{action}`?" for word, action in actions.items() if letters.startswith(word)), "")


def look(text: str) -> LookText:
    """Read one part of a look schedule; raises `GrammarError`."""
    read: LookText = _parse("look", text, "look")
    return read


def report(text: str) -> LookText:
    """Read one part of a schedule of reports; raises `GrammarError`."""
    read: LookText = _parse("report", text, "report")
    return read


def underpowered(text: str) -> UnderpoweredText:
    """Read what follows a hold with too little traffic; raises `GrammarError`."""
    read: UnderpoweredText = _parse("underpowered", text, "answer")
    return read


def _parse(start: str, text: str, named: str) -> Any:
    try:
        return _parser().parse(text, start=start)
    except UnexpectedInput as error:
        raise explained(named, text, error, HINTS[named]) from None


def explained(named: str, text: str, error: UnexpectedInput, hint: str) -> GrammarError:
    """Return what the parser's complaint about `text`, a `named`, means to the person who wrote it."""
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        what = f"this {named} is not complete: {quote(text)}" if text.strip() else f"this {named} is empty"
        return GrammarError(len(text.rstrip()), what, hint)
    at = error.pos_in_stream or 0
    rest = text[at:].split()
    return GrammarError(at, f"{quote(rest[0] if rest else text)} does not fit into this {named}", hint)


@cache
def _parser() -> Lark:
    rules = files("flightrules.plan_file").joinpath("grammar.lark").read_text("utf-8")
    return Lark(
        rules,
        parser="lalr",
        start=["quantity", "condition", "action", "decision", "look", "report", "underpowered"],
        maybe_placeholders=True,
        transformer=_Meaning(),
    )


def _number(token: Token) -> Decimal:
    if len(token) > 20:
        raise GrammarError(_at(token), f"{quote(token)} is too long a number", "write it with a larger unit")
    return Decimal(token)


def _at(token: Token) -> int:
    return token.start_pos or 0


def _comparison(token: Token) -> Comparison:
    try:
        return Comparison({"≤": "<=", "≥": ">="}.get(token, str(token)))
    except ValueError:
        hint = "write one of `<`, `<=`, `>`, `>=`, `=`"
        raise GrammarError(_at(token), f"`{token}` is not a comparison", hint) from None


@v_args(inline=True)
class _Meaning(Transformer[Token, Any]):
    """Turns each rule into its object while the text is parsed; method names are those of the grammar."""

    def quantity(self, *parts: Any) -> Quantity:
        *amounts, per = parts
        return Quantity(tuple(amounts), per)

    def amount(self, number: Token, unit: Token | None) -> Amount:
        gap = " " if unit and number.end_pos != unit.start_pos else ""
        return Amount(_number(number), str(unit or ""), _at(number), gap)

    def per(self, number: Token | None, unit: Token) -> Amount:
        return Amount(_number(number) if number else Decimal(1), str(unit), _at(number or unit), " ")

    def baseline(self, factor: Token) -> Baseline:
        return Baseline(_number(factor), _at(factor))

    def lasting(self, length: Quantity) -> Quantity:
        return length

    def compared(self, metric: Token, comparison: Token, limit: Any, lasting: Quantity | None) -> Claim:
        return Claim(str(metric), _at(metric), _comparison(comparison), limit, lasting)

    def growing(self, metric: Token, comparison: Token, limit: Quantity, lasting: Quantity | None) -> Claim:
        return Claim(str(metric), _at(metric), _comparison(comparison), limit, lasting, growing=True)

    def look(self, every: Quantity, lasting: Quantity | None) -> LookText:
        return LookText(every, lasting)

    def rhythm(self, named: Token, lasting: Quantity | None) -> LookText:
        unit = {"hourly": "h", "daily": "d", "weekly": "w"}[named]
        return LookText(Quantity((Amount(Decimal(1), unit, _at(named)),)), lasting)

    def go_on(self) -> UnderpoweredText:
        return UnderpoweredText(Underpowered.GO_ON)

    def extend(self, _: Token, up_to: Quantity) -> UnderpoweredText:
        return UnderpoweredText(Underpowered.EXTEND, up_to)

    def ask(self) -> UnderpoweredText:
        return UnderpoweredText(Underpowered.ASK)

    def warn(self) -> Action:
        return Action(Do.WARN)

    def page(self, role: Token | None) -> Action:
        return Action(Do.PAGE, str(role) if role else None)

    def pause(self) -> Action:
        return Action(Do.PAUSE)

    def severity(self, level: Token) -> Action:
        return Action(Do.SEVERITY, str(level))

    def fix_forward(self, _: Token) -> DecisionText:
        return DecisionText(Decision.FIX_FORWARD)

    def ask_role(self, role: Token | None) -> DecisionText:
        return DecisionText(None, str(role or ""), _at(role) if role else 0)

    def roll_back(self, _: Token) -> Action:
        return Action(Do.ROLL_BACK)

    def step_back(self, _: Token, stage: Token) -> Action:
        return Action(Do.STEP_BACK, str(stage))

    def shut_down(self, _: Token) -> Action:
        return Action(Do.SHUT_DOWN)


Meaning = _Meaning
"""For grammars that add to this one."""
