"""Which backups have had their time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Kept:
    """A backup, as far as its age matters: `at` in seconds since 1970, `proven` if it was restored once."""

    id: str
    at: float
    proven: bool


def expired(backups: Sequence[Kept], now: float, keep: float, at_least: int, at_most: int | None) -> tuple[str, ...]:
    """Return the ids of those to remove, the oldest first.

    One goes when it is older than `keep` seconds, or when there are more than `at_most` younger ones. The youngest
    `at_least` stay whatever their age, and so does the youngest that is proven.
    """
    ordered = sorted(backups, key=lambda one: (one.at, one.id), reverse=True)
    proven = next((one.id for one in ordered if one.proven), None)
    stay = {one.id for one in ordered[:at_least]} | {proven}
    gone = [
        one.id
        for younger, one in enumerate(ordered)
        if one.id not in stay and (now - one.at > keep or (at_most is not None and younger >= at_most))
    ]
    return tuple(reversed(gone))
