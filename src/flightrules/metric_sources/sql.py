"""A number that a database of the plan gives: a query with one row and one column.

The database is the one that the plan names under `databases:`, asked over the connection that the release has to it;
nothing that is asked can change anything. With `$version` or `$digest` in the query it is asked once for each version,
otherwise once for all. A query that gives several rows is refused: which of them is meant, the plan must say.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from flightrules.domain.placeholders import filled, tells_versions_apart
from flightrules.domain.plan import Unit
from flightrules.domain.verdict import Sample
from flightrules.metric_sources import _asking, _versions
from flightrules.ports.database import Queries
from flightrules.ports.metric_source import Question
from flightrules.ports.options import DatabaseName, Duration


class Options(BaseModel):
    """The query, and which database is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: Annotated[DatabaseName, Field(description="Which one of `databases:` is asked")]
    query: Annotated[
        str,
        Field(
            min_length=1, description="SQL with one number; $version, $digest and $service stand for those in question"
        ),
    ]
    within: Annotated[Duration, Field(gt=0, description="How long an answer may take")] = 5.0


def unit_of(name: str, options: Options) -> Unit | None:
    """Return None: only the plan can say in which unit the number is."""
    return None


def create(options: Options, *, queries: Queries, **unused: Any) -> SqlSource:
    """Return the source; `queries` asks the database that the options name."""
    return SqlSource(options, queries)


class SqlSource:
    """Asks a database for a number."""

    def __init__(self, options: Options, queries: Queries) -> None:
        self._options = options
        self._queries = queries
        self.within = options.within

    async def read(self, question: Question) -> Sample:
        """Return one value a version, or one for all. Raises `SourceUnreachable`."""
        ask = _versions.each if tells_versions_apart(self._options.query) else _versions.once
        return await ask(question, self._ask)

    async def _ask(self, known: dict[str, str]) -> float | None:
        sql = filled(self._options.query, known, escaped)
        return _asking.only_value(await _asking.one_row(self._queries, sql, self._options.within))


def escaped(value: str) -> str:
    """Return `value` as it stands inside a quoted text of SQL; it can never end that text."""
    return value.replace("'", "''")
