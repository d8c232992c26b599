"""Rows that a restore takes away are in files before anybody is asked; where they cannot be, nothing is restored."""

import hashlib
from dataclasses import replace
from pathlib import Path

from flightrules.domain.outcome import Outcome
from flightrules.domain.signals import Ask
from flightrules.views.database_words import SAY
from tests.release.test_databases import DESTRUCTIVE, called_back_and_asked, order_later, orders
from tests.release.test_databases import shop as shop  # a fixture


async def test_the_rows_that_a_restore_takes_away_are_in_a_file_that_the_question_and_the_record_name(shop):
    world = shop(DESTRUCTIVE, export={"orders": "key"})
    order_later(world, 100, 101)
    world.later(25, lambda: world.servers["main"].write("orders", 3, 'sent "today"'))
    running = await called_back_and_asked(world)
    [asked], [counted] = world.events("question.asked"), world.events("writes.counted")
    [table] = counted["tables"]
    file = Path(table["file"])
    assert file.read_text() == '"key","value"\n3,"sent ""today"""\n100,"paid"\n101,"paid"\n'
    assert table["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert f"orders: 2 added, 1 changed (key 3 to 101); the rows are exported into {file.parent}." in asked["says"]
    assert SAY["writes.counted"](counted)[0].endswith(f"(key 3 to 101); the rows are in {file.parent}")
    world.ask(Ask.APPROVE)
    assert await running is Outcome.ROLLED_BACK
    assert file.exists()


async def test_where_the_rows_cannot_be_exported_nothing_is_restored_and_the_database_is_as_it_was(shop):
    world = shop(DESTRUCTIVE)
    order_later(world, 100)
    exported = world.state.folder / "databases" / "main" / "exported"
    exported.parent.mkdir(parents=True)
    exported.write_text("no folder can be made here")
    world.later(30, lambda: world.users.failing.update(v2=0.5))
    assert await world.release() is Outcome.ROLLED_BACK
    [left] = world.events("database.left")
    assert left["why"].startswith(f"the rows could not be exported into {exported}/")
    assert orders(world) == {*range(10), 100}
    assert not world.servers["main"].closed and world.shares() == {"v1": 100}
    assert not [name for name in world.servers["main"].databases if "restored" in name]


async def test_what_was_agreed_to_be_exported_and_cannot_be_keeps_a_release_from_starting(shop):
    world = shop(DESTRUCTIVE, export={"orders": "key"})
    run_of = world.run_of

    async def unreadable(fate):
        run = await run_of(fate)
        [each] = run.databases
        database = replace(each.database, rows=None, cannot={"rows": "commands say nothing about single rows"})
        run.databases = [replace(each, reach=lambda: (database, each.backups))]
        return run

    world.run_of = unreadable
    assert await world.release() is Outcome.NOT_STARTED
    said = (
        "the rows of database main cannot be exported on a way back, which was agreed: "
        "commands say nothing about single rows"
    )
    assert any(said in str(entry) for entry in world.events("step.failed"))
    assert world.servers["main"].asked == []
