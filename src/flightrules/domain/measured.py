"""From what a source printed or sent to one number, or to the knowledge that there is none.

`None` means: the source answered and has no measurement (nothing, null, NaN, infinity). What is there but is
no number raises `SourceUnreachable`: a text is never taken for a value.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from flightrules.domain.errors import SourceUnreachable

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NO_NUMBER = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")


def number(value: Any, where: str) -> float | None:
    """Return `value` of a JSON document as a finite number; `where` names it in the error."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SourceUnreachable(f"{where} is {_described(value)}, not a number")
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def last_line(text: str) -> float | None:
    """Return the last line of `text` that is not blank as a number; None where every line is blank."""
    lines = text.strip().splitlines()
    return number_in(lines[-1] if lines else "", "the last line")


def number_in(text: str, where: str) -> float | None:
    """Return the number that `text` is; None where it is blank, NaN or infinity. `where` names it in the error."""
    text = text.strip()
    if not text or _NO_NUMBER.fullmatch(text):
        return None
    if not _NUMBER.fullmatch(text):
        raise SourceUnreachable(f"{where} is {_described(text)}, not a number")
    return number(float(text), where)


def document(text: str | bytes) -> Any:
    """Return what the JSON in `text` says."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceUnreachable(f"the answer is no JSON: {str(error).splitlines()[0][:100]}") from error


def at_path(found: Any, path: str) -> Any:
    """Return what lies at `path` in a JSON document: `cache.hit_rate`, `items.0.value` or `items[0].value`."""
    passed = "the answer"
    for step in _STEP.findall(path):
        name = step.strip("[]")
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            raise SourceUnreachable(f"{passed} has no `{name}`; it is {_described(found)}")
        passed = f"`{name}`" if passed == "the answer" else f"{passed[:-1]}.{name}`"
    return found


def _described(value: Any) -> str:
    match value:
        case dict():
            names = ", ".join(sorted(map(str, value))[:8])
            return f"an object with {names}" if names else "an empty object"
        case list():
            return f"a list of {len(value)}"
        case str():
            return f"the text `{value[:60]}`"
        case _:
            return f"`{json.dumps(value)[:60]}`"
