"""Text from elsewhere, made harmless for a terminal: a version's name or a log line must not draw on the screen."""

from __future__ import annotations

import unicodedata

_SPACES = str.maketrans({"\n": " ", "\r": " ", "\t": " ", "\v": " ", "\f": " "})
_LONGEST = 2000


def clean(text: str) -> str:
    """Return `text` as `harmless` does, and cut to 2,000 characters: no line of a terminal needs more."""
    return harmless(text[:_LONGEST])


def harmless(text: str) -> str:
    """Return `text` on one line, every control and direction character in it written out as an escape."""
    line = text.translate(_SPACES)
    if line.isprintable():
        return line
    return "".join(each if _is_harmless(each) else ascii(each)[1:-1] for each in line)


def _is_harmless(character: str) -> bool:
    return character == " " or unicodedata.category(character)[0] not in "CZ"
