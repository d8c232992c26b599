"""`rollback: {within: …}`: when a way back takes longer, people are told at that moment, once."""

import pytest

from flightrules.domain.outcome import Outcome
from flightrules.domain.signals import Ask
from flightrules.testing.fake_durable import Crash, Fate
from flightrules.views.wording import Cast, words
from tests.release.plans import STAGES, plan

WITHIN = plan(stages=STAGES[::2], rollback_within=20.0)
LATE = (
    "the way back takes longer than the 20s that the plan allows, and goes on: "
    "web cannot go back to v1: v1 of web cannot serve: answered 503"
)


def stuck(world, until: float) -> None:
    """Stable is ill when the release is called back at 5 s, and well again after `until` seconds."""
    world.later(4, lambda: world.targets["web"].sicken("v1"))
    world.later(5, lambda: world.inbox.send(Ask.ABORT))
    world.later(until, lambda: world.targets["web"].heal("v1"))


def late(world) -> list[tuple[float, str]]:
    (began,) = (e.at for e in world.ledger.entries(release=world.id) if e.event.kind == "goback.started")
    told = [e for e in world.ledger.entries(release=world.id) if (e.event.key or "").endswith("/late")]
    return [(e.at - began, e.event.data["text"]) for e in told]


async def test_people_are_told_at_that_moment_and_once(scenario):
    world = scenario(WITHIN)
    stuck(world, until=70)
    assert await world.release() is Outcome.ROLLED_BACK
    assert late(world) == [(pytest.approx(20.0, abs=0.01), LATE)]
    assert [notice.urgent for notice in world.notifier.told if notice.text == LATE] == [True]


async def test_whoever_reads_along_is_told_too(scenario):
    world = scenario(WITHIN)
    stuck(world, until=70)
    await world.release()
    said = [words(entry, Cast({})) for entry in world.ledger.entries(release=world.id)]
    assert [each.text for each in said if each and "longer than" in each.text] == [LATE]


async def test_a_way_back_in_time_is_no_news(scenario):
    world = scenario(WITHIN)
    stuck(world, until=12)
    assert await world.release() is Outcome.ROLLED_BACK
    assert late(world) == []


async def test_a_crash_neither_forgets_it_nor_tells_it_twice(scenario):
    world = scenario(WITHIN)
    stuck(world, until=70)
    fate = Fate()

    def point(name: str) -> None:
        if name == "before release.held" and len(fate.passed) > 90:
            raise Crash(name)
        fate.passed.append(name)

    fate.point = point
    with pytest.raises(Crash):
        await world.release(fate)
    await world.clock.sleep(30)
    assert await world.release() is Outcome.ROLLED_BACK
    assert len(late(world)) == 1


async def test_a_shutdown_is_late_too(scenario):
    world = scenario(WITHIN)
    world.later(4, lambda: setattr(world.traffic["web"], "unreachable", "no route"))
    world.later(5, lambda: world.inbox.send(Ask.SHUTDOWN))
    world.later(28, lambda: setattr(world.traffic["web"], "unreachable", ""))
    assert await world.release() is Outcome.CLOSED
    ((after, text),) = late(world)
    assert (after, text) == (
        pytest.approx(20.0, abs=0.01), "the shutdown takes longer than the 20s that the plan allows, and goes on",
    )  # fmt: skip
