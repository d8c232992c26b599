"""Version 1.1.0, first candidate: the search index follows every profile that is saved, in the background.

Its defect is one that a canary cannot show. Whoever saves a profile has the answer at once, and the connection to the
database stays with the index for four seconds. A quarter of the users takes a half of the fifty connections that
way. All of the users take all of them, and nothing can be saved any more.
"""

import os
import sqlite3
import threading

from profilelib import Connections, Store, main

INDEXES = 4.0
"""Seconds that the search index takes for one profile."""

connections = Connections(os.environ.get("PROFILE_DATABASE", ""))


def index(connection: sqlite3.Connection) -> None:
    """Let the index follow on the connection that is there already, and give it back then."""
    follows = threading.Timer(INDEXES, connections.give_back, [connection])
    follows.daemon = True
    follows.start()


store = Store(connections, after_saving=index, keeps=("name", "headline"))

if __name__ == "__main__":
    main("v1.1.0-rc1", store)
