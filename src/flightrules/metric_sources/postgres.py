"""How a PostgreSQL server is doing, by ready queries: connections, locks, long transactions, replication, deadlocks.

Everything is asked of the server's own statistics, which cost it next to nothing. They hide from a role without the
right to see them what other roles do; a figure that would be too small for that reason is refused, never given.
`deadlocks` is a rate, so the first look gives nothing for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from flightrules.domain.errors import NotSupportedYet, SourceUnreachable
from flightrules.domain.plan import Unit
from flightrules.domain.verdict import ALL, Gauge, Sample
from flightrules.metric_sources import _asking
from flightrules.ports.clock import Clock
from flightrules.ports.database import Queries
from flightrules.ports.metric_source import MetricSource, Question
from flightrules.ports.options import Duration, database_of_kind

_SESSIONS = """
    select {value}, count(*) filter (where hidden)
    from (select *, state is null as hidden, clock_timestamp() as now from pg_stat_activity
          where datname = current_database() and usesysid is not null and application_name <> 'flight') session
"""
"""Sessions of this database but those of Flight Rules; the server's own workers have no user. Where `state` is null,
this role may not see what the session does, and `track_activities = off` would say `disabled`."""

_LAG = """
    select case when pg_is_in_recovery() then {standby} else max({primary}) end, count(*) filter (where state is null)
    from pg_stat_replication
"""


@dataclass(frozen=True)
class Figure:
    """A query with one row: the value, and how much was hidden from the role. With `rate`, the value counts up."""

    unit: Unit
    sql: str
    rate: bool = False


FIGURES: Mapping[str, Figure] = {
    "connections": Figure(
        Unit.NUMBER,
        """select count(*), 0 from pg_stat_activity
           where datname = current_database() and usesysid is not null and application_name <> 'flight'""",
    ),
    "connections_share": Figure(
        Unit.PERCENT,
        """select 100.0 * count(*) / (current_setting('max_connections')::int
               - current_setting('superuser_reserved_connections')::int), 0
           from pg_stat_activity
           where usesysid is not null and coalesce(backend_type, 'client backend') = 'client backend'""",
    ),
    "idle_in_transaction": Figure(
        Unit.SECONDS,
        _SESSIONS.format(
            value="coalesce(max(extract(epoch from now - state_change)) "
            "filter (where state like 'idle in transaction%'), 0)"
        ),
    ),
    "longest_transaction": Figure(
        Unit.SECONDS, _SESSIONS.format(value="coalesce(max(extract(epoch from now - xact_start)), 0)")
    ),
    "locks_waiting": Figure(
        Unit.NUMBER,
        """select count(distinct pid), 0 from pg_locks join pg_stat_activity using (pid)
           where not granted and datname = current_database()""",
    ),
    "longest_lock_wait": Figure(
        Unit.SECONDS,
        """select coalesce(max(extract(epoch from clock_timestamp() - waitstart)), 0), 0
           from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database()""",
    ),
    "replication_lag": Figure(
        Unit.SECONDS,
        _LAG.format(
            standby="extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())",
            primary="coalesce(extract(epoch from replay_lag), 0)",
        ),
    ),
    "deadlocks": Figure(
        Unit.PER_SECOND, "select deadlocks, 0 from pg_stat_database where datname = current_database()", rate=True
    ),
    "size": Figure(Unit.BYTES, "select pg_database_size(current_database()), 0"),
}

Value = Literal[
    "connections", "connections_share", "idle_in_transaction", "longest_transaction", "locks_waiting",
    "longest_lock_wait", "replication_lag", "deadlocks", "size",
]  # fmt: skip


class Options(BaseModel):
    """Which figure, and which database is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: Annotated[
        str, Field(description="Which one of `databases:` is asked", json_schema_extra=database_of_kind("postgres"))
    ]
    value: Annotated[Value | None, Field(description="What to read, where the metric has another name than that")] = (
        None
    )
    within: Annotated[Duration, Field(gt=0, description="How long an answer may take")] = 5.0


def unit_of(name: str, options: Options) -> Unit | None:
    """Return the unit of the metric `name`; None where it is not clear what to read."""
    figure = FIGURES.get(options.value or name)
    return figure.unit if figure else None


def create(options: Options, *, name: str, queries: Queries, clock: Clock, **unused: Any) -> MetricSource:
    """Return the source of the metric `name`; `queries` asks the database that the options name."""
    value = options.value or name
    if value not in FIGURES:
        what = f"the metric {name} is to come from PostgreSQL, which is asked only for {', '.join(FIGURES)}"
        raise NotSupportedYet(what, f"Write `{name}: {{from: postgres, value: connections}}`, or another of them.")
    return PostgresSource(value, options.within, queries, clock)


class PostgresSource:
    """Asks for one figure, which is that of all versions together."""

    def __init__(self, value: str, within: float, queries: Queries, clock: Clock) -> None:
        self._name = value
        self._figure = FIGURES[value]
        self._queries = queries
        self._clock = clock
        self._before: tuple[float, float] | None = None
        self.within = within

    async def read(self, question: Question) -> Sample:
        """Return one value for all. Raises `SourceUnreachable`."""
        row = await _asking.one_row(self._queries, self._figure.sql, self.within)
        value = _asking.only_value(self._seen(row))
        if value is not None and self._figure.rate:
            value = self._per_second(value)
        return {} if value is None else {ALL: Gauge(value)}

    def _seen(self, row: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Return the row without the number of what was hidden, which must be none."""
        if row is None or len(row) != 2:
            return row
        if row[1] != "0":
            raise SourceUnreachable(
                f"the role of the database's `url` may not see what {row[1]} sessions of other roles do, so "
                f"{self._name} would be wrong; as a superuser, grant it pg_read_all_stats"
            )
        return row[:1]

    def _per_second(self, counted: float) -> float | None:
        """Return how fast the counter went up since the look before; None at the first, and when it was set back."""
        now, before = self._clock.monotonic(), self._before
        self._before = (now, counted)
        if before is None or counted < before[1] or now <= before[0]:
            return None
        return (counted - before[1]) / (now - before[0])
