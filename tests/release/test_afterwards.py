"""What people owe once a release is over: told once, on record, and only of a release that began."""

from flightrules.domain.clock_times import said
from flightrules.domain.outcome import Outcome
from tests.plan_file.plans import SMALL, read
from tests.release.plans import STAGES, command_check, plan

DAY = 86_400.0
AGREED = read(SMALL + "afterwards: {report: 24h, retrospective: 7 days, post_mortem: 12h}\n").afterwards


def due(world) -> list[tuple[str, float]]:
    ended = world.ledger.find("r1", "ended").at
    return [
        (each["what"], round(each["at"] - ended)) for entry in world.events("afterwards.due") for each in entry["due"]
    ]


async def test_after_a_release_its_report_and_retrospective_are_due(watched):
    world = watched(plan(stages=STAGES[2:], afterwards=AGREED))
    assert await world.release() is Outcome.RELEASED
    assert due(world) == [("the report", DAY), ("the retrospective", 7 * DAY)]
    [told] = [each["text"] for each in world.events("people.told") if each["text"].startswith("due: ")]
    at = world.ledger.find("r1", "afterwards").at
    zone = world.plan.freezes.zone
    assert told == f"due: the report by {said(at + DAY, zone)}, the retrospective by {said(at + 7 * DAY, zone)}"


async def test_after_a_way_back_a_post_mortem_is_due_too(watched):
    world = watched(plan(stages=STAGES[2:], afterwards=AGREED))
    world.users.failing["v2"] = 0.5
    assert await world.release() is Outcome.ROLLED_BACK
    assert [what for what, _ in due(world)] == ["the report", "the retrospective", "the post-mortem"]


async def test_of_a_release_that_never_began_nothing_is_due(watched):
    world = watched(plan(stages=STAGES[2:], afterwards=AGREED, gates={"code": (command_check("A", "false", 5.0),)}))
    world.commands.failing["false"] = 1
    assert await world.release() is Outcome.NOT_STARTED
    assert due(world) == []
