"""`${NAME}`: values from the environment, or from `.env` beside the plan, which the environment overrides.

A rehearsal has another file, and nothing else: no value of production may reach it by accident.

Only options of adapters and shell lines may hold them: what was agreed (stages, rules, names) stands in the plan
itself, so that its digest says what was agreed. `$NAME` without braces is left to the adapter or the shell, and
`$${` stands for a plain `${`. No value from here ever stands in a message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from flightrules.domain.errors import SourceUnreachable
from flightrules.plan_file.nodes import Scalar
from flightrules.plan_file.problems import START, Notes, quote

_MENTION = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_SHELL_MENTION = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(\})")
_MENTIONED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


BESIDE = ".env"
"""The file beside the plan where variables have their values, besides the environment."""

StandIn = Callable[[str, str], str]
"""Returns what stands for the variable with this name, mentioned at this place, where it has no value."""


class Variables:
    """What `${NAME}` stands for, and a record of every value that was handed out.

    A variable without a value is a problem. With a `stand_in` it is none for texts that are used late (`fill_late`,
    `for_shell`): what stands for it there is refused by whoever uses it.
    """

    def __init__(
        self,
        values: Mapping[str, str | None],
        stand_in: StandIn | None = None,
        where: str = f"the environment or in {BESIDE}",
    ) -> None:
        self._values = values
        self._stand_in = stand_in
        self._where = where
        self._used: dict[str, str] = {}

    @classmethod
    def beside(
        cls, folder: Path, environment: Mapping[str, str], notes: Notes, stand_in: StandIn | None = None
    ) -> Variables:
        """Return the variables of `environment` and of the file `.env` in `folder`, if there is one."""
        try:
            return cls(held(folder, environment), stand_in)
        except SourceUnreachable as error:
            notes.add(START, error.what, error.do)
            return cls(environment, stand_in)

    @classmethod
    def of_staging(cls, file: Path, notes: Notes, stand_in: StandIn | None = None) -> Variables:
        """Return the variables of a rehearsal: those in `file`, and no others."""
        try:
            return cls(held_in_staging(file), stand_in, file.name)
        except SourceUnreachable as error:
            notes.stop(START, error.what, error.do)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that was handed out."""
        return tuple(sorted(set(self._used.values())))

    def fill(self, scalar: Scalar, notes: Notes) -> str:
        """Return the text of `scalar` with every `${NAME}` replaced; notes each that has no value."""
        return self._filled(scalar, notes, None)

    def fill_late(self, scalar: Scalar, notes: Notes) -> str:
        """Return the same of a text that is used late: a `stand_in` takes the place of what has no value."""
        return self._filled(scalar, notes, self._stand_in)

    def _filled(self, scalar: Scalar, notes: Notes, stand_in: StandIn | None) -> str:
        def value(mention: re.Match[str]) -> str:
            name = mention.group(1)
            if name is None:
                return "${"
            if not mention.group(2) or not _NAME.fullmatch(name):
                what = f"{quote(mention.group())} is not the name of a variable"
                notes.add(scalar.at(mention.start()), what, "write `${NAME}`, or `$${` for a plain `${`")
                return ""
            return self._value(name, scalar, mention.start(), notes, stand_in)

        return _MENTION.sub(value, scalar.text)

    def insist(self, scalar: Scalar, notes: Notes) -> None:
        """Note every variable in `scalar` that has no value."""
        self._filled(scalar, notes, None)

    def used_late(self) -> Variables:
        """Return these variables for options all of which are used late."""
        late = _UsedLate(self._values, self._stand_in, self._where)
        late._used = self._used
        return late

    def for_shell(self, scalar: Scalar, notes: Notes) -> tuple[str, dict[str, str]]:
        """Return a shell line as it is, and the variables that the shell needs to fill it in itself."""
        environment: dict[str, str] = {}

        def keep(mention: re.Match[str]) -> str:
            name = mention.group(1)
            if name is None:
                return "${"
            environment[name] = self._value(name, scalar, mention.start(), notes, self._stand_in)
            return mention.group()

        return _SHELL_MENTION.sub(keep, scalar.text), environment

    def _value(self, name: str, scalar: Scalar, offset: int, notes: Notes, stand_in: StandIn | None) -> str:
        value = self._values.get(name)
        if value:
            self._used[name] = value
            return value
        place = scalar.at(offset)
        if stand_in is not None:
            return stand_in(name, f"{notes.file}:{place.line}:{place.column}")
        state = "empty" if name in self._values else "not set"
        alike = [
            f"did you mean `${{{known}}}`?" for known in self._values if known.upper() == name.upper() and known != name
        ]
        hint = f"set it in {self._where} beside the plan; `${name}` without braces is left as it is"
        notes.add(place, f"the variable {name} is {state}", alike[0] if alike else hint)
        return ""


class _UsedLate(Variables):
    def fill(self, scalar: Scalar, notes: Notes) -> str:
        return self.fill_late(scalar, notes)


def held(folder: Path, environment: Mapping[str, str]) -> Mapping[str, str | None]:
    """Return every variable of `environment` and of the file `.env` in `folder`, if there is one.

    Raises `SourceUnreachable` where the file cannot be read.
    """
    file = folder / BESIDE
    return {**_values_in(file), **environment} if file.is_file() else environment


def held_in_staging(file: Path) -> Mapping[str, str | None]:
    """Return every variable of a rehearsal. Raises `SourceUnreachable` where `file` cannot be read."""
    if not file.is_file():
        what = f"there is no file {file.name} beside the plan, which a rehearsal takes its variables from"
        raise SourceUnreachable(what, "make it, with a line `NAME=value` for each `${NAME}` of the plan")
    return _values_in(file)


def _values_in(file: Path) -> Mapping[str, str | None]:
    from dotenv import dotenv_values

    try:
        return dotenv_values(file, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        what = f"the file {file.name} beside the plan cannot be read: {why}"
        raise SourceUnreachable(what, "correct it, or remove it") from error


def mentioned(text: str) -> set[str]:
    """Return the names of all variables that `text` asks for, a whole plan for one."""
    return set(_MENTIONED.findall(text))


def mentions(text: str) -> bool:
    """Return whether `text` asks for a variable."""
    return any(found.group(1) is not None for found in _MENTION.finditer(text))
