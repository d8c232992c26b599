"""Asks a database by a command: the SQL comes in a variable, the rows are the lines that it prints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count

from flightrules.databases._command.lines import Lines
from flightrules.databases._queries import no_roles, too_slow, unanswered
from flightrules.domain.errors import DatabaseFailed

NO_ROLES = "what its `query` does with a role nobody can see"


@dataclass(frozen=True)
class CommandQueries:
    """The `Queries` of a database that only commands know. That `query` only reads is the team's own affair."""

    lines: Lines
    query: str
    _asking: set[int] = field(default_factory=set)

    async def rows(
        self, sql: str, as_role: str | None = None, most: int = 100, within: float | None = None
    ) -> tuple[tuple[str, ...], ...]:
        """Return the first of the lines that it prints, each split at its tabs. Raises `DatabaseFailed`."""
        if as_role is not None:
            raise no_roles(self.lines.name, as_role, NO_ROLES)
        limit = self.lines.within if within is None else within
        with self._own_number() as number:
            try:
                printed = await replace(self.lines, within=limit).run(f"query-{number}", self.query, SQL=sql)
            except DatabaseFailed as error:
                if not error.details.get("ended"):
                    raise too_slow(self.lines.name, sql, limit) from error
                said = error.details["log"][-1] if error.details["log"] else "`query` failed, and said nothing"
                raise unanswered(self.lines.name, sql, said) from error
        return tuple(tuple(line.split("\t")) for line in printed[:most])

    async def close(self) -> None:
        """Nothing is kept."""

    @contextmanager
    def _own_number(self) -> Iterator[int]:
        """Yield the lowest number that no other question has: a command of the same name would end it."""
        number = next(each for each in count(1) if each not in self._asking)
        self._asking.add(number)
        try:
            yield number
        finally:
            self._asking.discard(number)
