"""The state database: opened, kept in order, read and written in whole transactions.

Owns the file `flight.db` and how it is written; refuses a folder that is not ours, a file that is damaged, and
a schema from a newer program. What is in the tables is the business of the modules beside this one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event

from flightrules.ports.clock import Clock
from flightrules.state import folder as state_folder
from flightrules.state.masking import Mask
from flightrules.state.patience import Patience, Tell, Waiting
from flightrules.state.schema import bring_up_to_date
from flightrules.state.spare import Spare

Result = TypeVar("Result")
Work = Callable[[Connection], Result]

LOCK_SECONDS = 30.0
"""How long SQLite itself waits for a lock before the transaction is repeated from its beginning."""

OPENING = Waiting(attempts=1)
"""Nothing is under way yet that could be lost: whoever opens is told at once what is wrong, and may repeat it."""


class State:
    """One state folder. Calls are synchronous and quick; any thread and any number of processes may use it."""

    def __init__(self, folder: Path, clock: Clock, engine: Engine, patience: Patience) -> None:
        self.folder = folder
        self.clock = clock
        self.mask = Mask()
        self._patience = patience
        self._engine = engine
        self._reader = engine.execution_options(begin="BEGIN")
        self._writer = engine.execution_options(begin="BEGIN IMMEDIATE")
        self._noter = engine.execution_options(begin="BEGIN IMMEDIATE", synchronous="NORMAL")

    @property
    def path(self) -> Path:
        """The database file."""
        return self.folder / "flight.db"

    @property
    def trouble(self) -> str | None:
        """What is wrong with the disk or the lock at this moment, in words; None when all is well."""
        return self._patience.trouble

    def read(self, work: Work[Result]) -> Result:
        """Return what `work` reads in one transaction. Raises `StateUnusable`."""
        return self._patience.keep_trying(lambda: _carry_out(self._reader, work))

    def write(self, work: Work[Result]) -> Result:
        """Return what `work` returns, with all that it wrote committed, or nothing of it.

        `work` may run several times: when the disk is full or the database locked, the whole transaction is
        repeated until it succeeds. Raises `StateUnusable`.
        """
        return self._patience.keep_trying(lambda: _carry_out(self._writer, work))

    def note(self, work: Work[Result]) -> Result:
        """Do as `write`, without waiting for the disk: for what follows from other records.

        A crash of this process loses nothing of it; a power cut may take the last of it, but never half of one.
        """
        return self._patience.keep_trying(lambda: _carry_out(self._noter, work))

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def open_state(
    folder: Path,
    clock: Clock,
    *,
    tell: Tell = lambda trouble: None,
    waiting: Waiting = Waiting(),  # noqa: B008 (frozen)
    lock_seconds: float = LOCK_SECONDS,
) -> State:
    """Open the state in `folder`, making what is missing.

    `tell` is called, in the thread that waits, with the words for people when later the disk turns out full or the
    database locked; it must not use the state. Raises `StateUnusable`, also where that is so already.
    """
    folder = state_folder.prepare(folder)
    path = state_folder.private_file(folder, "flight.db")
    spare = Spare(folder)
    engine = _engine(path, lock_seconds)
    opening = State(folder, clock, engine, Patience(folder, spare, OPENING, lambda trouble: None))
    opening.write(lambda connection: bring_up_to_date(connection, str(path)))
    spare.restore()
    return State(folder, clock, engine, Patience(folder, spare, waiting, tell))


def _carry_out(engine: Engine, work: Work[Result]) -> Result:
    with engine.begin() as connection:
        return work(connection)


def _engine(path: Path, lock_seconds: float) -> Engine:
    where = URL.create("sqlite+pysqlite", database=str(path))  # as text, a `?` in the path would end it
    engine = create_engine(where, connect_args={"timeout": lock_seconds}, pool_size=4, max_overflow=-1)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: Any, record: object) -> None:
    """Prepare a new connection.

    `isolation_level = None` keeps Python's sqlite3 from opening transactions by itself: it would begin them as
    readers and fail at the first write beside another process. FULL makes a commit survive a power cut. The log
    is kept at one mebibyte (250 pages), so that on a full disk most of the spare's room is left for entries.
    """
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 250", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql(f"PRAGMA synchronous = {options.get('synchronous', 'FULL')}")
    connection.exec_driver_sql(options["begin"])
