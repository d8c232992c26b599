"""Whether anything was written to the state: cheap enough to ask twenty times a second for weeks."""

from __future__ import annotations

import sqlite3

from flightrules.state.database import State
from flightrules.state.patience import unusable


class Changes:
    """Looks through a connection of its own, so that writes of the same process are noticed as well.

    One `Changes` serves one reader: each has its own idea of what it has seen.
    """

    def __init__(self, state: State) -> None:
        self._folder = state.folder
        self._connection = sqlite3.connect(state.path, isolation_level=None, check_same_thread=False)
        self._seen = self._version()

    def any(self) -> bool:
        """Say whether anybody committed anything since the last call. Takes some ten microseconds.

        Raises `StateUnusable`.
        """
        before, self._seen = self._seen, self._version()
        return self._seen != before

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _version(self) -> int:
        try:
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.DatabaseError as error:
            raise unusable(self._folder, error) from error
