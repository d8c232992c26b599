"""Commands that a rehearsal names: they speak to the state of rehearsals, or go on with the rehearsal itself.

Whatever is said of a release names the commands of production. Typed as they stand, they would act there.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from shlex import quote
from typing import Any, TypeVar

from flightrules.domain.rehearsals import Rehearsing

T = TypeVar("T")

_SPEAKS = re.compile(
    r"\bflight (abort|approve|down|measure|open|pause|promote|reject|report|resume|rollback|severity|shutdown|sign|"
    r"status|step-back|watch|ledger \w+)\b(?! --state)"
)
_GOES_ON = re.compile(r"\bflight run\b(?: VERSION)?")


def of_rehearsal(said: T, state: str, goes_on: str) -> T:
    """Return `said`, a text or a view, with the commands as they are to be typed; `goes_on` stands for `flight run`."""
    if isinstance(said, str):
        named = _SPEAKS.sub(lambda found: f"{found.group()} --state {quote(state)}", said)
        return _GOES_ON.sub(lambda _: goes_on, named)  # type: ignore[return-value]
    if isinstance(said, tuple):
        return tuple(of_rehearsal(each, state, goes_on) for each in said)  # type: ignore[return-value]
    if is_dataclass(said) and not isinstance(said, type):
        changed: dict[str, Any] = {}
        for field in fields(said):
            before = getattr(said, field.name)
            after = of_rehearsal(before, state, goes_on)
            if after is not before and after != before:
                changed[field.name] = after
        return replace(said, **changed) if changed else said
    return said


def command(rehearsing: Rehearsing, version: str) -> str:
    """Return the command that carries out, or goes on with, a rehearsal of `version`."""
    what = f"drill {rehearsing.drill}" if rehearsing.drill else "rehearse"
    at = f" --at {rehearsing.at}" if rehearsing.at else ""
    return f"flight {what} {quote(version)}{at}{' --yes' if rehearsing.answers else ''}"
