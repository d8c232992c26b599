"""A process that comes back goes on from a checkpoint of the judging, and comes to what all looks lead to."""

import json
import logging
from dataclasses import replace

import pytest
from sqlalchemy import text

from flightrules.domain import observations
from flightrules.domain.endings import StageOrder
from flightrules.domain.judging import Judging
from flightrules.domain.outcome import Outcome
from flightrules.domain.plan import Action, Do, Metric, Unit
from flightrules.domain.verdict import Gauge
from flightrules.phases.recalling import EVERY
from flightrules.phases.watching import Watching
from flightrules.state.checkpoints import Checkpoints
from flightrules.state.increments import Increments
from flightrules.state.observations import Observations
from flightrules.testing.fake_durable import Crash, Fate
from tests.release.plans import GOOD, STAGES, below, plan, stage

LONG = (stage("canary", 25, hold=5.0 * 260, on_fail=Action(Do.PAUSE)), STAGES[-1])
"""A first stage of some 260 looks."""


class _at(Fate):
    """Dies at the nth moment of a name."""

    def __init__(self, moment: str, number: int) -> None:
        super().__init__()
        self._moment, self._left = moment, number

    def point(self, name: str) -> None:
        super().point(name)
        self._left -= name == self._moment
        if self._left == 0:
            self._left = -1
            raise Crash(name)


@pytest.fixture
def world(scenario):
    made = scenario(plan(stages=LONG, rules=()))
    made.users.failing.update(v1=0.008, v2=0.008)
    return made


async def killed(world, moment: str, number: int):
    with pytest.raises((Crash, BaseExceptionGroup)):
        await world.release(_at(moment, number))


def stored(world):
    return list(Observations(world.state).of(world.id))


def weighed(world):
    return [(each.look, each.evidence.get("log_e")) for each in Increments(world.state).of(world.id)]


def weighed_anew(world):
    """What all stored looks lead to, seen one after the other without a crash."""
    judging, numbers = Judging(world.plan), []
    for seen in stored(world):
        look = observations.from_record(seen.record)
        judging.sight.recall(look, False)
        judging.sight.found(look)
        service = judging.comparison.services["web"]
        if service.between is not None:
            numbers.append((seen.number, service.comparison.log_e if service.comparison else None))
    return numbers


async def come_back(world) -> Watching:
    """Return the watch of a process that was just started again, as it enters the stage."""
    run = await world.run_of(Fate())
    watching = Watching(run, StageOrder(world.plan.stages))
    watching.enter("stages/1-canary", world.plan.stages[0])
    return watching


def looks_read(world, monkeypatch) -> list[int]:
    """Return a list that fills with the number of every look that is made of its record from now on."""
    read = []
    as_ever = observations.from_record
    monkeypatch.setattr(observations, "from_record", lambda record: read.append(record["at"]) or as_ever(record))
    return read


async def test_after_a_crash_only_the_looks_since_the_checkpoint_are_shown_again(world, monkeypatch):
    await killed(world, "after a look is stored", 240)
    read = looks_read(world, monkeypatch)
    watching = await come_back(world)
    assert len(stored(world)) == 240
    assert len(read) < EVERY
    assert watching.held == pytest.approx(_held(world))


def _held(world) -> float:
    judging = Judging(world.plan)
    for seen in stored(world):
        judging.sight.recall(observations.from_record(seen.record), bool(seen.record.get("paused")))
    return judging.sight.stay.held


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("after a look is stored", EVERY + 3),  # between a look and its checkpoint
        ("before a checkpoint is stored", 2),
        ("after a checkpoint is stored", 2),
        ("after a checkpoint is stored", 3),
        ("after a look is stored", 240),
    ],
)
async def test_wherever_it_is_killed_the_evidence_goes_on_to_the_same_numbers(world, moment, number):
    await killed(world, moment, number)
    assert await world.release() is Outcome.RELEASED
    assert weighed(world) == weighed_anew(world)
    assert len({look for look, _ in weighed(world)}) == len(weighed(world))
    [canary, _] = world.events("stage.ended")
    assert canary["seconds"] == pytest.approx(LONG[0].hold, abs=15)


