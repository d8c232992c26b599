"""Checks of the data and counts of rows, of real databases, through the phases that a release carries out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flightrules.clocks.system import SystemClock
from flightrules.domain.adapter import Adapter
from flightrules.domain.database_plan import DatabasePlan, DataCheck
from flightrules.domain.errors import MigrationFailed, MigrationRefused
from flightrules.engine.database_run import DatabaseRun
from flightrules.engine.run import Run
from flightrules.phases import data_checks, row_counts
from flightrules.ports.database import BackupOptions, DatabaseOptions
from flightrules.recovery.backups import Backups
from flightrules.testing.fake_durable import Fate
from flightrules.testing.scenario import Scenario
from tests.database.worlds import PostgresWorld, SqliteWorld
from tests.release.plans import STAGES, plan

OPTIONS = DatabaseOptions(migrate="up", undo="down", backup=BackupOptions(prove="none"))
POSITIVE = DataCheck("every number is positive", "select number, text from numbers where number <= 0")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "sqlite":
        world: Any = SqliteWorld(tmp_path, "wal")
    else:
        world = PostgresWorld(request.getfixturevalue("server"), tmp_path)
    yield world
    world.close()


class Release:
    """A release that has come to the migration of one real database."""

    def __init__(self, run: Run, each: DatabaseRun) -> None:
        self.run, self.each = run, each

    async def back_up(self) -> None:
        taken = await self.each.backups.take("before a test")
        self.run.record("backup.taken", "database/main/backed-up", backup=taken.id)


@pytest.fixture
async def release(world: Any, tmp_path: Path):
    """Return a maker of releases; `agreed` is what the plan says of the database."""
    scenario = Scenario(tmp_path / "state", plan(stages=STAGES[::2]))
    await scenario.given_stable()
    run = await scenario.run_of(Fate())

    def make(**agreed: Any) -> Release:
        database = DatabasePlan("main", Adapter("any", OPTIONS), "web", **agreed)
        backups = Backups("main", tmp_path / "backups", OPTIONS.backup, world.database.copies, SystemClock())
        reached = (world.database, backups)
        return Release(run, DatabaseRun("main", database, lambda: reached, lambda v: tmp_path, tmp_path / "exported"))

    yield make
    await world.database.queries.close()
    scenario.state.close()


async def test_claims_hold_or_are_refused_with_the_first_row(world: Any, release: Any) -> None:
    this = release(checks=(POSITIVE,))
    assert await data_checks.before(this.run, this.each) == {"passed": 1}
    world.write(-3, "lost")
    said = "every number is positive (returned (-3, lost))"
    with pytest.raises(MigrationFailed) as failed:
        await data_checks.after(this.run, this.each)
    assert failed.value.what == f"the data of database main is not as agreed after the migration: {said}"
    assert await data_checks.back_again(this.run, this.each) == {"wrong": [said]}


async def test_wrong_sql_is_a_refusal_in_the_words_of_the_server(release: Any) -> None:
    this = release(checks=(DataCheck("orders add up", "select total from numbers"),))
    with pytest.raises(MigrationRefused) as refused:
        await data_checks.before(this.run, this.each)
    assert refused.value.what.startswith(
        "the data of database main cannot be checked: orders add up (database main cannot answer "
        "`select total from numbers`: "
    )
    assert "total" in refused.value.what.rpartition(": ")[2]
    assert refused.value.do == "mend the check in the plan; the database was not touched"


async def test_rows_that_a_migration_loses_are_counted_against_its_backup(world: Any, release: Any) -> None:
    this = release()
    await this.back_up()
    world.write(51)
    assert (await row_counts.after_migration(this.run, this.each))["fell"] == {}
    for number in range(1, 11):
        world.remove(number)
    found = (await row_counts.after_migration(this.run, this.each))["fell"]
    assert list(found.values()) == [{"before": 50, "now": 41}]


async def test_where_rows_may_not_fall_it_has_failed(world: Any, release: Any) -> None:
    this = release(rows_may_fall=False)
    await this.back_up()
    world.remove(7)
    with pytest.raises(
        MigrationFailed, match=r"^database main has fewer rows after the migration: .*numbers 49 of 50$"
    ):
        await row_counts.after_migration(this.run, this.each)


@pytest.mark.parametrize("world", [pytest.param("postgres", marks=pytest.mark.slow)], indirect=True)
async def test_row_level_security_is_tested_as_the_role_of_the_application(world: PostgresWorld, release: Any) -> None:
    role = f"app_of_{world.name}"
    hidden = DataCheck("the application sees low numbers only", "select min(number) from numbers where number > 10 "
                       "having count(*) > 0", role)  # fmt: skip
    this = release(checks=(hidden,))
    with pytest.raises(MigrationRefused, match=r"sees low numbers only \(returned \(11\)\)"):
        await data_checks.before(this.run, this.each)
    policy = f"create policy low on numbers to {role} using (number <= 10)"
    world.server.execute("alter table numbers enable row level security", policy, database=world.name)
    assert await data_checks.before(this.run, this.each) == {"passed": 1}
