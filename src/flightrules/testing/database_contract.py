"""What every database must do, as tests. Derive from `DatabaseContract` and give it a fixture `world`.

    class TestMyDatabase(DatabaseContract):
        @pytest.fixture
        async def world(self, tmp_path): yield MyDatabaseWorld(tmp_path)

Needs pytest with pytest-asyncio in auto mode. Nothing here knows how a database works: the world is an application
that keeps numbers in it, each with a text, over one connection that stays open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest

from flightrules.domain.errors import DatabaseFailed, Fenced, FlightError
from flightrules.domain.fingerprints import differences, growth
from flightrules.domain.row_differences import Side as Where
from flightrules.ports.database import Database
from flightrules.recovery.difference import Side, data_diff
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.query_contract import COUNT, QueryContract


class WriteRefused(Exception):
    """The database did not take what the application wrote."""


class DatabaseWorld(Protocol):
    """A database under test and the application that uses it.

    `cannot` gives, by the name of a test, the reason why it is nothing for this kind.
    """

    database: Database
    fence: FakeFence
    cannot: Mapping[str, str]

    def write(self, number: int, text: str = "first") -> None:
        """Write a number, or its new text. Raises `WriteRefused`."""

    def remove(self, number: int) -> None:
        """Remove a number."""

    def numbers(self, database: str | None = None) -> set[int]:
        """Return the numbers in a database; in the application's own without a name."""

    def databases(self) -> set[str]:
        """Return the names of all databases beside the application's own."""

    def somebody_elses(self, name: str) -> None:
        """Make a database that Flight Rules knows nothing of."""

    def spoil(self, folder: Path) -> None:
        """Damage a backup, so that it cannot be restored."""


