"""What users saw: one record a request, and what follows from many of them. Pure but for reading its own file.

A request has failed when it got no answer at all or an answer with a status of 500 and above. "Answered by the
candidate" means that the answer carries the candidate's name in the header that names the version.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

CREATED = 201
"""What the shop answers when it has an order for good."""


@dataclass(frozen=True)
class Record:
    """One request of one user. `at` is when it was sent, in seconds since 1970; `seconds` until its end.

    `status` is None where no answer came, and `failure` then says why. `version` is what the answer named. `order` is
    the reference of the order that the request placed, empty where it placed none.
    """

    at: float
    seconds: float
    user: int
    method: str
    path: str
    status: int | None
    version: str | None = None
    failure: str = ""
    order: str = ""

    @property
    def failed(self) -> bool:
        """Whether the user got no answer, or an error of the server."""
        return self.status is None or self.status >= 500

    @property
    def ended(self) -> float:
        """When the answer was there, or the lack of it was certain; seconds since 1970."""
        return self.at + self.seconds

    def to_line(self) -> str:
        """Return the record as one line of JSON Lines."""
        return json.dumps(asdict(self), separators=(",", ":")) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Record:
        """Return the record that `to_line` wrote. Raises ValueError or TypeError for anything else."""
        return cls(**json.loads(line))


@dataclass
class Tally:
    """Counts of what users saw, kept while the traffic runs."""

    requests: int = 0
    failed: int = 0
    first_failed_at: float | None = None
    by_version: dict[str, dict[str, int]] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Count one request. Requests without a version are counted under the empty name."""
        version = self.by_version.setdefault(record.version or "", {"requests": 0, "failed": 0})
        self.requests += 1
        version["requests"] += 1
        if record.failed:
            self.failed += 1
            version["failed"] += 1
            why = record.failure or f"status {record.status}"
            self.failures[why] = self.failures.get(why, 0) + 1
            self.first_failed_at = min(record.ended, self.first_failed_at or record.ended)

    def to_record(self) -> dict[str, Any]:
        """Return the counts as JSON-ready data."""
        return asdict(self)


class TrafficFile:
    """The file that a traffic process writes, read while it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self.records: list[Record] = []

    def new(self) -> list[Record]:
        """Return the records that were written since the last call, and keep them in `records` too."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]  # the last line may be half written
        self._read += len(whole)
        fresh = [Record.from_line(line) for line in whole.decode().splitlines()]
        self.records += fresh
        return fresh


def between(records: Iterable[Record], start: float, end: float) -> list[Record]:
    """Return the records of requests that were sent from `start` on and before `end` (seconds since 1970)."""
    return [record for record in records if start <= record.at < end]


def failed(records: Iterable[Record]) -> int:
    """Return how many requests failed."""
    return sum(record.failed for record in records)


def failed_elsewhere(records: Iterable[Record], candidate: str) -> int:
    """Return how many requests failed without the candidate having answered them: what the machinery owes."""
    return sum(record.failed and record.version != candidate for record in records)


def acknowledged_orders(records: Iterable[Record]) -> list[str]:
    """Return the references of the orders that users were told to have placed: none of them may ever be lost."""
    return [record.order for record in records if record.order and record.status == CREATED]


def first_bad_answer(records: Iterable[Record]) -> float | None:
    """Return when the first failed request ended, in seconds since 1970; None where none failed."""
    return min((record.ended for record in records if record.failed), default=None)


def last_sent_to(records: Iterable[Record], version: str) -> float | None:
    """Return when the last request that `version` answered was sent; None where it answered none."""
    return max((record.at for record in records if record.version == version), default=None)
