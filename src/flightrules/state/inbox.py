"""What people ask of a release, from whichever terminal, until the release has answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.exc import IntegrityError

from flightrules.domain.errors import FlightError
from flightrules.domain.signals import Ask, Signal
from flightrules.state.database import State
from flightrules.state.tables import signals


@dataclass(frozen=True)
class Letter:
    """A signal on its way: when it was taken (seconds since 1970) and the answer; both None until then."""

    release: str
    signal: Signal
    taken_at: float | None
    answer: str | None


class Inbox:
    """The signals of every release of one state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def send(self, release: str, ask: Ask, actor: str, arguments: Mapping[str, Any] | None = None) -> int:
        """Leave a signal for `release`, and return its number. Raises `FlightError` for an unknown release."""
        row = {
            "release": release,
            "ask": ask.value,
            "arguments": json.dumps(self._state.mask.data(arguments or {}, "arguments")),
            "actor": self._state.mask.text(actor),
            "sent_at": self._state.clock.now(),
        }
        insert = signals.insert().values(row).returning(signals.c.id)
        try:
            return self._state.write(lambda c: int(c.execute(insert).scalar_one()))
        except IntegrityError as error:
            raise FlightError(
                f"there is no release {release}", "`flight status --all` lists those that there are."
            ) from error

    def waiting(self, release: str) -> tuple[Signal, ...]:
        """Return the signals that the release has not taken yet, in the order in which they were sent."""
        rows = self._state.read(
            lambda c: c.execute(
                select(signals).where(signals.c.release == release, signals.c.taken_at.is_(None)).order_by(signals.c.id)
            ).all()
        )
        return tuple(_signal(row) for row in rows)

    def take(self, number: int, answer: str) -> None:
        """Record the answer to a signal. The first answer counts; asking again changes nothing.

        Who takes it knows every secret of the plan; the terminal where it was typed may not have known them all.
        """
        mask, now = self._state.mask, self._state.clock.now()
        waiting = signals.c.id == number, signals.c.taken_at.is_(None)

        def take(connection: Connection) -> None:
            arguments = connection.scalar(select(signals.c.arguments).where(*waiting))
            if arguments is not None:
                hidden = json.dumps(mask.data(json.loads(arguments), "arguments"))
                answered = {"taken_at": now, "answer": mask.text(answer), "arguments": hidden}
                connection.execute(signals.update().where(*waiting).values(answered))

        self._state.write(take)

    def get(self, number: int) -> Letter:
        """Return the signal with this number, and its answer. Raises `FlightError` where there is none."""
        row = self._state.read(lambda c: c.execute(select(signals).where(signals.c.id == number)).first())
        if row is None:
            raise FlightError(f"there is no signal {number}")
        return Letter(row.release, _signal(row), row.taken_at, row.answer)


def _signal(row: Row[Any]) -> Signal:
    return Signal(row.id, Ask(row.ask), row.actor, row.sent_at, json.loads(row.arguments))
