"""Databases in a whole release: migrated before the candidate starts, and taken back by the class of the migration."""

import asyncio
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from flightrules.databases._sql import statements
from flightrules.domain.adapter import Adapter
from flightrules.domain.database_plan import DatabasePlan, Way
from flightrules.domain.errors import MigrationFailed
from flightrules.domain.migrations import Finding, MigrationClass, PendingMigration, judge
from flightrules.domain.outcome import Outcome
from flightrules.domain.people import Team
from flightrules.domain.signals import Ask
from flightrules.ports.database import BackupOptions, DatabaseOptions
from flightrules.state.releases import OPEN, ROLLBACK
from flightrules.testing.fake_durable import Crash
from tests.release.plans import STAGES, plan
from tests.release.watched import Moments, Watched

QUICK_FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None
ALL = frozenset(MigrationClass)
EXPANDS, REVERSIBLE, UNKNOWN, DESTRUCTIVE = MigrationClass
OPTIONS = DatabaseOptions(migrate="up", undo="down", backup=BackupOptions())


def database(**agreed) -> DatabasePlan:
    return DatabasePlan(
        **{"name": "main", "adapter": Adapter("fake", OPTIONS), "service": "web", "allowed": ALL, **agreed}
    )


def pending(kind: MigrationClass) -> PendingMigration:
    return PendingMigration("a1", ("b2",), (Finding(f"alter table orders -- {kind}", kind, "a test says so"),))


@pytest.fixture
def shop():
    """A world whose release migrates a database with ten orders in it. In memory: nothing here is about a disk."""
    made: list[Watched] = []

    def make(kind: MigrationClass = EXPANDS, **agreed):
        folder = Path(tempfile.mkdtemp(dir=QUICK_FOLDER))
        world = Watched(folder, plan(stages=STAGES[::2], databases=(database(**agreed),)))
        made.append(world)
        world.pending["main"] = pending(kind)
        for number in range(10):
            world.servers["main"].write("orders", number, "paid")
        return world

    yield make
    for each in made:
        each.state.close()
        shutil.rmtree(each.state.folder)


def orders(world) -> set[int]:
    return set(world.servers["main"].tables(None)["orders"])


def order_later(world, *numbers: int) -> None:
    """Place orders while the candidate has traffic."""
    for number in numbers:
        world.later(20 + number / 1000, lambda n=number: world.servers["main"].write("orders", n, "paid"))


async def test_a_database_is_backed_up_proven_and_migrated_before_the_candidate_starts(shop):
    world = shop()
    assert await world.release() is Outcome.RELEASED
    asked = world.servers["main"].asked
    assert [each for each in asked if "scratch" not in each] == ["back up", "migrate"]
    kinds = world.kinds()
    assert kinds.index("backup.taken") < kinds.index("migration.started") < kinds.index("migration.ended")
    starts = [entry["step"] for entry in world.events("step.ended")]
    assert starts.index("database/main/migrate") < starts.index("start/web/candidate")
    assert starts.index("start/web/build") < starts.index("database/main/pending")


async def test_where_nothing_is_pending_nothing_is_touched(shop):
    world = shop()
    world.pending["main"] = PendingMigration("a1")
    assert await world.release() is Outcome.RELEASED
    assert world.servers["main"].asked == []


@pytest.mark.parametrize("kind, way", [(EXPANDS, Way.STAY), (REVERSIBLE, Way.UNDO)])
async def test_the_way_back_keeps_every_order_that_was_placed_meanwhile(shop, kind, way):
    world = shop(kind)
    world.users.failing["v2"] = 0.5
    order_later(world, 100, 101)
    world.users.failing.pop("v2")
    world.later(30, lambda: world.users.failing.update(v2=0.5))
    assert await world.release() is Outcome.ROLLED_BACK
    assert world.events("database.way_back")[0]["way"] == way
    assert orders(world) == {*range(10), 100, 101}
    undone = ["undo to a1"] if way is Way.UNDO else []
    assert [each for each in world.servers["main"].asked if "undo" in each] == undone
    assert not [each for each in world.servers["main"].asked if each == "close"], "no writes are stopped"


