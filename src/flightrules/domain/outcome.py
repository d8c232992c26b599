"""How a release can end."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The end of a release, as it is recorded, shown, and turned into an exit status."""

    RELEASED = "released"
    ROLLED_BACK = "rolled back"
    NOT_STARTED = "not started"
    CLOSED = "closed"
    OPENED = "opened"
    DOWN = "down"