class DatabaseContract(QueryContract):
    """The tests. Each begins with a database that holds the numbers 1 to 50."""

    @pytest.fixture(autouse=True)
    def possible(self, world: Any, request: pytest.FixtureRequest) -> None:
        """Skip what is nothing for this kind, with the reason."""
        if why := world.cannot.get(request.node.originalname):
            pytest.skip(why)

    async def test_it_says_what_it_is(self, world: DatabaseWorld) -> None:
        """Before anything is touched."""
        about = await world.database.copies.look()
        assert about.name
        assert about.server
        assert about.bytes is None or about.bytes > 0

    async def test_a_restored_backup_holds_what_there_was_and_nothing_later(
        self, world: DatabaseWorld, tmp_path: Path
    ) -> None:
        """And the plan's own database is untouched."""
        content = await world.database.copies.back_up(_folder(tmp_path))
        world.write(51)
        await world.database.copies.restore(tmp_path / "backup", "restored")
        assert differences(content, await world.database.copies.fingerprint("restored")) == ()
        assert world.numbers("restored") == set(range(1, 51))
        assert world.numbers() == set(range(1, 52))

    async def test_a_backup_can_be_restored_more_than_once(self, world: DatabaseWorld, tmp_path: Path) -> None:
        """It is only read."""
        await world.database.copies.back_up(_folder(tmp_path))
        before = {path.name: path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file()}
        await world.database.copies.restore(tmp_path / "backup", "one")
        await world.database.copies.restore(tmp_path / "backup", "two")
        after = {path.name: path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file()}
        assert before == after
        assert world.databases() == {"one", "two"}

    async def test_what_a_backup_says_is_true_while_others_write(self, world: DatabaseWorld, tmp_path: Path) -> None:
        """Its content and what is said about it are of one moment."""
        backing_up = asyncio.create_task(world.database.copies.back_up(_folder(tmp_path)))
        number = 1000
        while not backing_up.done():
            world.write(number := number + 1)
            await asyncio.wait({backing_up}, timeout=0.001)
        await world.database.copies.restore(tmp_path / "backup", "restored")
        assert differences(backing_up.result(), await world.database.copies.fingerprint("restored")) == ()
        assert len(world.numbers("restored")) == backing_up.result().rows

    async def test_the_fingerprint_tells_every_change(self, world: DatabaseWorld) -> None:
        """Rows that came, rows that went, values that are others; not the order in which they were written."""
        copies = world.database.copies
        first = await copies.fingerprint()
        world.write(7, "second")
        changed = await copies.fingerprint()
        world.remove(8)
        fewer = await copies.fingerprint()
        world.write(8)
        world.write(7)
        assert differences(first, await copies.fingerprint()) == ()
        (one,) = growth(first, fewer)
        assert (one.before, one.now, one.changed) == (50, 49, True)
        assert bool(differences(first, changed)) == first.complete

    async def test_restoring_over_a_database_is_refused(self, world: DatabaseWorld, tmp_path: Path) -> None:
        """It stays as it is."""
        await world.database.copies.back_up(_folder(tmp_path))
        world.somebody_elses("precious")
        with pytest.raises(DatabaseFailed, match="there is a database precious already"):
            await world.database.copies.restore(tmp_path / "backup", "precious")
        assert "precious" in world.databases()

    async def test_a_backup_that_cannot_be_restored_leaves_nothing_behind(
        self, world: DatabaseWorld, tmp_path: Path
    ) -> None:
        """And says what happened."""
        await world.database.copies.back_up(_folder(tmp_path))
        world.spoil(tmp_path / "backup")
        with pytest.raises(FlightError) as failure:
            await world.database.copies.restore(tmp_path / "backup", "restored")
        assert failure.value.what and failure.value.do
        assert world.databases() == set()
        assert world.numbers() == set(range(1, 51))

    async def test_a_restore_that_is_given_up_leaves_nothing_behind(self, world: DatabaseWorld, tmp_path: Path) -> None:
        """At whatever moment."""
        await world.database.copies.back_up(_folder(tmp_path))
        for wait in (0.0, 0.02, 0.1):
            restoring = asyncio.create_task(world.database.copies.restore(tmp_path / "backup", "restored"))
            await asyncio.wait({restoring}, timeout=wait)
            restoring.cancel()
            await asyncio.wait({restoring})
            if restoring.cancelled():
                assert world.databases() == set()
            await world.database.copies.drop("restored")
        await world.database.copies.restore(tmp_path / "backup", "restored")
        assert world.numbers("restored") == set(range(1, 51))

    async def test_only_what_was_restored_is_ever_dropped(self, world: DatabaseWorld, tmp_path: Path) -> None:
        """One that is gone already is fine."""
        await world.database.copies.back_up(_folder(tmp_path))
        await world.database.copies.restore(tmp_path / "backup", "restored")
        world.somebody_elses("precious")
        for _ in range(2):
            await world.database.copies.drop("restored")
        with pytest.raises(DatabaseFailed, match="database precious was not made from a backup"):
            await world.database.copies.drop("precious")
        assert world.databases() == {"precious"}

    async def test_a_closed_database_refuses_writes_and_is_read(self, world: DatabaseWorld) -> None:
        """Until it is opened; both may be said twice."""
        switch = world.database.switch
        assert switch is not None
        content = await world.database.copies.fingerprint()
        for _ in range(2):
            await switch.close_to_writers()
        with pytest.raises(WriteRefused):
            world.write(51)
        assert world.numbers() == set(range(1, 51))
        assert differences(content, await world.database.copies.fingerprint()) == ()
        for _ in range(2):
            await switch.open_to_writers()
        world.write(51)
        assert world.numbers() == set(range(1, 52))

    async def test_a_restored_database_takes_the_place_and_the_old_one_is_kept(
        self, world: DatabaseWorld, tmp_path: Path
    ) -> None:
        """The application goes on with it; the swap may be asked for again; what is kept is never dropped."""
        switch = await _ready_to_swap(world, tmp_path)
        assert not await switch.swapped("restored", "kept")
        for _ in range(2):
            await switch.swap("restored", "kept")
            assert await switch.swapped("restored", "kept")
        await switch.open_to_writers()
        assert (world.numbers(), world.numbers("kept")) == (set(range(1, 51)), set(range(1, 52)))
        assert world.databases() == {"kept"}
        assert world.database.further is not None
        assert ("kept", "kept") in [(one.name, one.what) for one in await world.database.further.listing()]
        world.write(99)
        assert 99 in world.numbers()
        with pytest.raises(DatabaseFailed):
            await world.database.copies.drop("kept")

    async def test_a_backup_of_a_closed_database_restores_to_an_open_one(
        self, world: DatabaseWorld, tmp_path: Path
    ) -> None:
        """The fresh backup on the way back is taken while writes are stopped."""
        switch = world.database.switch
        assert switch is not None
        await switch.close_to_writers()
        await world.database.copies.back_up(_folder(tmp_path))
        await world.database.copies.restore(tmp_path / "backup", "restored")
        await switch.swap("restored", "kept")
        world.write(51)
        assert 51 in world.numbers()

    async def test_an_open_database_is_not_swapped(self, world: DatabaseWorld, tmp_path: Path) -> None:
        """What is written meanwhile would be lost."""
        switch = await _ready_to_swap(world, tmp_path)
        await switch.open_to_writers()
        with pytest.raises(DatabaseFailed, match="is open to writers; it is as it was"):
            await switch.swap("restored", "kept")
        assert (world.numbers(), world.databases()) == (set(range(1, 52)), {"restored"})

    async def test_what_was_not_restored_is_not_swapped_in(self, world: DatabaseWorld, tmp_path: Path) -> None:
        """Nor is a name taken that somebody else has."""
        switch = await _ready_to_swap(world, tmp_path)
        world.somebody_elses("precious")
        for new, keep_as in (("precious", "kept"), ("nothing", "kept"), ("restored", "precious")):
            with pytest.raises(DatabaseFailed, match="is as it was"):
                await switch.swap(new, keep_as)
        assert (world.numbers(), world.databases()) == (set(range(1, 52)), {"restored", "precious"})

    async def test_who_lost_the_lease_touches_nothing(self, world: DatabaseWorld, tmp_path: Path) -> None:
        """Reading is allowed."""
        switch = await _ready_to_swap(world, tmp_path)
        await switch.open_to_writers()
        world.fence.lost = True
        copies, backup = world.database.copies, tmp_path / "backup"
        for refused in (
            copies.restore(backup, "again"),
            copies.drop("restored"),
            switch.close_to_writers(),
            switch.swap("restored", "kept"),
        ):
            with pytest.raises(Fenced):
                await refused
        assert world.databases() == {"restored"}
        world.write(52)
        assert (await copies.fingerprint()).rows == 52

    async def test_two_databases_are_compared_row_by_row(self, world: DatabaseWorld, tmp_path: Path) -> None:
        """With the keys of what only one has, and of what both have with other values."""
        rows = world.database.rows
        assert rows is not None
        await world.database.copies.back_up(_folder(tmp_path))
        await world.database.copies.restore(tmp_path / "backup", "restored")
        for number in (51, 100, 9):
            world.write(number, "second")
        world.remove(10)
        found = await data_diff(Side(rows, "restored"), Side(rows))
        (one,) = (table for table in found if not table.same)
        assert one.keys == {Where.LEFT: [("10",)], Where.RIGHT: [("51",), ("100",)], Where.CHANGED: [("9",)]}
        assert one.counts == {Where.LEFT: 1, Where.RIGHT: 2, Where.CHANGED: 1}
        assert all(table.same for table in await data_diff(Side(rows), Side(rows)))

    async def test_what_was_restored_is_listed_and_what_is_somebody_elses_is_not(
        self, world: DatabaseWorld, tmp_path: Path
    ) -> None:
        """Until it is dropped."""
        further = world.database.further
        assert further is not None
        await world.database.copies.back_up(_folder(tmp_path))
        await world.database.copies.restore(tmp_path / "backup", "restored")
        world.somebody_elses("precious")
        ours = {one.name: one.what for one in await further.listing()}
        assert (ours.get("restored"), ours.get("precious")) == ("restored", None)
        await world.database.copies.drop("restored")
        assert "restored" not in {one.name for one in await further.listing()}

    async def test_the_values_of_rows_are_read_by_what_the_rows_are(self, world: DatabaseWorld) -> None:
        """One that is gone by now is left out, one that has changed is as it is now."""
        rows = world.database.rows
        assert rows is not None
        (table,) = await rows.tables()
        wanted = [row async for row in rows.rows(table) if row.key in (("1",), ("2",), ("50",))]
        world.remove(2)
        world.write(50, "second")
        found = [values async for values in rows.values(table, wanted, table.columns)]
        assert {(int(str(number)), text) for number, text in found} == {(1, "first"), (50, "second")}

    async def test_reading_rows_can_be_given_up(self, world: DatabaseWorld) -> None:
        """Nothing stays locked."""
        rows = world.database.rows
        assert rows is not None
        (table,) = await rows.tables()
        async for _ in (stream := rows.rows(table)):
            break
        await stream.aclose()  # type: ignore[attr-defined]
        world.write(51)

    async def test_a_restored_database_is_asked_once_it_has_taken_the_place(
        self, world: DatabaseWorld, tmp_path: Path
    ) -> None:
        """And not the one that is kept."""
        switch, queries = await _ready_to_swap(world, tmp_path), world.database.queries
        assert queries is not None
        assert await queries.rows(COUNT) == (("51",),)
        await switch.swap("restored", "kept")
        assert await queries.rows(COUNT) == (("50",),)


async def _ready_to_swap(world: DatabaseWorld, tmp_path: Path) -> Any:
    """Back up, write 51, restore as `restored`, close; return the switch."""
    assert world.database.switch is not None
    await world.database.copies.back_up(_folder(tmp_path))
    world.write(51)
    await world.database.copies.restore(tmp_path / "backup", "restored")
    await world.database.switch.close_to_writers()
    return world.database.switch


def _folder(tmp_path: Path) -> Path:
    (tmp_path / "backup").mkdir()
    return tmp_path / "backup"