async def test_the_undo_begins_when_stable_has_all_the_traffic_and_the_candidate_is_gone(shop):
    world = shop(REVERSIBLE)
    world.users.failing["v2"] = 0.5
    assert await world.release() is Outcome.ROLLED_BACK
    steps = [entry["step"] for entry in world.events("step.ended")]
    assert steps.index("back/web/stop") < steps.index("database/main/undo") < steps.index("code/end")
    assert world.shares() == {"v1": 100}


async def called_back_and_asked(world) -> asyncio.Future:
    """Release, call back, and return the running release when somebody is asked whether to restore."""
    world.later(30, lambda: world.users.failing.update(v2=0.5))
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: "question.asked" in world.kinds())
    return running


async def test_rule_5_a_restore_has_writes_stopped_a_fresh_backup_a_count_and_a_persons_word(shop):
    world = shop(DESTRUCTIVE)
    order_later(world, 100, 101)
    running = await called_back_and_asked(world)
    server = world.servers["main"]
    assert server.closed and world.traffic["web"].in_force.closed, "writes are stopped, visitors read the page"
    [asked] = world.events("question.asked")
    assert "orders: 2 added" in asked["says"]
    kinds = world.kinds()
    stopped, counted = kinds.index("writes.stopped"), kinds.index("writes.counted")
    assert stopped < max(i for i, kind in enumerate(kinds) if kind == "backup.taken") < counted
    assert orders(world) == {*range(10), 100, 101}, "nothing is restored before somebody agreed"
    world.ask(Ask.APPROVE)
    assert await running is Outcome.ROLLED_BACK
    assert orders(world) == set(range(10))
    [restored] = world.events("database.restored")
    assert set(server.databases[restored["kept_as"]]["orders"]) == {*range(10), 100, 101}, "what it was is kept"
    assert not server.closed and world.shares() == {"v1": 100}


async def test_a_rejected_restore_leaves_the_database_as_it_was_and_stable_serves(shop):
    world = shop(DESTRUCTIVE)
    order_later(world, 100)
    running = await called_back_and_asked(world)
    world.ask(Ask.REJECT, reason="we mend it forward")
    assert await running is Outcome.ROLLED_BACK
    assert orders(world) == {*range(10), 100}
    assert not world.servers["main"].closed and world.shares() == {"v1": 100}
    told = [notice.text for notice in world.notifier.told]
    assert any(
        "was not restored and is as it was: the restore was rejected by otto: we mend it forward" in t for t in told
    )


async def test_only_the_role_that_the_plan_names_is_heard(shop):
    world = shop(DESTRUCTIVE, role="dba")
    running = await called_back_and_asked(world)
    world.ask(Ask.APPROVE)
    world.ask(Ask.APPROVE, role="dba")
    assert await running is Outcome.ROLLED_BACK
    [refused] = world.events("signal.refused")
    assert refused["answer"] == "only dba can answer this: flight approve --as dba"


async def test_a_way_back_does_not_wait_until_somebody_mends_the_team_file(shop):
    world = shop(DESTRUCTIVE, role="dba")
    world.plan = replace(world.plan, team=Team(broken="team.yaml:1:1: the file is empty"))
    running = await called_back_and_asked(world)
    world.ask(Ask.APPROVE, role="dba")
    assert await running is Outcome.ROLLED_BACK
    assert [answered["role"] for answered in world.events("question.answered")] == ["dba"]


async def test_a_migration_that_does_not_go_by_itself_waits_and_a_no_leaves_everything_untouched(shop):
    world = shop(DESTRUCTIVE, allowed=frozenset({EXPANDS}))
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: "question.asked" in world.kinds())
    world.ask(Ask.REJECT)
    assert await running is Outcome.NOT_STARTED
    assert "migrate" not in world.servers["main"].asked and "back up" not in world.servers["main"].asked


