"""What stable does alone is looked at before the candidate gets traffic."""

import asyncio
from dataclasses import replace

import pytest

from flightrules.domain import observations, observing
from flightrules.domain.outcome import Outcome
from flightrules.domain.plan import Action, Comparison, Condition, Do, FixedLimit, Rule
from flightrules.domain.terms import NotCompared, Terms
from flightrules.state.increments import Increments
from flightrules.state.observations import Observations
from flightrules.testing.fake_durable import Crash, Fate
from tests.release.plans import plan

PATIENT = plan(compare=Terms(baseline=30.0))


def looks(world):
    return [observations.from_record(seen.record) for seen in Observations(world.state).of(world.id)]


def alone(world):
    return [look for look in looks(world) if observing.is_of_stable_alone(look)]


async def test_stable_is_looked_at_before_the_candidate_is_asked_anything(scenario):
    world = scenario(PATIENT)
    assert await world.release() is Outcome.RELEASED
    before = alone(world)
    assert looks(world)[: len(before)] == before
    assert {look.stage for look in before} == {""}
    assert before[-1].counters["web"][before[-1].roles["web"]["stable"]].requests == 3000


async def test_the_first_stage_waits_for_the_baseline_that_the_plan_wants(scenario):
    world = scenario(PATIENT)
    began = world.clock.now()
    await world.release()
    shifted = next(each.at for each in world.ledger.entries(release="r1") if each.event.kind == "stage.started")
    assert 30.0 <= shifted - began < 35.0
    assert len(alone(world)) == 16


async def test_a_baseline_goes_on_where_a_crash_interrupted_it(scenario):
    world = scenario(PATIENT)
    began = world.clock.now()
    fate = Fate()
    releasing = asyncio.ensure_future(world.release(fate))
    await world.clock.sleep(15.0)
    fate.dies_at = len(fate.passed) + 1
    with pytest.raises((Crash, BaseExceptionGroup)):
        await releasing
    await world.clock.sleep(5.0)
    assert await world.release() is Outcome.RELEASED
    shifted = next(each.at for each in world.ledger.entries(release="r1") if each.event.kind == "stage.started")
    assert 30.0 <= shifted - began < 35.0


async def test_where_the_plan_does_not_compare_there_is_no_baseline(scenario):
    world = scenario(plan(compare=NotCompared("both versions do something else")))
    await world.release()
    assert alone(world) == []


async def test_a_candidate_that_was_not_there_was_not_without_requests(scenario):
    """A rule about too few requests does not see the time before the candidate had any."""
    few = Condition("request_rate", Comparison.BELOW, FixedLimit(1.0), text="request_rate < 1/s")
    world = scenario(replace(PATIENT, rules=(Rule(few, Action(Do.ROLL_BACK)),)))
    assert await world.release() is Outcome.RELEASED


async def test_a_router_that_does_not_answer_then_stops_nothing(scenario):
    world = scenario(PATIENT)
    world.later(4.0, lambda: setattr(world.traffic["web"], "unreachable", "connection refused"))
    world.later(9.0, lambda: setattr(world.traffic["web"], "unreachable", ""))
    assert await world.release() is Outcome.RELEASED
    assert [bool(look.counters) for look in alone(world)][:3] == [True, True, False]


async def test_what_the_candidate_was_asked_before_this_release_counts_for_nothing(scenario):
    world = scenario(PATIENT)
    candidate = await world.targets["web"].identify("v2")
    world.traffic["web"].feed(candidate.key, 200, bad=150)  # it served last week, and failed
    assert await world.release() is Outcome.RELEASED
    assert sum(each.candidate_bad for each in Increments(world.state).of(world.id)) == 0
