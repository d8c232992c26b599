"""The state database, opened to be looked at alone: nothing in its folder is made, changed, repaired or migrated.

For what must leave no trace. Whoever steers a release, or reports on one, opens the state with `open_state`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError

from flightrules.domain.errors import StateUnusable
from flightrules.ports.clock import Clock
from flightrules.state import tables
from flightrules.state.database import Result, State, Work
from flightrules.state.folder import is_there
from flightrules.state.patience import Patience, Waiting
from flightrules.state.schema import stored_revision
from flightrules.state.spare import Spare


class StateToRead(State):
    """A state that cannot be written."""

    def read(self, work: Work[Result]) -> Result:
        """Return what `work` reads. Raises `StateUnusable` at once: nobody waits for a lock here."""
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except DBAPIError as error:
            what = f"{self.path} cannot be read: {error.orig}"
            raise StateUnusable(what, "See what is there, or name another state with --state DIR.") from error

    def write(self, work: Work[Result]) -> NoReturn:
        """Refuse."""
        raise AssertionError("this state was opened to be read")

    note = write


def open_to_read(folder: Path, clock: Clock) -> State:
    """Open the state in `folder` to look at it. Raises `StateUnusable` where there is none, or of another schema."""
    folder = folder.absolute()
    path = folder / "flight.db"
    if not is_there(folder):
        raise StateUnusable(f"there is no state in {folder}", "Name it with --state DIR.")
    # Without a log nobody has it open, and SQLite would make one to look at it unless it knows that nothing changes.
    mode = {"mode": "ro"} if path.with_name("flight.db-wal").exists() else {"immutable": "1"}
    query = {**mode, "uri": "true"}
    engine = create_engine(URL.create("sqlite+pysqlite", database=f"file:{quote(str(path))}", query=query))
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = ON"))
    state = StateToRead(folder, clock, engine, Patience(folder, Spare(folder), Waiting(), lambda trouble: None))
    state.read(lambda connection: _require_known(connection, path))
    return state


def _require_known(connection: Connection, path: Path) -> None:
    stored = stored_revision(connection)
    if stored != tables.HEAD:
        raise StateUnusable(
            f"{path} was written by another flight (its schema is {stored}, this program knows {tables.HEAD})",
            "Let this program bring it up to date first: flight status.",
        )
