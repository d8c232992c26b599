"""A variable of the plan that has no value here, on a way back: something stands in its place until it is used.

A release is never begun like that. A way back is: it must not need the secret of a build that nobody runs. Whoever
uses a text that may hold such a stand-in asks `refuse` first. Nothing is ever carried out with one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from flightrules.domain.errors import VariableNotSet

_BEGIN, _AT, _END = "\ue0f0", "\ue0f1", "\ue0f2"
"""Of Unicode's private use: no plan has them, and what slips through is no word of any shell."""

_STAND_IN = re.compile(f"{_BEGIN}([^{_AT}]*){_AT}([^{_END}]*){_END}")


def stand_in(name: str, where: str) -> str:
    """Return what stands for the variable `name`, which the plan mentions at `where` (`flight.yaml:14:7`)."""
    return f"{_BEGIN}{name}{_AT}{where}{_END}"


def missing(text: str) -> bool:
    """Return whether a variable without a value stands in `text`."""
    return _STAND_IN.search(text) is not None


def refuse(texts: Iterable[str], use: str) -> None:
    """Raise `VariableNotSet` where a variable without a value stands in one of `texts`.

    `use` says what they are needed for: `start 1.0 of web`.
    """
    found = {(name, where): None for text in texts for name, where in _STAND_IN.findall(text)}
    if not found:
        return
    named = ", ".join(f"{name} ({where})" for name, where in found)
    variables = "the variable" if len(found) == 1 else "the variables"
    raise VariableNotSet(
        f"to {use} takes {variables} {named}, without a value here",
        "traffic stays as it is; set what is missing in the environment or in .env beside the plan, end this command "
        "with Ctrl-C, and go on with `flight run`, then `flight resume`; or `flight shutdown`, which takes none",
    )
