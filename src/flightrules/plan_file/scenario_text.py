"""What happens in a described scenario, read by the grammar of the plan: the same words for shares, times and sizes.

What comes out still has the units as they were written and knows at which character each part stands. What it means
for a plan (is there such a stage, such a metric) is for whoever knows the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from lark import Lark, Token, UnexpectedInput, v_args

from flightrules.plan_file import grammar
from flightrules.plan_file.grammar import Baseline, Meaning, Quantity

HINT = (
    "write for example `error_rate of candidate 3% from stage canary + 10m`, `latency of candidate 2x`,"
    " `memory of candidate grows 2% per hour`, `dependency outage`, `traffic drops to 20% for 1h`,"
    " `source of memory down from + 30m` or `healthy`"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A name and where it stands."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Who:
    """Which version, and of which service where that is said."""

    role: Word
    service: Word | None


@dataclass(frozen=True, slots=True)
class Factor:
    """So many times as much (`2x`), perhaps for the slowest part of the requests only."""

    times: Baseline
    slowest: Quantity | None


@dataclass(frozen=True, slots=True)
class Growth:
    """So much more in so much time."""

    by: Quantity


Change = Quantity | Factor | Growth


@dataclass(frozen=True, slots=True)
class Reads:
    """A metric of a version reads something else."""

    metric: Word
    who: Who
    change: Change


@dataclass(frozen=True, slots=True)
class Outage:
    """Something that both versions need is gone; `failing` is the share of the requests that fail, where it is said."""

    failing: Quantity | None


@dataclass(frozen=True, slots=True)
class Leak:
    """The memory of the candidate grows."""

    by: Quantity


@dataclass(frozen=True, slots=True)
class TrafficText:
    """There is more traffic, or less."""

    change: Change


@dataclass(frozen=True, slots=True)
class DownText:
    """The source of a metric does not answer."""

    metric: Word
    service: Word | None


Happens = Reads | Outage | Leak | TrafficText | DownText


@dataclass(frozen=True, slots=True)
class Beginning:
    """When it begins: after a stage was entered, or after the release began where no stage is named."""

    stage: Word | None
    after: Quantity | None


@dataclass(frozen=True, slots=True)
class ScenarioText:
    """One thing that happens; `happens` is None where nothing does."""

    happens: Happens | None
    beginning: Beginning | None = None
    lasting: Quantity | None = None


def scenario(text: str) -> ScenarioText:
    """Read one description; raises `GrammarError`."""
    try:
        read: ScenarioText = _parser().parse(text)  # type: ignore[assignment]
    except UnexpectedInput as error:
        raise grammar.explained("scenario", text, error, HINT) from None
    return read


@cache
def _parser() -> Lark:
    folder = files("flightrules.plan_file")
    rules = "\n".join(folder.joinpath(name).read_text("utf-8") for name in ("grammar.lark", "scenario.lark"))
    return Lark(rules, parser="lalr", start="scenario", maybe_placeholders=True, transformer=_Scenarios())


def _word(token: Token | None) -> Word | None:
    return None if token is None else Word(str(token), token.start_pos or 0)


def _named(token: Token) -> Word:
    return Word(str(token), token.start_pos or 0)


@v_args(inline=True)
class _Scenarios(Meaning):
    """Adds what is a scenario's own; method names are those of the grammar."""

    def healthy(self) -> ScenarioText:
        return ScenarioText(None)

    def described(self, happens: Happens, beginning: Beginning | None, lasting: Quantity | None) -> ScenarioText:
        return ScenarioText(happens, beginning, lasting)

    def reads(self, metric: Token, who: Who, change: Change) -> Reads:
        return Reads(_named(metric), who, change)

    def outage(self, failing: Quantity | None) -> Outage:
        return Outage(failing)

    def leak(self, by: Quantity) -> Leak:
        return Leak(by)

    def traffic(self, change: Change) -> TrafficText:
        return TrafficText(change)

    def down(self, metric: Token, service: Token | None) -> DownText:
        return DownText(_named(metric), _word(service))

    def who(self, role: Token, service: Token | None) -> Who:
        return Who(_named(role), _word(service))

    def level(self, value: Quantity) -> Quantity:
        return value

    def growth(self, by: Quantity) -> Growth:
        return Growth(by)

    def factor(self, times: Token, slowest: Quantity | None) -> Factor:
        return Factor(self.baseline(times), slowest)

    def in_stage(self, stage: Token, after: Quantity | None) -> Beginning:
        return Beginning(_named(stage), after)

    def in_release(self, after: Quantity) -> Beginning:
        return Beginning(None, after)
