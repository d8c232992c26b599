"""Claims about the data, and the rows of tables, in a whole release: before a migration, after it, on the way back."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from flightrules.domain.adapter import Adapter
from flightrules.domain.database_plan import DatabasePlan, DataCheck
from flightrules.domain.migrations import Finding, MigrationClass, PendingMigration
from flightrules.domain.outcome import Outcome
from flightrules.engine.database_run import DatabaseRun
from flightrules.ports.database import BackupOptions, DatabaseOptions
from tests.release.plans import STAGES, plan
from tests.release.test_databases import QUICK_FOLDER
from tests.release.watched import Watched

EXPANDS, REVERSIBLE, *_ = MigrationClass
OPTIONS = DatabaseOptions(migrate="up", undo="down", backup=BackupOptions())
PAID = DataCheck("every order is paid", "select key from orders where value <> 'paid' order by key")


@pytest.fixture
def shop():
    """A world whose release migrates a database with ten orders in it, by what `migrates` does to its rows."""
    made: list[Watched] = []

    def make(*checks: DataCheck, kind=EXPANDS, migrates=lambda tables: None, undoes=lambda tables: None, **agreed):
        database = DatabasePlan(
            "main", Adapter("fake", OPTIONS), "web", allowed=frozenset(MigrationClass), checks=checks, **agreed
        )
        world = Watched(Path(tempfile.mkdtemp(dir=QUICK_FOLDER)), plan(stages=STAGES[::2], databases=(database,)))
        made.append(world)
        world.pending["main"] = PendingMigration("a1", ("b2",), (Finding("alter table orders", kind, "a test"),))
        world.servers["main"].effects = {"migrate": migrates, "undo": undoes}
        for number in range(10):
            world.servers["main"].write("orders", number, "paid")
        return world

    yield make
    for each in made:
        each.state.close()
        shutil.rmtree(each.state.folder)


def why(world, kind: str) -> str:
    """What the last event of a kind says went wrong."""
    return str(world.events(kind)[-1]["error"]["what"])


def answers(world) -> list[tuple[bool, str]]:
    return [(each["passed"], each["says"]) for each in world.events("check.ended") if each["check"] == PAID.name]


def asked(world) -> list[str]:
    return [each for each in world.servers["main"].asked if "scratch" not in each]


def forget(*numbers):
    return lambda tables: [tables["orders"].pop(number) for number in numbers]


async def test_claims_are_asked_before_and_after_a_migration(shop):
    world = shop(PAID)
    assert await world.release() is Outcome.RELEASED
    assert answers(world) == [(True, "no row"), (True, "no row")]


async def test_data_that_is_wrong_already_stops_the_release_before_anything_is_touched(shop):
    world = shop(PAID)
    world.servers["main"].write("orders", 3, "lost")
    assert await world.release() is Outcome.NOT_STARTED
    assert asked(world) == []
    assert answers(world) == [(False, "returned (3)")]
    assert why(world, "step.failed") == (
        "the data of database main is not as agreed before the migration: every order is paid (returned (3))"
    )


@pytest.mark.parametrize("revision", ["", "a1"])
async def test_claims_are_asked_before_whatever_the_tool_says_of_its_revision(shop, revision):
    world = shop(PAID)
    world.pending["main"] = replace(world.pending["main"], revision=revision)  # many tools have none to show
    world.servers["main"].write("orders", 3, "lost")
    assert await world.release() is Outcome.NOT_STARTED
    assert asked(world) == []


@pytest.mark.parametrize("revision", ["", "0"])
async def test_before_the_first_migration_a_claim_about_its_tables_stops_nothing(shop, revision):
    world = shop(PAID, migrates=lambda tables: tables.update(orders={1: "paid"}))
    world.pending["main"] = replace(world.pending["main"], revision=revision)
    tables = world.servers["main"].tables(None)
    tables.pop("orders")
    tables["schema_migrations"] = {0: ""}
    assert await world.release() is Outcome.RELEASED
    assert answers(world) == [(True, "no row")], "it is asked after the migration"


async def test_a_claim_that_cannot_be_answered_stops_the_release_where_there_are_rows(shop):
    world = shop(replace(PAID, sql="select key from invoices"))
    world.pending["main"] = replace(world.pending["main"], revision="")
    assert await world.release() is Outcome.NOT_STARTED
    assert "no such table: invoices" in why(world, "step.failed")


async def test_wrong_sql_is_found_before_the_migration_and_quoted(shop):
    world = shop(replace(PAID, sql="select key from order"))
    assert await world.release() is Outcome.NOT_STARTED
    assert asked(world) == []
    assert why(world, "step.failed") == (
        "the data of database main cannot be checked: every order is paid (database main cannot answer "
        '`select key from order`: near "order": syntax error)'
    )


async def test_a_migration_that_breaks_a_claim_takes_the_release_back(shop):
    world = shop(PAID, kind=REVERSIBLE, migrates=lambda tables: tables["orders"].update({3: "lost"}),
                 undoes=lambda tables: tables["orders"].update({3: "paid"}))  # fmt: skip
    assert await world.release() is Outcome.ROLLED_BACK
    assert asked(world) == ["back up", "migrate", "undo to a1"]
    assert answers(world) == [(True, "no row"), (False, "returned (3)"), (True, "no row")]
    assert world.running() == {"v1"}


async def test_what_is_wrong_after_the_way_back_wakes_people(shop):
    world = shop(PAID, kind=REVERSIBLE, migrates=lambda tables: tables["orders"].update({3: "lost"}))
    assert await world.release() is Outcome.ROLLED_BACK
    urgent = [notice.text for notice in world.notifier.told if notice.urgent]
    assert "after the way back the data of database main is not as agreed: every order is paid (returned (3))" in urgent


async def test_a_claim_is_asked_as_the_role_that_the_plan_names(shop):
    nobody_sees_all = DataCheck("the shop sees its own orders only", "select 1 from orders where key > 4", "app")
    world = shop(nobody_sees_all)
    world.servers["main"].roles["app"] = lambda tables: {"orders": {n: "paid" for n in tables["orders"] if n <= 4}}
    assert await world.release() is Outcome.RELEASED


async def test_a_role_that_is_not_there_is_a_refusal_in_the_servers_words(shop):
    world = shop(replace(PAID, as_role="app"))
    assert await world.release() is Outcome.NOT_STARTED
    assert 'role "app" does not exist' in why(world, "step.failed")
    assert asked(world) == []


@pytest.mark.parametrize(
    "check, less, words",
    [
        (PAID, {"queries": None}, "database main cannot be asked whether every order is paid: no `query`"),
        (
            replace(PAID, as_role="app"),
            {},
            "database main cannot be asked as the role app whether every order is paid: it has no roles",
        ),
    ],
)
async def test_a_database_that_cannot_be_asked_is_refused_before_anything_is_built(shop, check, less, words):
    world = shop(check)
    reasons = {"queries": "no `query`"} if less else {"roles": "it has no roles"}
    run_of = world.run_of

    async def unable(fate):
        run = await run_of(fate)
        run.databases = tuple(_less(each, cannot=reasons, **less) for each in run.databases)
        return run

    world.run_of = unable
    assert await world.release() is Outcome.NOT_STARTED
    assert words in why(world, "step.failed")
    assert asked(world) == [] and world.running() == {"v1"}


def _less(each: DatabaseRun, **less) -> DatabaseRun:
    return replace(each, reach=lambda: (replace(each.database, **less), each.backups))


async def test_tables_that_fell_are_named_and_the_release_goes_on_where_they_may(shop):
    world = shop(migrates=forget(2, 3, 4))
    assert await world.release() is Outcome.RELEASED
    [counted] = world.events("rows.counted")
    assert counted["fell"] == {"orders": {"before": 10, "now": 7}}
    said = "database main has fewer rows after the migration: orders 7 of 10"
    assert [notice.urgent for notice in world.notifier.told if notice.text == said] == [False]


async def test_where_rows_may_not_fall_the_migration_has_failed(shop):
    world = shop(kind=REVERSIBLE, migrates=forget(2), rows_may_fall=False)
    assert await world.release() is Outcome.ROLLED_BACK
    assert "database main has fewer rows after the migration: orders 9 of 10" in why(world, "step.failed")
    urgent = [notice.text for notice in world.notifier.told if notice.urgent]
    assert "database main has fewer rows than before the migration: orders 9 of 10" in urgent, "the undo lost it too"


async def test_a_table_that_is_gone_fell_to_nothing(shop):
    world = shop(migrates=lambda tables: tables.pop("orders"), rows_may_fall=False)
    assert await world.release() is Outcome.ROLLED_BACK
    assert "orders 0 of 10" in why(world, "step.failed")


async def test_rows_that_were_added_are_no_news(shop):
    world = shop(migrates=lambda tables: tables["orders"].update({77: "paid"}), rows_may_fall=False)
    assert await world.release() is Outcome.RELEASED
    assert world.events("rows.counted")[0]["fell"] == {}
