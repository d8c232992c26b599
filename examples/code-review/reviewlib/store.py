"""Owns the database of the platform: SQLite, with the tables that migrations made. What is acknowledged is in it."""

from __future__ import annotations

import json
import sqlite3
import threading
from typing import Any


class Store:
    """One connection to the database file, which has to be there; one statement is one transaction."""

    def __init__(self, path: str) -> None:
        self._one_at_a_time = threading.Lock()
        self._connection = sqlite3.connect(
            f"file:{path}?mode=rw", uri=True, timeout=10, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("pragma journal_mode = wal")

    def add_review(self, version: str, reference: str, findings: list[str]) -> int:
        """Keep a review, and return its number once it is committed."""
        sql = "insert into reviews (version, reference, findings) values (?, ?, ?) returning number"
        return int(self._run(sql, version, reference, json.dumps(findings))[0][0])

    def reviews(self, most: int = 10) -> list[dict[str, Any]]:
        """Return the newest reviews, newest first."""
        rows = self._run("select number, reference, findings from reviews order by number desc limit ?", most)
        return [{"number": row[0], "reference": row[1], "findings": json.loads(row[2])} for row in rows]

    def add_stars(self, stars: int) -> None:
        """Keep how content a user was, 1 to 5."""
        self._run("insert into feedback (stars) values (?)", stars)

    def add_repair(self, version: str, worked: bool) -> None:
        """Keep that an AI instance was repaired, or that this did not work."""
        self._run("insert into repairs (version, worked) values (?, ?)", version, worked)

    def is_there(self) -> bool:
        """Return whether the database answers."""
        return self._run("select 1") == [(1,)]

    def _run(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._one_at_a_time:
            return self._connection.execute(sql, values).fetchall()