async def test_a_migration_that_fails_takes_the_release_back_and_is_not_undone_if_it_left_nothing(shop):
    world = shop(REVERSIBLE)
    run_of = world.run_of

    async def breaking(fate):
        run = await run_of(fate)
        run.databases[0].database.migrations.breaks.append("the column is there already")
        return run

    world.run_of = breaking
    assert await world.release() is Outcome.ROLLED_BACK
    [decided] = world.events("database.way_back")
    assert (decided["way"], decided["why"]) == ("stay", "the migration did not end, and left nothing behind")
    assert world.running() == {"v1"}


@pytest.mark.parametrize("removed, way", [(3, Way.RESTORE), (None, Way.STAY)])
async def test_a_migration_that_failed_when_it_had_removed_rows_did_not_leave_nothing(shop, removed, way):
    """Its tool commits as it goes: revision and schema are as before, and rows are gone."""
    world = shop(DESTRUCTIVE)
    world.pending["main"] = PendingMigration(
        "a1", ("b2",), judge(statements("delete from orders where paid", "sqlite"))
    )
    server = world.servers["main"]

    def fails_half_way(tables) -> None:
        server.revisions.pop()
        tables["orders"].pop(removed, None)
        raise MigrationFailed("the tool ended with status 1")

    server.effects["migrate"] = fails_half_way
    for seconds in range(1, 200, 20):
        world.later(seconds, lambda: world.ask(Ask.APPROVE))
    assert await world.release() is Outcome.ROLLED_BACK
    assert world.events("database.way_back")[0]["way"] == way
    assert orders(world) == set(range(10)) and not server.closed and world.running() == {"v1"}


