"""A database that could not be used is found before anybody is asked, and once more when everybody has answered."""

import asyncio

from flightrules.domain.outcome import Outcome
from flightrules.domain.people import Approval
from flightrules.domain.signals import Ask
from tests.release.plans import STAGES, plan
from tests.release.test_databases import database
from tests.release.test_people import POLICY, TEAM, answer, waiting


def asked_and_migrated():
    approvals = (Approval(("release-manager",)),)
    return plan(
        approvals=approvals, gates={"legal": (POLICY,)}, team=TEAM, stages=STAGES[2:], databases=(database(),)
    )  # fmt: skip


def refusal(world) -> object:
    return world.events("release.refused")[0]["why"]


async def test_nobody_is_woken_for_a_release_whose_database_does_not_answer(watched):
    world = watched(asked_and_migrated())
    world.servers["main"].away = True
    assert await asyncio.wait_for(world.release(), 20) is Outcome.NOT_STARTED
    assert refusal(world) == "database main cannot be reached: it is away"
    assert waiting(world) == []
    assert world.journal == []


async def test_a_database_that_went_away_while_people_were_asked_is_found_before_anything_is_touched(watched):
    world = watched(asked_and_migrated())
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: len(waiting(world)) == 1)
    assert (await answer(world, "lea")).startswith("approved")
    await world.until(lambda: len(waiting(world)) == 2)
    world.servers["main"].away = True
    assert await answer(world, "otto", Ask.APPROVE) == "approved"
    assert await running is Outcome.NOT_STARTED
    assert refusal(world) == "database main cannot be reached: it is away"
    assert world.journal == []
