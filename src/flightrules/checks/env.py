"""Variables that must have a value, and what the values must look like: of which none is ever shown.

It looks where a plan looks: into the environment of `flight`, then into `.env` beside the plan. What a running service
was given is another matter: a command of the team (`run`) or a page of the service (`http`) can tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

from flightrules.checks._patterns import Pattern
from flightrules.checks._searching import TooSlow, is_found
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.figures import duration
from flightrules.domain.plan import Unit
from flightrules.ports.check import Found, Tools

MAIN = "env"
NAMED = True
WITHIN = 10.0
SEARCHED = 5.0
"""Seconds in which a value is held against a regular expression; some take for ever."""
VALUES = {"missing": Unit.NUMBER, "malformed": Unit.NUMBER}
OPEN = False
EXPECTED = ("missing = 0", "malformed = 0")

_LENGTH = r"\s*(\d+)\s+characters?\s*"


def _is_length(text: str) -> str:
    found = re.fullmatch(_LENGTH, text)
    if not found or int(found[1]) == 0:
        raise ValueError(f"`{text}` is no length; write for example `32 characters`")
    return text


def _are_names(asked: Asked) -> Asked:
    names = [asked] if isinstance(asked, str) else list(asked)
    wrong = [name for name in names if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)]
    if wrong:
        raise ValueError(f"`{wrong[0]}` is not the name of a variable; write names such as `DATABASE_URL`")
    if not names:
        raise ValueError("no variable is named; write names such as `DATABASE_URL`")
    return asked


Length = Annotated[str, AfterValidator(_is_length), Field(json_schema_extra={"pattern": f"^{_LENGTH}$"})]
Word = Annotated[str, StringConstraints(min_length=1)]


class Form(BaseModel):
    """What a value must look like."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_least: Annotated[Length | None, Field(description="How long it is at least, such as `32 characters`")] = None
    matches: Annotated[
        Pattern | None, Field(description="A regular expression that is found in it; `^…$` for all of it")
    ] = None
    excludes: Annotated[
        Word | tuple[Word, ...],
        Field(alias="not", description="Words that are not in it, in upper or lower case, such as `changeme`"),
    ] = ()

    async def faults(self, name: str, value: str) -> tuple[str, ...]:
        """Return in words what is wrong with the value of `name`, never what it is. Raises `SourceUnreachable`."""
        return (*self._too_short(value), *await self._of_another_form(name, value), *self._with_words_in_it(value))

    def _too_short(self, value: str) -> Iterator[str]:
        least = int(self.at_least.split()[0]) if self.at_least else 0
        if len(value) < least:
            yield f"has {_characters(len(value))}, and must have at least {least}"

    async def _of_another_form(self, name: str, value: str) -> tuple[str, ...]:
        try:
            if self.matches is None or await is_found(self.matches, value, SEARCHED, lines=False):
                return ()
        except TooSlow as error:
            raise SourceUnreachable(
                f"{name} could not be held against {self.matches} within {duration(SEARCHED)}"
            ) from error
        return (f"does not match {self.matches}",)

    def _with_words_in_it(self, value: str) -> Iterator[str]:
        words = (self.excludes,) if isinstance(self.excludes, str) else self.excludes
        yield from (f"has `{word}` in it" for word in words if word.lower() in value.lower())


Asked = Annotated[
    Annotated[str, Tag("str")]
    | Annotated[tuple[str, ...], Tag("list")]
    | Annotated[dict[str, Form | None], Tag("dict")],
    Discriminator(lambda asked: "list" if isinstance(asked, tuple) else type(asked).__name__),
]
"""What stands behind the key; told apart by what it is, so that a mistake in a mapping is not one in a text too."""


class Options(BaseModel):
    """The variables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: Annotated[
        Asked,
        AfterValidator(_are_names),
        Field(description="A variable, a list of them, or a mapping that says what the value of each must look like"),
    ]

    @property
    def forms(self) -> Mapping[str, Form]:
        """What the value of each variable must look like, by name."""
        if isinstance(self.env, dict):
            return {name: form or Form() for name, form in self.env.items()}
        return dict.fromkeys((self.env,) if isinstance(self.env, str) else self.env, Form())


def create(options: Options, tools: Tools) -> EnvCheck:
    """Return the check."""
    return EnvCheck(options, tools)


@dataclass(frozen=True)
class EnvCheck:
    """Looks at every variable once."""

    options: Options
    tools: Tools

    async def look(self) -> Found:
        """Return which variables have no value, or not one as the plan asks. Raises `SourceUnreachable`."""
        values, forms = self.tools.variables(), self.options.forms
        missing = {
            name: f"{name} is {'empty' if name in values else 'not set'}" for name in forms if not values.get(name)
        }
        malformed = {
            name: f"{name} {' and '.join(faults)}"
            for name, form in forms.items()
            if name not in missing and (faults := await form.faults(name, values[name] or ""))
        }
        wrong = (*missing.values(), *malformed.values())
        says = "; ".join(wrong) or f"{_count(len(forms))} as the plan asks: {', '.join(forms)}"
        evidence = {"variables": list(forms), "missing": list(missing), "malformed": list(malformed)}
        return Found(says, {"missing": len(missing), "malformed": len(malformed)}, evidence=evidence)


def _characters(count: int) -> str:
    return f"{count} character{'' if count == 1 else 's'}"


def _count(count: int) -> str:
    return "1 variable is set" if count == 1 else f"{count} variables are set"
