"""Keeps secrets out of everything that is stored: rule 9 of the twelve.

Values shorter than four characters are not masked: they occur in ordinary words, and a text full of holes
would hide what happened without hiding the secret. Names (releases, plans, stages, keys of events) are not
masked either: two of them that became equal would be taken for one. So a value that stands in a name that was
agreed on (`RELEASE=v2.1` where v2.1 is released) is no secret: everybody who sees the release sees it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

from flightrules.domain.errors import NotRecordable

SHORTEST = 4
SHORTEST_LINE = 8
"""A line of a secret with several lines is hidden by itself from so many characters on: its end may be a word."""

HIDDEN = "***"


class Mask:
    """The secret values that are known, and how a text looks without them."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self._names: frozenset[str] = frozenset()
        self._values: tuple[str, ...] = ()
        """What is hidden, the longest first: a secret that begins with another one must go as a whole."""

    def add(self, values: Iterable[str]) -> None:
        """Hide these values from now on, also as they look within a URL, JSON or Python, and line by line."""
        self._known |= {form for value in values for form in _forms(value)}
        self._choose()

    def keep(self, names: Iterable[str]) -> None:
        """Leave these names as they are from now on: the release goes by them, also after a crash."""
        self._names |= frozenset(names)
        self._choose()

    def _choose(self) -> None:
        hidden = (value for value in self._known if not any(value in name for name in self._names))
        self._values = tuple(sorted(hidden, key=len, reverse=True))

    def text(self, text: str) -> str:
        """Return `text` without secrets, and without halves of characters, which could not be stored."""
        for value in self._values:
            text = text.replace(value, HIDDEN)
        return text.encode("utf-8", "replace").decode()

    def data(self, data: Any, where: str = "data") -> Any:
        """Return JSON-ready `data` without secrets. Raises `NotRecordable` for what is not JSON-ready."""
        if isinstance(data, str):
            return self.text(str(data))
        if data is None or isinstance(data, int) or (isinstance(data, float) and isfinite(data)):
            return data
        if isinstance(data, Mapping):
            return {self.text(str(key)): self.data(value, f"{where}.{key}") for key, value in data.items()}
        if isinstance(data, list | tuple):
            return [self.data(value, f"{where}[{index}]") for index, value in enumerate(data)]
        raise _refusal(data, where)


def _forms(value: str) -> Iterator[str]:
    """Yield every form in which a secret is found again: output is kept line by line, so a key file is too."""
    whole = (value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], repr(value)[1:-1])
    yield from (form for form in whole if len(form) >= SHORTEST)
    lines = [line.strip() for line in value.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= SHORTEST_LINE)


def _refusal(value: object, where: str) -> NotRecordable:
    if isinstance(value, SecretStr):
        return NotRecordable(
            f"{where} holds a secret, and a secret is never recorded", "Leave it out, or record its name instead."
        )
    if isinstance(value, float):
        return NotRecordable(f"{where} is {value}, which has no JSON form", "Record null and say why it is missing.")
    return NotRecordable(
        f"{where} is a {type(value).__name__}, which has no JSON form", "Record text, numbers, lists or mappings."
    )
