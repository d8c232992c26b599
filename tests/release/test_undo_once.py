"""An undo whose end nobody saw is never run a second time where no revision is shown: it might take back more.

The tool of these tests undoes the last migration, whichever that is: each made a table, the older one has rows.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from flightrules.domain.errors import MigrationFailed
from flightrules.domain.migrations import Finding, MigrationClass, PendingMigration
from flightrules.domain.outcome import Outcome
from flightrules.domain.rehearsals import Rehearsing
from flightrules.domain.signals import Ask
from flightrules.state.releases import ROLLBACK
from flightrules.testing.fake_durable import Crash
from tests.release.plans import STAGES, plan
from tests.release.test_databases import database
from tests.release.test_freeze import Dying
from tests.release.watched import Moments, Watched

REVERSIBLE = MigrationClass.REVERSIBLE
OLDER = ["orders", "invoices"]


@pytest.fixture
def world(watched) -> Watched:
    """A release that is called back, with a migration whose tool shows no revision."""
    return unseen(watched)


def unseen(watched: Callable[..., Watched]) -> Watched:
    made = watched(plan(stages=STAGES[::2], databases=(database(),)))
    made.pending["main"] = PendingMigration("", ("b2",), (Finding("alter table orders", REVERSIBLE, "a test says so"),))
    server = made.servers["main"]
    server.shows_revision = False
    server.effects = {"migrate": lambda tables: tables.update(notes={}), "undo": lambda tables: tables.popitem()}
    for table in OLDER:
        server.write(table, 1, "paid")
    made.users.failing["v2"] = 0.5
    return made


def tables(world: Watched) -> list[str]:
    return list(world.servers["main"].tables(None))


def undone(world: Watched) -> int:
    return [each.startswith("undo") for each in world.servers["main"].asked].count(True)


async def killed(world: Watched, moment: str, story: str = "release") -> None:
    with pytest.raises(Crash):
        await world.release(Dying(moment), story)


async def outcome(world: Watched, running: asyncio.Future[Outcome] | None = None) -> Outcome:
    """Go on with the release to its end, which must come although nobody answers anything."""
    running = running or asyncio.ensure_future(world.release())
    await world.until(running.done)
    return running.result()


async def asked(world: Watched) -> asyncio.Future[Outcome]:
    """Go on with the release, and return it when somebody is asked."""
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: "question.asked" in world.kinds())
    return running


async def test_that_an_undo_begins_is_on_record_before_its_tool_runs(world):
    assert await outcome(world) is Outcome.ROLLED_BACK
    assert tables(world) == OLDER and undone(world) == 1
    [began] = world.events("undo.started")
    assert began == {"database": "main", "revision": "", "changed": True}
    kinds = world.kinds()
    assert kinds.index("undo.started") < kinds.index("migration.undone")


async def test_an_undo_that_was_carried_out_when_flight_was_killed_is_not_run_again(world):
    await killed(world, "before migration.undone")
    assert tables(world) == OLDER
    assert await outcome(world) is Outcome.ROLLED_BACK
    assert (tables(world), undone(world)) == (OLDER, 1)
    assert "question.asked" not in world.kinds()
    assert world.events("migration.undone")[0]["database"] == "main"


async def test_an_undo_of_which_nobody_can_tell_whether_it_ran_is_not_run_and_a_person_is_asked(world):
    await killed(world, "before undo to ")
    running = await asked(world)
    assert world.shares() == {"v1": 100}
    [question] = world.events("question.asked")
    assert question["says"] == (
        "nobody can tell whether the undo of database main ran: nobody saw it end, and no revision can be read; it is "
        "not run again. Look at the database, and undo the migration by hand if it is still in it; as soon as the "
        "schema is that from before, this goes on by itself. Approve: it is as before the migration. Reject: it stays "
        "as it is"
    )
    await world.clock.sleep(600)
    assert (tables(world), undone(world)) == ([*OLDER, "notes"], 0)
    world.ask(Ask.APPROVE)
    assert await outcome(world, running) is Outcome.ROLLED_BACK
    assert undone(world) == 0 and "migration.undone" in world.kinds()


async def test_the_way_back_goes_on_by_itself_when_somebody_has_undone_it_by_hand(world):
    await killed(world, "before undo to ")
    running = await asked(world)
    tables_now = world.servers["main"].tables(None)
    del tables_now["notes"]
    assert await outcome(world, running) is Outcome.ROLLED_BACK
    assert undone(world) == 0 and "migration.undone" in world.kinds()


async def test_a_database_that_is_left_as_it_is_is_never_called_undone(world):
    await killed(world, "before undo to ")
    running = await asked(world)
    world.ask(Ask.REJECT, reason="we keep it")
    assert await outcome(world, running) is Outcome.ROLLED_BACK
    assert (tables(world), undone(world)) == ([*OLDER, "notes"], 0)
    assert "migration.undone" not in world.kinds()
    [left] = world.events("undo.left")
    assert str(left["why"]).endswith("; left by otto: we keep it")
    assert any(notice.text.startswith("database main stays as it is: nobody can") for notice in world.notifier.told)


@pytest.mark.parametrize("blind", ["no schema", "a schema that the migration leaves alone"])
async def test_where_no_schema_tells_a_person_does(world, blind):
    server = world.servers["main"]
    if blind == "no schema":
        server.tells_schema = False
    else:
        server.effects = {"migrate": lambda tables: tables["orders"].pop(1), "undo": lambda tables: tables["orders"]}
    await killed(world, "before migration.undone")
    running = await asked(world)
    assert "by itself" not in str(world.events("question.asked")[0]["says"])
    await world.clock.sleep(600)
    assert undone(world) == 1
    world.ask(Ask.APPROVE)
    assert await outcome(world, running) is Outcome.ROLLED_BACK
    assert (tables(world), undone(world)) == (OLDER, 1)


async def test_a_tool_that_says_itself_that_it_failed_is_run_again(world):
    fails_once(world, lambda tables: None)
    assert await outcome(world) is Outcome.ROLLED_BACK
    assert (tables(world), undone(world)) == (OLDER, 2)
    assert [each["why"] for each in world.events("undo.failed")] == ["the tool ended"]


async def test_so_it_is_when_flight_is_killed_after_that(world):
    fails_once(world, lambda tables: None)
    await killed(world, "after undo.failed")
    assert await outcome(world) is Outcome.ROLLED_BACK
    assert (tables(world), undone(world)) == (OLDER, 2)


async def test_a_tool_that_failed_when_it_had_undone_the_migration_is_not_run_again(world):
    fails_once(world, lambda tables: tables.popitem())
    assert await outcome(world) is Outcome.ROLLED_BACK
    assert (tables(world), undone(world)) == (OLDER, 1)


async def test_a_tool_that_was_ended_said_nothing_and_is_not_run_again(world):
    fails_once(world, lambda tables: None, cut_off=True)
    running = await asked(world)
    assert (tables(world), undone(world)) == ([*OLDER, "notes"], 1)
    world.ask(Ask.REJECT)
    assert await outcome(world, running) is Outcome.ROLLED_BACK
    assert undone(world) == 1 and "undo.failed" not in world.kinds()


def fails_once(world: Watched, after: Callable[[dict], object], **details: object) -> None:
    """Let the tool fail when it has done so much."""
    undo = world.servers["main"].effects["undo"]

    def fails(tables) -> None:
        world.servers["main"].effects["undo"] = undo
        after(tables)
        raise MigrationFailed("the tool ended", **details)

    world.servers["main"].effects["undo"] = fails


async def test_a_migration_that_failed_and_left_the_schema_is_not_undone_though_rows_came_meanwhile(world):
    def fails(tables) -> None:
        tables["orders"][2] = "paid"  # by the site
        raise MigrationFailed("the tool ended with status 1")

    world.servers["main"].effects["migrate"] = fails
    assert await outcome(world) is Outcome.ROLLED_BACK
    assert (tables(world), undone(world)) == (OLDER, 0)


async def test_a_migration_that_outlived_flight_is_ended_before_anybody_says_that_it_left_nothing(world):
    server = world.servers["main"]
    await killed(world, "before migrate")
    server.left_over.append(server.effects["migrate"])
    world.ask(Ask.ABORT, reason="enough")
    assert await outcome(world) is Outcome.ROLLED_BACK
    assert world.events("database.way_back")[0]["why"] == "the migration did not end, and left nothing behind"
    assert tables(world) == OLDER


async def test_an_undo_that_outlived_flight_is_ended_before_anybody_looks_whether_it_ran(world):
    server = world.servers["main"]
    await killed(world, "before undo to ")
    server.left_over.append(server.effects["undo"])
    running = await asked(world)
    assert tables(world) == [*OLDER, "notes"]
    world.ask(Ask.REJECT)
    assert await outcome(world, running) is Outcome.ROLLED_BACK
    assert tables(world) == [*OLDER, "notes"]


async def test_a_migration_that_failed_and_may_have_removed_rows_leaves_a_person_to_tell(world):
    def fails(tables) -> None:
        tables["orders"][2] = "paid"  # by the site
        raise MigrationFailed("the tool ended with status 1")

    [found] = world.pending["main"].findings
    world.pending["main"] = PendingMigration("", ("b2",), (replace(found, rows_alone=True),))
    world.servers["main"].effects["migrate"] = fails
    running = await asked(world)
    world.ask(Ask.APPROVE)
    assert await outcome(world, running) is Outcome.ROLLED_BACK
    assert undone(world) == 0


async def test_while_the_database_does_not_answer_the_way_back_waits_and_nobody_is_asked(world):
    await killed(world, "before migration.undone")
    world.servers["main"].away = True
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: "release.held" in world.kinds())
    world.servers["main"].away = False
    assert await outcome(world, running) is Outcome.ROLLED_BACK
    assert undone(world) == 1 and "question.asked" not in world.kinds()


async def test_who_rehearses_never_says_that_all_is_as_before(world):
    world.plan = replace(world.plan, rehearsing=Rehearsing("staging.env", answers=True))
    await killed(world, "before undo to ")
    assert await outcome(world) is Outcome.ROLLED_BACK
    assert "migration.undone" not in world.kinds() and len(world.events("undo.left")) == 1


async def test_a_migration_that_failed_half_way_is_not_undone_unseen(world):
    def fails(tables) -> None:
        tables["half"] = {}
        raise MigrationFailed("the tool ended with status 1")

    world.servers["main"].effects["migrate"] = fails
    running = await asked(world)
    said = "nobody can tell how much there is to undo in database main: its migration did not end, and no revision can"
    assert str(world.events("question.asked")[0]["says"]).startswith(said)
    del world.servers["main"].tables(None)["half"]
    assert await outcome(world, running) is Outcome.ROLLED_BACK
    assert (tables(world), undone(world)) == (OLDER, 0)


@pytest.mark.parametrize("moment, times", [("before migration.undone", 1), ("before undo to ", 0)])
async def test_a_return_to_an_earlier_version_does_not_undo_twice_either(world, moment, times):
    world.users.failing.clear()
    assert await outcome(world) is Outcome.RELEASED
    world.remembered.clear()
    world.id = "r2"
    await killed(world, moment, ROLLBACK)
    running = asyncio.ensure_future(world.release(story=ROLLBACK))
    if not times:
        await world.until(lambda: "question.asked" in world.kinds())
        del world.servers["main"].tables(None)["notes"]
    assert await outcome(world, running) is Outcome.ROLLED_BACK
    assert (tables(world), undone(world)) == (OLDER, times)


async def test_a_shutdown_ends_while_somebody_is_asked(world):
    await killed(world, "before undo to ")
    running = await asked(world)
    world.ask(Ask.SHUTDOWN)
    assert await outcome(world, running) is Outcome.CLOSED
    assert undone(world) == 0


async def test_a_revision_that_is_shown_says_what_there_is_to_undo(world):
    world.servers["main"].shows_revision = True
    world.pending["main"] = PendingMigration("a1", ("b2",), world.pending["main"].findings)
    await killed(world, "before undo to a1")
    assert await outcome(world) is Outcome.ROLLED_BACK
    assert (tables(world), undone(world)) == (OLDER, 1)
    assert "question.asked" not in world.kinds()


@pytest.mark.slow
async def test_flight_may_die_at_every_moment_and_the_older_migration_stays(watched):
    fate = Moments()
    assert await unseen(watched).release(fate) is Outcome.ROLLED_BACK
    first = fate.passed.index("before migration.started")
    for moment in range(first, len(fate.passed) + 1):
        world = unseen(watched)
        died = Moments(moment)
        with contextlib.suppress(Crash):
            await world.release(died)
        running = asyncio.ensure_future(world.release())
        await world.until(lambda w=world, r=running: r.done() or "question.asked" in w.kinds())
        if not running.done():
            world.ask(Ask.REJECT)
        assert await outcome(world, running) is Outcome.ROLLED_BACK, died.passed[-1]
        assert set(tables(world)) >= set(OLDER) and undone(world) <= 1, died.passed[-1]