async def test_one_that_was_killed_again_and_again_comes_to_the_same_numbers(world):
    for _ in range(6):
        await killed(world, "after a look is stored", 43)
    assert await world.release() is Outcome.RELEASED
    assert weighed(world) == weighed_anew(world)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("UPDATE checkpoints SET record = substr(record, 1, 100)", "it is not as it was written"),
        ("UPDATE checkpoints SET digest = ''", "it is not as it was written"),
        ("DELETE FROM hold_looks", "looks of its hold are missing"),
    ],
)
async def test_a_checkpoint_that_is_broken_is_not_used_and_the_log_says_so(scenario, caplog, broken, why):
    world = scenario(plan(stages=AVERAGED, rules=(), metrics=(MEMORY,)))
    world.sources["memory"] = Steady()
    await killed(world, "after a look is stored", 150)
    world.state.write(lambda c: c.execute(text(broken)))
    with caplog.at_level(logging.WARNING, "flightrules"):
        watching = await come_back(world)
    assert watching.held == pytest.approx(_held(world))
    assert [record.getMessage().partition("is not used: ")[2] for record in caplog.records] == [
        f"{why}; its looks are judged again"
    ] * len(caplog.records)
    assert caplog.records
    assert await world.release() is Outcome.RELEASED
    assert weighed(world) == weighed_anew(world)


async def test_where_only_the_newest_is_broken_the_one_before_is_used(world, monkeypatch):
    await killed(world, "after a checkpoint is stored", 3)
    world.state.write(
        lambda c: c.execute(
            text("UPDATE checkpoints SET record = '{' WHERE look = (SELECT max(look) FROM checkpoints)")
        )
    )
    read = looks_read(world, monkeypatch)
    await come_back(world)
    assert EVERY <= len(read) < EVERY + 10


async def test_one_of_another_plan_or_version_or_of_a_strange_shape_is_not_used(world, caplog):
    await killed(world, "after a look is stored", 150)
    store, kept = Checkpoints(world.state), Checkpoints(world.state).newest_first(world.id)
    strange = [{"made_from": {}}, {"made_from": kept[0].record["made_from"]}, {**kept[0].record, "judges": []}]
    with caplog.at_level(logging.WARNING, "flightrules"):
        for number, record in enumerate(strange):
            caplog.clear()
            store.add(world.id, 1000 + number, record, [], after=0)
            watching = await come_back(world)
            assert watching.held == pytest.approx(_held(world))
            assert f"checkpoint at look {1000 + number} of release r1 is not used" in caplog.text


MEMORY = Metric("memory", "target", Unit.BYTES)
LOW = below("memory", 1.0, "memory < 1")
AVERAGED = (replace(stage("canary", 25, hold=5.0 * 160, on_fail=Action(Do.PAUSE)), passes=(GOOD, LOW)), STAGES[-1])
"""A stage whose end is judged by every reading of a gauge."""


class Steady:
    async def read(self, question):
        return {version.key: Gauge(0.5) for version in question.versions.values()}


async def test_the_readings_that_the_end_of_a_hold_averages_are_all_there_after_a_crash(scenario):
    world = scenario(plan(stages=AVERAGED, rules=(), metrics=(MEMORY,)))
    world.sources["memory"] = Steady()
    await killed(world, "after a look is stored", 150)
    watching = await come_back(world)
    judging = Judging(world.plan)
    for seen in stored(world):
        judging.sight.recall(observations.from_record(seen.record), False)
    assert list(watching._sight.stay.seen.looks) == list(judging.sight.stay.seen.looks)
    assert len(watching._sight.stay.seen.looks) > 140


async def test_a_checkpoint_of_a_long_hold_is_small(world):
    await killed(world, "after a checkpoint is stored", 3)
    sizes = [len(json.dumps(each.record)) for each in Checkpoints(world.state).newest_first(world.id)]
    assert max(sizes) < 40_000, sizes
