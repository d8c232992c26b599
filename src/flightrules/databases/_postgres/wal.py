"""Positions in the write-ahead log (WAL) of PostgreSQL, and the files that hold it. Pure.

A position is a number here, `16/B374D848` in PostgreSQL's words. A file holds `size` bytes of the log, and is named by
its timeline and its place: 8 hexadecimal digits of the timeline, 16 of the place.
"""

from __future__ import annotations

from collections.abc import Collection

NAME = r"[0-9A-F]{24}"


def position(text: str) -> int:
    """Return the position that PostgreSQL writes as `16/B374D848`."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def written(position: int) -> str:
    """Return a position as PostgreSQL writes it."""
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


def timeline(name: str) -> int:
    """Return the timeline of a file."""
    return int(name[:8], 16)


def place(name: str, size: int) -> int:
    """Return which file this is, counted from the beginning of the log."""
    return int(name[8:16], 16) * ((1 << 32) // size) + int(name[16:24], 16)


def named(line: int, place: int, size: int) -> str:
    """Return the name of a file."""
    high, low = divmod(place, (1 << 32) // size)
    return f"{line:08X}{high:08X}{low:08X}"


def missing(first: str, last: str, size: int, there: Collection[str]) -> tuple[str, ...]:
    """Return the names from `first` to `last`, on the timeline of both, that are not `there`."""
    places = range(place(first, size), place(last, size) + 1)
    names = (named(timeline(first), one, size) for one in places)
    return tuple(name for name in names if name not in there)