OF_DATABASES = ("database/", "migration", "backup", "back up", "writes", "question", "restore", "close", "swap", "open")
"""Moments of a release with one of these in their names are about its database; the others are tried without one."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", [EXPANDS, REVERSIBLE, DESTRUCTIVE])
async def test_flight_may_die_at_every_moment_and_no_order_is_lost(shop, kind):
    for moment in await _moments(shop, kind):
        world = bad_release(shop, kind)
        order_later(world, 100, 101)
        try:
            outcome = await world.release(Moments(moment))
        except Crash:
            outcome = await world.release()
        assert outcome is Outcome.ROLLED_BACK, moment
        kept = orders(world) if kind is not DESTRUCTIVE else orders(world) | _kept(world)
        assert kept == {*range(10), 100, 101}, moment
        assert not world.servers["main"].closed, moment
        assert world.shares() == {"v1": 100}, moment


def bad_release(shop, kind):
    """A release that is called back after 30 s, and whose restore is approved soon after somebody is asked."""
    world = shop(kind)
    world.later(30, lambda: world.users.failing.update(v2=0.5))
    for seconds in range(60, 300, 20):  # one that comes before the question is refused
        world.later(seconds, lambda: world.ask(Ask.APPROVE))
    return world


async def _moments(shop, kind) -> list[int]:
    world, fate = bad_release(shop, kind), Moments()
    assert await world.release(fate) is Outcome.ROLLED_BACK
    named = enumerate(fate.passed, 1)
    return [number for number, name in named if any(word in name for word in OF_DATABASES)]


def _kept(world) -> set[int]:
    [restored] = world.events("database.restored")
    return set(world.servers["main"].databases[restored["kept_as"]]["orders"])


async def returning(shop, kind: MigrationClass):
    """A world in which v2 was released with such a migration, and that returns to v1 now."""
    world = shop(kind)
    assert await world.release() is Outcome.RELEASED
    world.remembered.clear()
    world.servers["main"].asked.clear()
    world.id = "r2"
    return world


async def test_a_return_to_an_earlier_version_undoes_what_was_migrated_since(shop):
    world = await returning(shop, REVERSIBLE)
    world.servers["main"].write("orders", 100, "paid")
    assert await world.release(story=ROLLBACK) is Outcome.ROLLED_BACK
    assert world.servers["main"].asked == ["undo to a1"]
    assert orders(world) == {*range(10), 100}


async def test_a_return_leaves_a_database_that_only_grew(shop):
    world = await returning(shop, EXPANDS)
    assert await world.release(story=ROLLBACK) is Outcome.ROLLED_BACK
    assert world.servers["main"].asked == []


async def test_a_return_that_only_a_restore_would_allow_is_refused_before_anything_moves(shop):
    world = await returning(shop, DESTRUCTIVE)
    assert await world.release(story=ROLLBACK) is Outcome.NOT_STARTED
    [refused] = world.events("release.refused")
    said = "since then database main was migrated (destructive), and only a restore takes that back"
    assert refused["why"] == said
    assert world.shares() == {"v2": 100}


async def test_what_was_undone_on_a_way_back_is_not_undone_again_by_a_return(shop):
    world = shop(REVERSIBLE)
    world.users.failing["v2"] = 0.5
    assert await world.release() is Outcome.ROLLED_BACK
    world.remembered.clear()
    world.servers["main"].asked.clear()
    world.id = "r2"
    assert await world.release(story=ROLLBACK) is Outcome.ROLLED_BACK
    assert world.servers["main"].asked == []


CONTRACTS = DatabaseOptions(migrate="up", undo="down", contract="remove", backup=BackupOptions())


async def contracting(watched_shop):
    """A release that asks, in the end, whether what only the old version used may go."""
    world = watched_shop(adapter=Adapter("fake", CONTRACTS))
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: "question.asked" in world.kinds())
    assert world.serves().name == "v2"
    return world, running


async def test_what_only_the_old_version_used_goes_last_when_a_person_agreed(shop):
    world, running = await contracting(shop)
    world.ask(Ask.APPROVE)
    assert await running is Outcome.RELEASED
    assert [each for each in world.servers["main"].asked if "scratch" not in each] == [
        "back up", "migrate", "back up", "contract",
    ]  # fmt: skip


async def test_without_a_persons_word_it_is_left_and_the_release_has_ended_well(shop):
    world, running = await contracting(shop)
    world.ask(Ask.REJECT)
    assert await running is Outcome.RELEASED
    assert "contract" not in world.servers["main"].asked


async def test_while_it_is_asked_the_rules_still_take_the_release_back(shop):
    world, running = await contracting(shop)
    world.users.failing["v2"] = 0.5
    assert await running is Outcome.ROLLED_BACK
    assert world.shares() == {"v1": 100} and world.serves().name == "v1"


async def test_a_rehearsal_migrates_a_copy_and_undoes_it_before_the_database_is_touched(shop):
    world = shop(REVERSIBLE, rehearse=True)
    assert await world.release() is Outcome.RELEASED
    asked = [each for each in world.servers["main"].asked if "scratch" not in each and "drop" not in each]
    copy = "main_flight_rehearsal"
    assert asked == ["back up", f"restore into {copy}", f"migrate {copy}", f"undo {copy}", "migrate"]
    [did] = world.events("migration.rehearsed")
    assert (did["differs"], did["rewritten"]) == ([], [])
    assert copy not in world.servers["main"].databases


async def test_an_undo_that_loses_rows_on_the_copy_ends_the_release_before_the_database_is_touched(shop):
    world = shop(REVERSIBLE, rehearse=True)
    world.servers["main"].undo_loses = True
    assert await world.release() is Outcome.NOT_STARTED
    assert "migrate" not in world.servers["main"].asked
    [back] = world.events("release.refused")
    assert back["why"].startswith("on a copy the undo of database main does not bring back what was: table orders has")


async def test_a_tool_that_does_not_heed_its_address_is_never_rehearsed(shop):
    world = shop(REVERSIBLE, rehearse=True)
    world.servers["main"].heedless = True
    assert await world.release() is Outcome.NOT_STARTED
    assert not [each for each in world.servers["main"].asked if "migrate" in each]
    [back] = world.events("release.refused")
    assert back["why"].startswith("the migration tool of database main does not heed DATABASE_URL")


async def test_a_database_that_does_not_answer_is_waited_for_while_stable_serves(shop):
    world = shop(DESTRUCTIVE)
    world.later(30, lambda: setattr(world.servers["main"], "away", True))
    world.later(31, lambda: world.users.failing.update(v2=0.5))
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: "release.held" in world.kinds())
    await world.clock.sleep(60)
    assert world.shares() == {"v1": 100}, "no page: nothing can be restored now, and stable can serve"
    world.servers["main"].away = False
    await world.until(lambda: "question.asked" in world.kinds())
    world.ask(Ask.APPROVE)
    assert await running is Outcome.ROLLED_BACK


async def test_a_database_that_goes_away_with_writes_stopped_leaves_stable_serving_and_is_opened_when_it_is_back(shop):
    world = shop(DESTRUCTIVE)
    running = await called_back_and_asked(world)
    world.servers["main"].away = True
    world.ask(Ask.APPROVE)
    await world.until(lambda: "release.held" in world.kinds())
    assert world.shares() == {"v1": 100}
    assert world.servers["main"].closed
    world.servers["main"].away = False
    assert await running is Outcome.ROLLED_BACK
    assert not world.servers["main"].closed
    assert orders(world) == set(range(10))
    assert [left["why"] for left in world.events("database.left")] == ["database main cannot be reached: it is away"]


@pytest.mark.parametrize("and_then_away", [False, True])
async def test_a_swap_of_which_nobody_heard_is_found_out_and_never_called_undone(shop, and_then_away):
    world = shop(DESTRUCTIVE)
    order_later(world, 100)
    running, server = await called_back_and_asked(world), world.servers["main"]
    server.unheard.add("swap")
    server.effects["swap"] = lambda tables: setattr(server, "away", and_then_away)
    world.ask(Ask.APPROVE)
    await world.until(lambda: not server.unheard and world.shares() == {"v1": 100})
    server.away = False
    assert await running is Outcome.ROLLED_BACK
    [restored] = world.events("database.restored")
    assert 100 in server.databases[restored["kept_as"]]["orders"]
    assert not world.events("database.left")
    told = [notice.text for notice in world.notifier.told]
    assert not any("was not restored and is as it was" in text for text in told)
    doubt = "nobody knows yet whether database main was restored: the connection was lost; database main cannot be"
    assert any(text.startswith(doubt) for text in told) is and_then_away


async def test_a_shutdown_ends_also_while_the_database_does_not_answer_and_an_opening_lets_it_take_writes_again(shop):
    world = shop(DESTRUCTIVE)
    running = await called_back_and_asked(world)
    world.servers["main"].away = True
    world.ask(Ask.SHUTDOWN)
    assert await running is Outcome.CLOSED
    assert any("is still closed to writers" in notice.text for notice in world.notifier.told)
    world.servers["main"].away = False
    world.remembered.clear()
    world.id, world.only_stable = "r2", True
    assert await world.release(story=OPEN) is Outcome.OPENED
    assert not world.servers["main"].closed


async def test_a_version_without_a_migration_that_only_added_and_stayed_can_go_out_all_the_same(shop):
    world = shop(EXPANDS)
    world.users.failing["v2"] = 0.5
    assert await world.release() is Outcome.ROLLED_BACK
    world.remembered.clear()
    world.users.failing.clear()
    world.servers["main"].knows = False
    world.id = "r2"
    assert await world.release() is Outcome.RELEASED


async def test_a_version_that_does_not_know_what_the_database_is_at_is_not_started(shop):
    world = shop(REVERSIBLE)
    world.servers["main"].knows = False
    world.servers["main"].revisions.append("z9")
    assert await world.release() is Outcome.NOT_STARTED
    [refused] = world.events("release.refused")
    assert "it is at z9, which v2 does not know" in refused["why"]
    assert "start/web/candidate" not in [step["step"] for step in world.events("step.started")]
