"""What can stand in a plan, in general: single values by their form, lists, mappings, sections with known keys.

Which keys there are is for the vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Form(Enum):
    """What a single value is. The value says it in words, as it stands in messages."""

    NAME = "a name"
    TEXT = "text"
    PARAMETER = "a text or a number"
    SHELL = "a shell line"
    TRUTH = "true or false"
    COUNT = "a whole number"
    DURATION = "a duration such as `48h`"
    SHARE = "a share such as `5%`"
    CONDITION = "a condition such as `error_rate < 0.5%`"
    ACTION = "an action such as `roll back`"
    DECISION = "`roll back`, `ask ROLE`, `fix forward` or `shut down`"
    LOOK = "looks such as `every 15m`"
    REPORT = "reports such as `daily`"
    EXPECTATION = "an expectation such as `status = 200`"
    VERSION_FROM = "`git` or `argument`"
    UNIT = "a unit: `%`, `s`, `1/s`, `B` or `number`"
    PERCENTAGE = "a percentage such as `1%`"
    UNDERPOWERED = "`go on`, `extend up to DURATION` or `ask`"
    MIGRATION_CLASS = "a class of migrations: `expand-only`, `reversible`, `unknown` or `destructive`"
    ROWS = "`may fall` or `may not fall`"
    WAY = "`stay`, `undo` or `restore`"
    DAY = "a day such as `2026-12-20`"
    WHEN = "a day such as `2026-12-20`, or a moment such as `2026-12-20 18:00`"
    CLOCK = "a clock time such as `09:30`"
    OVERRUN = "`warn` or `ask ROLE`"
    WEEKDAY = "a day of the week such as `friday`, or `weekend`, `weekday` or `day`"
    ZONE = "a time zone such as `Europe/Berlin`"
    SCORE = "a score between 0 and 100"
    WEIGHT = "a weight such as `3` or `0.5`"


@dataclass(frozen=True)
class OneOrMany:
    """One value, or a list of them."""

    of: Form


@dataclass(frozen=True)
class ListOf:
    """A list of sections. Where there is a `word`, it can stand in the place of one of them, or of the list."""

    of: Section | CheckOf
    word: str = ""


@dataclass(frozen=True)
class TextOr:
    """A single value, or a mapping that says more."""

    of: Form
    more: Section


@dataclass(frozen=True)
class MapOf:
    """Names, each with what stands there. `instead` has the names that mean something of their own."""

    of: Section | ListOf | AdapterOf | PartOf | OneOrMany | Form
    instead: Mapping[str, Section] = field(default_factory=dict)


@dataclass(frozen=True)
class AdapterOf:
    """A mapping that names an adapter under `key`, beside the `own` keys; the other keys are its options.

    `instead` has the keys of kinds that the plan itself carries out.
    """

    family: str
    key: str
    own: tuple[Key, ...] = ()
    instead: Mapping[str, Section] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckOf:
    """A mapping in which one key names a kind of `family`, beside the `own` keys and the options of that kind.

    What stands behind that key is a plain text, or a mapping of all options. A mapping with the key `use` is an
    `instead`: it takes checks in from elsewhere.
    """

    family: str
    own: tuple[Key, ...] = ()
    instead: Section | None = None


@dataclass(frozen=True)
class PartOf:
    """Some of the keys of a check."""

    check: CheckOf


@dataclass(frozen=True)
class Key:
    """One key. `later` says what this version cannot carry out; such a key is refused."""

    name: str
    shape: Form | OneOrMany | ListOf | MapOf | AdapterOf | CheckOf | PartOf | TextOr | Section
    means: str
    required: bool = False
    later: str = ""


@dataclass(frozen=True)
class Section:
    """A mapping with known keys, and what it is called in messages."""

    called: str
    keys: tuple[Key, ...]
