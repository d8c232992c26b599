"""Names of further databases beside the plan's own.

A server cuts a name that is too long off without a word; what is left may be the name of another database, and be the
plan's own. So names are cut here, and a name that is too long reaches no server.
"""

from __future__ import annotations

LONGEST = 63
"""Bytes of a name that PostgreSQL keeps."""


def beside(name: str, ending: str, longest: int = LONGEST) -> str:
    """Return `name` with `ending` behind it, in at most `longest` bytes of UTF-8: `name` is cut where it must be."""
    room = longest - len(ending.encode())
    return name.encode()[:room].decode(errors="ignore") + ending


def fits(name: str) -> bool:
    """Return whether a server keeps all of `name`."""
    return len(name.encode()) <= LONGEST
