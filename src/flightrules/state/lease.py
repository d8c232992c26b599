"""The lease that lets one process drive releases from a state: rule 8 of the twelve.

Two things make it up. The kernel's lock on the file `lock` keeps a second process out, and is gone with the
process, however that ends: there is no stale lock. The token in the database, larger for each holder, tells a
process that lost the lease (its lock file was deleted, its folder copied) that it must not touch anything more.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
from collections.abc import Iterable, Sequence
from itertools import takewhile
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from flightrules.domain.errors import Fenced
from flightrules.state.database import State
from flightrules.state.folder import user_name
from flightrules.state.lock_file import RELEASING, Busy, Lock, LockFile
from flightrules.state.tables import leases

RELEASES = "releases"
"""The scope of a whole state: everything that it releases."""

DATABASES = "databases"
"""The scope of what a person does with backups. It stands beside a release and never keeps anybody from going back."""

_BUSY = {
    RELEASES: RELEASING,
    DATABASES: Busy("flight is already at work on the databases here", "Wait until it has ended, or end it there."),
}


class Lease:
    """The right to touch the services of a state. Implements `Fence`."""

    def __init__(self, state: State, scope: str = RELEASES, *, lock: Lock = fcntl.flock) -> None:
        self._state = state
        self._scope = scope
        self._file = LockFile(state.folder / ("lock" if scope == RELEASES else f"lock-{scope}"), lock, _BUSY.get(scope))
        self._token: int | None = None
        self._stored = select(leases.c.token).where(leases.c.scope == scope)

    @property
    def token(self) -> int:
        """The number of this lease; a later holder has a larger one. Raises `Fenced` before `acquire`."""
        if self._token is None:
            raise Fenced("this process does not hold the lease on the state", "Acquire it before touching anything.")
        return self._token

    def acquire(self) -> None:
        """Become the one process that drives releases. Raises `StateBusy` naming who does, `StateUnusable`."""
        if self._token is not None:
            return
        me = self._state.mask.data(_myself(self._state.clock.now()))
        self._file.take(me)
        self._token = self._state.write(lambda connection: self._next_token(connection, me))

    def check(self) -> None:
        """Raise `Fenced` unless this process still holds the lease."""
        stored = self._state.read(lambda c: c.scalar(self._stored))
        if stored != self.token:
            raise Fenced(
                f"another flight took over this state: its lease is number {stored}, ours was {self.token}",
                "This process stops touching anything; see `flight watch` for the other one.",
            )

    def holder(self) -> dict[str, Any] | None:
        """Return who holds the lease now (pid, host, user, command, since); None when nobody does."""
        return self._file.holder()

    def release(self) -> None:
        """Let the next process have the lease; the kernel does the same when this one ends."""
        self._token = None
        self._file.drop()

    def __enter__(self) -> Lease:
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.release()

    def _next_token(self, connection: Connection, me: dict[str, Any]) -> int:
        row = {"scope": self._scope, "token": 1, "holder": json.dumps(me), "since": me["since"]}
        taken_over = {"token": leases.c.token + 1, "holder": row["holder"], "since": row["since"]}
        return int(
            connection.execute(
                insert(leases)
                .values(row)
                .on_conflict_do_update(index_elements=["scope"], set_=taken_over)
                .returning(leases.c.token)
            ).scalar_one()
        )


def _without_options(words: Sequence[str]) -> Iterable[str]:
    """Return the words of a command up to its first option: a reason is typed there, and may hold anything."""
    return takewhile(lambda word: not word.startswith("-"), words)


def _myself(now: float) -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "user": user_name(os.geteuid()),
        "command": " ".join(_without_options(sys.argv))[:200],
        "since": now,
    }
