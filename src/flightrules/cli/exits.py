"""How a command ends, for scripts: docs/reference/exit-statuses.md says the same to people."""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum

from flightrules.domain.outcome import Outcome


class Exit(IntEnum):
    """The exit statuses of `flight`."""

    DONE = 0
    """The version was released, or the command did what was asked."""
    ROLLED_BACK = 1
    DIFFERENT = 1
    """What was compared is not the same, or `flight ledger verify` found something."""
    BAD_INPUT = 2
    LEFT = 3
    """The release is held, or the command left before it ended."""
    NOTHING_DONE = 4
    """The state is busy or cannot be used, or there is nothing to act on."""
    SHUT_DOWN = 5
    GATES_CLOSED = 6
    INTERNAL = 70
    UNREAD = 141
    """What was printed could not be read to its end: what a shell says of a program that ended by SIGPIPE."""


_OF_OUTCOMES = {
    Outcome.RELEASED: Exit.DONE,
    Outcome.OPENED: Exit.DONE,
    Outcome.ROLLED_BACK: Exit.ROLLED_BACK,
    Outcome.CLOSED: Exit.SHUT_DOWN,
    Outcome.DOWN: Exit.SHUT_DOWN,
    Outcome.NOT_STARTED: Exit.GATES_CLOSED,
}


def of(outcome: str, wanted: Collection[Outcome] = (Outcome.RELEASED, Outcome.OPENED)) -> Exit:
    """Return the status for a release that ended: 0 where it ended as the command `wanted`.

    A release that got through although it was called back must not look like a success.
    """
    ended = Outcome(outcome)
    if ended in wanted:
        return Exit.DONE
    return _OF_OUTCOMES[ended] or Exit.NOTHING_DONE
