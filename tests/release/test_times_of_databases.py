"""How long a way back took with its databases is measured, and is part of what it took in all."""

import asyncio

import pytest

from flightrules.domain.migrations import PendingMigration
from flightrules.domain.outcome import Outcome
from flightrules.domain.signals import Ask
from tests.release.test_databases import DESTRUCTIVE, EXPANDS, REVERSIBLE, called_back_and_asked, shop

__all__ = ["shop"]  # pytest finds the fixture here


@pytest.mark.parametrize("kind", [EXPANDS, REVERSIBLE])
async def test_a_database_that_stays_or_is_undone_has_its_part(shop, kind):
    world = shop(kind)
    world.users.failing["v2"] = 0.5
    assert await world.release() is Outcome.ROLLED_BACK
    [ended] = world.events("goback.ended")
    assert 0 <= ended["database"] <= ended["total"]


async def test_the_wait_for_a_persons_word_is_part_of_it(shop):
    world = shop(DESTRUCTIVE)
    running = await called_back_and_asked(world)
    asked = world.clock.now()
    world.clock.advance(90)
    world.ask(Ask.APPROVE)
    assert await running is Outcome.ROLLED_BACK
    [ended] = world.events("goback.ended")
    assert 90 <= ended["database"] <= ended["total"] <= world.clock.now() - asked + 60
    assert ended["shift"] < 60, "the page and the traffic's return belong to the restore"


async def test_the_wait_counts_from_the_question_also_where_the_process_died_over_it(shop):
    world = shop(DESTRUCTIVE)
    running = await called_back_and_asked(world)
    running.cancel()
    await asyncio.wait([running])
    world.clock.advance(90)
    again = asyncio.ensure_future(world.release())
    world.later(5, lambda: world.ask(Ask.APPROVE))
    assert await again is Outcome.ROLLED_BACK
    [ended] = world.events("goback.ended")
    assert 90 <= ended["database"] <= ended["total"]


async def test_where_nothing_was_migrated_there_is_no_such_part(shop):
    world = shop(DESTRUCTIVE)
    world.pending["main"] = PendingMigration("a1")
    world.users.failing["v2"] = 0.5
    assert await world.release() is Outcome.ROLLED_BACK
    [ended] = world.events("goback.ended")
    assert ended["database"] is None
