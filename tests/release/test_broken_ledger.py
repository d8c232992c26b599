"""Somebody changes the ledger by hand: nothing new goes on by itself, and every way back does."""

import sqlite3
from contextlib import closing

import pytest

from flightrules.domain.outcome import Outcome
from flightrules.domain.signals import Ask
from flightrules.state.releases import ROLLBACK, SHUTDOWN
from flightrules.testing.fake_durable import Crash, Fate
from flightrules.testing.scenario import Scenario

HEAD = "DELETE FROM head"
LAST = "DELETE FROM entries WHERE number = (SELECT max(number) FROM entries)"
STRANGER = "INSERT INTO entries SELECT number + 1, 1.0, 'x', 'r9', '{}', 'x', '', NULL, hash, 'x' FROM head"
BREAKS = (HEAD, LAST, STRANGER)


def change(world: Scenario, how: str) -> None:
    with closing(sqlite3.connect(world.state.path, isolation_level=None)) as connection:
        connection.execute(how)


@pytest.mark.parametrize("how", BREAKS)
async def test_what_is_new_holds_and_people_are_told_why(scenario, how):
    world = scenario()
    world.later(5, lambda: change(world, how))
    world.later(100, lambda: world.inbox.send(Ask.ABORT, arguments={"reason": "who was that?"}))
    assert await world.release() is Outcome.ROLLED_BACK
    (held,) = world.events("release.held")
    assert held["why"].startswith("the ledger was changed from outside: it")
    assert held["do"] == (
        "look at `flight ledger verify`; `flight abort` takes the release back, "
        "`flight resume` goes on, and the break stays on record"
    )
    assert len(world.events("stage.ended")) == 1, "it went no further than the hold that was on"
    assert next(n.text for n in world.notifier.told if "ledger" in n.text) == f"the release holds: {held['why']}"
    assert world.shares() == {"v1": 100.0}
    assert world.kinds().count("ledger.broken") == 1


async def test_a_person_may_let_it_go_on(scenario):
    world = scenario()
    world.later(5, lambda: change(world, HEAD))
    world.later(100, lambda: world.inbox.send(Ask.RESUME))
    assert await world.release() is Outcome.RELEASED
    assert world.kinds().count("release.held") == 1
    assert world.ledger.verify() != ()


@pytest.mark.parametrize("how", BREAKS)
async def test_an_abort_goes_back_and_is_recorded_to_its_end(scenario, how):
    world = scenario()
    world.later(5, lambda: change(world, how))
    world.later(6, lambda: world.inbox.send(Ask.ABORT, arguments={"reason": "back"}))
    assert await world.release() is Outcome.ROLLED_BACK
    assert "release.held" not in world.kinds()
    after = world.kinds()[world.kinds().index("ledger.broken") :]
    assert [kind for kind in after if not kind.startswith(("step.", "comparison."))][1:] == [
        "signal.taken", "release.called_back", "people.told", "goback.started", "people.told", "traffic.shifted",
        "traffic.shifted", "goback.ended", "release.ended",
    ]  # fmt: skip
    assert "the ledger was changed from outside" in " ".join(notice.text for notice in world.notifier.told)


async def test_a_rule_goes_back_too(scenario):
    world = scenario()
    world.users.failing["v2"] = 0.5
    world.later(1, lambda: change(world, HEAD))
    assert await world.release() is Outcome.ROLLED_BACK
    assert world.shares() == {"v1": 100.0}


@pytest.mark.parametrize("story", [ROLLBACK, SHUTDOWN])
async def test_a_way_back_that_begins_on_a_broken_ledger_waits_for_nobody(scenario, story):
    world = scenario()
    await world.given_stable()
    change(world, HEAD)
    await world.release(story=story)
    assert "release.held" not in world.kinds() and "ledger.broken" in world.kinds()


async def test_a_way_back_whose_beginning_was_removed_still_ends(scenario):
    world = scenario()
    world.users.failing["v2"] = 0.5
    fate = Fate()
    with pytest.raises(Crash):
        fate.point = _dies_at(fate, "after traffic.shifted", 4)
        await world.release(fate)
    change(world, "DELETE FROM entries WHERE kind = 'goback.started'")
    assert await world.release() is Outcome.ROLLED_BACK
    (ended,) = world.events("goback.ended")
    assert (ended["total"], ended["detect"]) == (None, None), "what is not known is not guessed"


def _dies_at(fate: Fate, name: str, times: int):
    seen = []

    def point(reached: str) -> None:
        fate.passed.append(reached)
        seen.append(reached)
        if reached == name and seen.count(name) == times:
            raise Crash(name)

    return point


PARTS = 4
"""Every moment is tried in one of so many tests: together they take longer than a test may."""


@pytest.mark.parametrize("part", range(PARTS))
async def test_it_dies_at_any_moment_around_the_break_and_ends_the_same_way(tmp_path, part):
    moment, died = part + 1 - PARTS, True
    while died:
        moment += PARTS
        world, fate, died = Scenario(tmp_path / str(moment), _short()), Fate(moment), False
        world.later(1, lambda world=world: change(world, HEAD))
        world.later(60, lambda world=world: world.inbox.send(Ask.ABORT))
        try:
            assert await world.release(fate) is Outcome.ROLLED_BACK
        except Crash:
            died = True
            assert await world.release() is Outcome.ROLLED_BACK, moment
        assert world.shares() == {"v1": 100.0}, moment
        assert world.kinds().count("ledger.broken") == 1, moment
        world.state.close()
    assert moment > 40


def _short():
    from tests.release.plans import STAGES, plan

    return plan(stages=STAGES[::2])


@pytest.mark.parametrize("data", ["{}", "7", "{", '{"failure": 3}', '{"failure": {"kind": "Aborted"}}'])
@pytest.mark.parametrize(("ask", "outcome"), [(Ask.ABORT, Outcome.ROLLED_BACK), (Ask.SHUTDOWN, Outcome.CLOSED)])
async def test_a_release_that_was_called_back_goes_back_whatever_became_of_the_record_of_why(
    scenario, data, ask, outcome
):
    world, fate = scenario(), Fate()
    world.later(30, lambda: world.inbox.send(ask, arguments={"reason": "back"}))
    fate.point = _dies_at(fate, "after release.called_back", 1)
    with pytest.raises(Crash):
        await world.release(fate)
    change(world, f"UPDATE entries SET data = '{data}' WHERE kind = 'release.called_back'")
    assert await world.release() is outcome
    assert "release.held" not in world.kinds()
