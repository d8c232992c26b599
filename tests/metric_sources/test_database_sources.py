"""Numbers from real databases of a plan: by a query of its own, and by the ready ones for PostgreSQL."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flightrules.clocks.system import SystemClock
from flightrules.databases import postgres as postgres_database
from flightrules.domain.errors import NotSupportedYet, SourceUnreachable
from flightrules.domain.plan import Unit
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import ALL, Gauge
from flightrules.metric_sources import postgres, sql
from flightrules.ports.metric_source import Question
from flightrules.testing.fake_clock import FakeClock
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.postgres_server import PASSWORD, PostgresServer, missing, running_server
from tests.database.worlds import PostgresWorld, SqliteWorld, shared

V1, V2 = Version("v1", "1" * 64), Version("o'v2", "2" * 64)
QUESTION = Question("web", {"candidate": V2, "stable": V1})


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    if why := missing():
        pytest.skip(why)
    with running_server() as server:
        yield server


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SqliteWorld]:
    world = SqliteWorld(tmp_path, "wal")
    yield world
    world.close()


@pytest.fixture
async def world(server: PostgresServer, tmp_path: Path):
    world = PostgresWorld(server, tmp_path)
    yield world
    assert world.database.queries is not None
    await world.database.queries.close()
    world.close()


async def said(world: Any, query: str, **options: Any) -> dict[str, float]:
    asked = sql.Options(database="main", query=query, **options)
    sample = await sql.create(asked, queries=world.database.queries).read(QUESTION)
    return {key: value.value for key, value in sample.items() if isinstance(value, Gauge)}


class TestAQuery:
    async def test_one_number_is_that_of_all_versions(self, shop: SqliteWorld) -> None:
        assert await said(shop, "select count(*) from numbers") == {ALL: 50.0}

    async def test_with_the_version_in_it_it_is_asked_for_each_and_a_name_cannot_leave_its_quotes(
        self, shop: SqliteWorld
    ) -> None:
        shop.write(51, V2.name)
        assert await said(shop, "select count(*) from numbers where text = '$version'") == {V1.key: 0.0, V2.key: 1.0}

    @pytest.mark.parametrize(
        "query", ["select null", "select 1 where 1 = 0", "select max(number) from numbers where 0"]
    )
    async def test_no_row_and_null_are_no_measurement(self, shop: SqliteWorld, query: str) -> None:
        assert await said(shop, query) == {}

    @pytest.mark.parametrize(
        "query, words",
        [
            ("select number from numbers", "the query gives several rows, not one; aggregate them, for example with "
             "count(*)"),
            ("select 1, 2", "the query gives 2 columns, not one number"),
            ("select 'seven'", "what the query gives is the text `seven`, not a number"),
            ("select printf('%.*c', 200, '7')", "the query gives a text of 200 characters, not a number"),
            ("select total from numbers", "database main cannot answer `select total from numbers`: no such column: "
             "total"),
        ],
    )  # fmt: skip
    async def test_what_is_no_number_is_said(self, shop: SqliteWorld, query: str, words: str) -> None:
        with pytest.raises(SourceUnreachable) as refused:
            await said(shop, query)
        assert refused.value.what == words

    async def test_a_slow_query_is_ended_in_its_time(self, shop: SqliteWorld) -> None:
        endless = "with recursive n(x) as (select 1 union all select 1 from n) select count(*) from n"
        began = time.monotonic()
        with pytest.raises(SourceUnreachable, match=r"did not answer .* within 200ms"):
            await said(shop, endless, within=0.2)
        assert time.monotonic() - began < 2

    def test_only_the_plan_knows_the_unit(self) -> None:
        assert sql.unit_of("orders", sql.Options(database="main", query="select 1")) is None


async def figure(world: Any, value: str, **told: Any) -> float | None:
    source = postgres.create(
        postgres.Options(database="main"), name=value, queries=world.database.queries, clock=SystemClock(), **told
    )
    sample = await source.read(QUESTION)
    return sample[ALL].value if ALL in sample else None  # type: ignore[union-attr]


@pytest.mark.slow
class TestPostgres:
    async def test_every_figure_can_be_asked_for(self, world: PostgresWorld) -> None:
        found = {value: await figure(world, value) for value in postgres.FIGURES}
        assert {value for value, number in found.items() if number is None} == {"replication_lag", "deadlocks"}

    async def test_connections_are_counted_without_our_own(self, world: PostgresWorld) -> None:
        world.write(1)
        before = await figure(world, "connections")
        assert before == 1
        with psycopg.connect(world.server.url(world.name)), psycopg.connect(world.server.url("postgres")):
            assert await figure(world, "connections") == 2
            share = await figure(world, "connections_share")
        assert share is not None and 100 * 3 / 37 <= share <= 100 * 6 / 37

    async def test_who_waits_for_a_lock_is_seen_and_for_how_long(self, world: PostgresWorld) -> None:
        world.write(1)
        assert (await figure(world, "locks_waiting"), await figure(world, "longest_lock_wait")) == (0, 0)
        holder = psycopg.connect(world.server.url(world.name))
        holder.execute("update numbers set text = 'held' where number = 1")
        waiter = threading.Thread(target=lambda: world.write(1, "late"))
        waiter.start()
        try:
            await SystemClock().sleep(0.5)
            assert await figure(world, "locks_waiting") == 1
            waited = await figure(world, "longest_lock_wait")
            assert waited is not None and 0.2 < waited < 5
            idle = await figure(world, "idle_in_transaction")
            assert idle is not None and 0.2 < idle < 5
        finally:
            holder.rollback()
            holder.close()
            waiter.join()

    async def test_the_oldest_transaction_is_found(self, world: PostgresWorld) -> None:
        assert await figure(world, "longest_transaction") == 0
        with psycopg.connect(world.server.url(world.name)) as connection:
            connection.execute("select 1")
            await SystemClock().sleep(0.3)
            age = await figure(world, "longest_transaction")
        assert age is not None and 0.2 < age < 5

    async def test_what_other_roles_do_is_refused_where_it_cannot_be_seen(
        self, world: PostgresWorld, tmp_path: Path
    ) -> None:
        role = f"looker_{world.name}"
        world.server.execute(f"create role {role} login password '{PASSWORD}'")
        url = world.server.url(world.name, role)
        as_looker = postgres_database.create(postgres_database.Options(url=url), **shared(tmp_path, FakeFence()))
        looking = type("Looking", (), {"database": as_looker})
        with psycopg.connect(world.server.url(world.name)) as connection:
            connection.execute("select 1")
            assert await figure(looking, "connections") == 1
            for value in ("longest_transaction", "idle_in_transaction"):
                with pytest.raises(SourceUnreachable) as refused:
                    await figure(looking, value)
                assert refused.value.what == (
                    "the role of the database's `url` may not see what 1 sessions of other roles do, so "
                    f"{value} would be wrong; as a superuser, grant it pg_read_all_stats"
                )
            world.server.execute(f"grant pg_read_all_stats to {role}")
            assert await figure(looking, "longest_transaction") is not None
        assert as_looker.queries is not None
        await as_looker.queries.close()

    async def test_looks_share_a_connection_and_outlive_a_restart(self, tmp_path: Path) -> None:
        with running_server() as own:
            world = PostgresWorld(own, tmp_path)
            for _ in range(5):
                await figure(world, "size")
            ours = "select count(*) from pg_stat_activity where application_name = 'flight'"
            assert own.execute(ours) == [(1,)]
            own.restart()
            assert await figure(world, "size")
            assert world.database.queries is not None
            await world.database.queries.close()


class Counting:
    """A database whose counter says what a test says."""

    def __init__(self) -> None:
        self.counted: str | None = "3"

    async def rows(self, *asked: Any, **how: Any) -> Any:
        return ((self.counted, "0"),)


class TestRates:
    async def test_deadlocks_are_a_rate_from_the_second_look_on(self) -> None:
        clock, database = FakeClock(), Counting()
        source = postgres.create(
            postgres.Options(database="main", value="deadlocks"), name="stuck", queries=database, clock=clock
        )
        seen = []
        for counted in ("3", "5", "5", "1", "2"):
            database.counted = counted
            seen.append({key: value.value for key, value in (await source.read(QUESTION)).items()})
            await clock.sleep(4)
        assert seen == [{}, {ALL: 0.5}, {ALL: 0.0}, {}, {ALL: 0.25}], "a counter that was set back says nothing"


def test_units_are_known() -> None:
    units = {value: postgres.unit_of(value, postgres.Options(database="main")) for value in postgres.FIGURES}
    assert units["connections_share"] is Unit.PERCENT
    assert units["longest_transaction"] is Unit.SECONDS
    assert units["deadlocks"] is Unit.PER_SECOND
    assert postgres.unit_of("slow", postgres.Options(database="main")) is None
    assert set(postgres.FIGURES) == set(postgres.Value.__args__)  # type: ignore[attr-defined]


def test_a_figure_that_nobody_knows_is_refused() -> None:
    with pytest.raises(NotSupportedYet, match="the metric slow is to come from PostgreSQL, which is asked only for"):
        postgres.create(postgres.Options(database="main"), name="slow", queries=Counting(), clock=FakeClock())
