"""What every database must do when it is asked something, as tests; `DatabaseContract` has them too.

The world is an application that keeps numbers, each with a text, in a table `numbers` with these two columns.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

import pytest

from flightrules.domain.errors import DatabaseFailed
from flightrules.ports.database import Database, Queries

NUMBERS = "with n(number, text) as (select * from numbers)"
COUNT = "select count(*) from numbers"
ENDLESS = "with recursive endless(x) as (select 1 union all select 1 from endless) select count(*) from endless"


class AskedWorld(Protocol):
    """A database under test, and what the contract needs of the application that uses it."""

    database: Database

    def write(self, number: int, text: str = "first") -> None:
        """Write a number, or its new text."""

    def numbers(self, database: str | None = None) -> set[int]:
        """Return the numbers in the application's database."""


class QueryContract:
    """The tests. Each begins with a database that holds the numbers 1 to 50."""

    async def test_a_query_is_answered_with_its_first_rows_as_text(self, world: AskedWorld) -> None:
        """No row is an answer too; a null is no text."""
        queries = _queries(world)
        assert await queries.rows(f"{NUMBERS} select number from n order by number", most=2) == (("1",), ("2",))
        assert len(await queries.rows(f"{NUMBERS} select number from n")) == 50
        assert await queries.rows(f"{NUMBERS} select number, text from n where number = 7") == (("7", "first"),)
        assert await queries.rows(f"{NUMBERS} select number from n where number > 50") == ()
        assert await queries.rows(f"{NUMBERS} select number, null from n where number = 7") == (("7", ""),)

    async def test_a_query_sees_what_was_written_last(self, world: AskedWorld) -> None:
        """Nothing is remembered of an earlier answer; a database that is closed to writers answers too."""
        queries, switch = _queries(world), world.database.switch
        for number in (51, 52):
            assert await queries.rows(COUNT) == ((str(number - 1),),)
            world.write(number)
        if switch is not None:
            await switch.close_to_writers()
        assert await queries.rows(COUNT) == (("52",),)

    @pytest.mark.parametrize(
        "sql",
        [
            "delete from numbers",
            "update numbers set number = number + 1000",
            "insert into numbers select * from numbers",
            "drop table numbers",
            "create table more (number integer)",
            "select 1; delete from numbers",
            "commit; delete from numbers",
        ],
    )
    async def test_nothing_that_is_asked_changes_anything(self, world: AskedWorld, sql: str) -> None:
        """It is refused, in words."""
        with pytest.raises(DatabaseFailed) as failure:
            await _queries(world).rows(sql)
        assert f"cannot answer `{sql}`: " in failure.value.what
        assert world.numbers() == set(range(1, 51))
        world.write(51)

    async def test_a_query_that_is_wrong_is_named_with_what_is_wrong(self, world: AskedWorld) -> None:
        """And the next one is answered."""
        queries = _queries(world)
        with pytest.raises(DatabaseFailed) as failure:
            await queries.rows("select absent_column from numbers")
        assert "cannot answer `select absent_column from numbers`: " in failure.value.what
        assert failure.value.what.count("absent_column") == 2, "the server's own words"
        assert failure.value.do == "Mend the query in the plan."
        assert await queries.rows(COUNT) == (("50",),)

    async def test_a_query_that_takes_too_long_is_ended(self, world: AskedWorld) -> None:
        """And the next one is answered."""
        queries = _queries(world)
        with pytest.raises(DatabaseFailed, match=r"did not answer `with recursive .*` within 300ms"):
            await queries.rows(ENDLESS, within=0.3)
        assert await queries.rows(COUNT) == (("50",),)

    async def test_a_query_can_be_given_up(self, world: AskedWorld) -> None:
        """Nothing stays locked, and the next one is answered."""
        queries = _queries(world)
        asking = asyncio.create_task(queries.rows(ENDLESS, within=30))
        await asyncio.wait({asking}, timeout=0.2)
        asking.cancel()
        await asyncio.wait({asking}, timeout=10)
        assert asking.done()
        world.write(51)
        assert await queries.rows(COUNT) == (("51",),)

    async def test_several_queries_are_answered_at_once(self, world: AskedWorld) -> None:
        """Nothing is mixed up; what was let go of can be asked again."""
        queries = _queries(world)
        asked = [f"{NUMBERS} select number from n where number = {number}" for number in range(1, 7)]
        for _ in range(2):
            found = await asyncio.gather(*(queries.rows(sql) for sql in asked))
            assert found == [((str(number),),) for number in range(1, 7)]
            await queries.close()

    async def test_a_role_is_heard_or_refused_and_never_left_out(self, world: AskedWorld) -> None:
        """A test of row-level security that was asked as somebody else would say nothing."""
        refusal = "cannot be asked as the role nobody" if "roles" in world.database.cannot else "nobody"
        with pytest.raises(DatabaseFailed, match=refusal):
            await _queries(world).rows(COUNT, as_role="nobody")


def _queries(world: AskedWorld) -> Queries:
    assert world.database.queries is not None
    return world.database.queries
