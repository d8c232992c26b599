"""The comparison inside a release: it acts, it is written down, and no crash changes its number."""

import asyncio

import pytest

from flightrules.domain import observations
from flightrules.domain.comparing.judge import ComparisonJudge
from flightrules.domain.outcome import Outcome
from flightrules.domain.plan import Action, Do
from flightrules.domain.terms import NotCompared, Terms, Underpowered, WhenUnderpowered
from flightrules.state.increments import Increments
from flightrules.state.observations import Observations
from flightrules.testing.fake_durable import Crash, Fate
from tests.release.plans import STAGES, plan, stage

LONG = (stage("canary", 5, hold=600.0, on_fail=Action(Do.PAUSE)), stage("full", 100))
"""A stage that asks a person about what it does not pass: only the comparison calls back."""


def increments(world):
    return list(Increments(world.state).of(world.id))


def course(world) -> list[float]:
    return [each.evidence["log_e"] for each in increments(world) if each.evidence]


def weighed_anew(world) -> list[float]:
    """What the stored looks lead to, without any crash."""
    judge = ComparisonJudge(world.plan, Terms())
    numbers = []
    for seen in Observations(world.state).of(world.id):
        judge.look(observations.from_record(seen.record))
        service = judge.services["web"]
        if service.comparison is not None and service.between is not None:
            numbers.append(service.comparison.log_e)
    return numbers


async def test_a_candidate_that_is_worse_is_called_back_with_the_counts_that_speak_against_it(scenario):
    world = scenario(plan(stages=LONG, rules=()))
    world.users.failing["v2"] = 0.04
    assert await world.release() is Outcome.ROLLED_BACK
    [fired] = world.events("rule.fired")
    assert fired["rule"] == "compare"
    assert fired["action"] == "roll back"
    assert fired["says"].startswith("candidate fails 4% of requests, stable 0% (")
    assert fired["says"].endswith(" a healthy release would look this bad with probability below 0.01")
    assert world.events("stage.ended") == []
    assert world.shares() == {"v1": 100}


async def test_what_the_comparison_begins_with_is_on_record(scenario):
    world = scenario(plan(stages=LONG, rules=()))
    await world.release()
    [started] = world.events("comparison.started")
    assert (started["service"], started["overdispersion"], started["estimated"]) == ("web", 3.0, False)
    assert started["limit"] == pytest.approx(4.60517)


async def test_every_look_is_written_down_with_what_it_added_and_the_evidence_after_it(scenario):
    world = scenario(plan(rules=()))
    await world.release()
    rows = increments(world)
    first = next(row for row in rows if row.candidate_requests)
    assert (first.stage, first.candidate_requests, first.stable_requests) == ("stages/1-canary", 25, 475)
    assert set(first.evidence) == {"log_e", "limit", "parts", "overdispersion", "estimated", "certified", "needed"}
    assert [row.look for row in rows] == sorted(row.look for row in rows)


async def test_after_a_crash_at_any_look_the_evidence_goes_on_to_the_same_numbers(scenario):
    through = scenario(plan(stages=LONG, rules=()))
    through.users.failing["v2"] = 0.02
    assert await through.release() is Outcome.ROLLED_BACK
    expected = course(through)
    for look, moment in ((3, "before a look is stored"), (len(expected) - 2, "after a look is stored")):
        world = scenario(plan(stages=LONG, rules=()))
        world.users.failing["v2"] = 0.02
        with pytest.raises((Crash, BaseExceptionGroup)):
            await world.release(_at(moment, look))
        assert await world.release() is Outcome.ROLLED_BACK
        # flight looks at once when it comes back, so the looks from then on are taken at other moments.
        assert course(world)[: look - 2] == expected[: look - 2], (look, moment)
        assert course(world) == weighed_anew(world)


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


async def test_a_plan_that_does_not_compare_has_its_stages_and_rules_alone(scenario):
    world = scenario(plan(rules=(), compare=NotCompared("the versions answer other requests")))
    await world.release()
    assert increments(world) == []
    assert world.events("comparison.started") == []


# at the end of a hold


async def test_a_hold_with_little_traffic_passes_and_says_what_it_could_not_see(scenario):
    world = scenario(plan(stages=STAGES[::2]))
    assert await world.release() is Outcome.RELEASED
    canary, full = world.events("stage.ended")
    assert "; underpowered: as rarely as v1 fails so far, about " in canary["says"]
    assert "powered" not in full["says"]


async def test_a_hold_is_extended_until_it_is_certified(scenario):
    then = WhenUnderpowered(Underpowered.EXTEND, 24 * 3600.0)
    world = scenario(plan(stages=STAGES[::2], compare=Terms(underpowered=then)))
    world.users.failing.update(v1=0.01, v2=0.01)
    world.plan = plan(stages=(stage("canary", 25, on_fail=Action(Do.PAUSE)), STAGES[-1]), compare=world.plan.compare)
    running = asyncio.ensure_future(world.release())
    await world.clock.sleep(90)
    assert any("stage canary is not certified yet and goes on holding" in each.text for each in world.notifier.told)
    await world.clock.sleep(24 * 3600)
    running.cancel()
    canary = world.events("stage.ended")[0]
    assert canary["seconds"] > 60
    assert canary["says"].endswith("certified, v2 fails less than twice as often as v1")


async def test_a_candidate_without_requests_passes_no_hold_and_people_are_told(scenario):
    world = scenario(plan(stages=(stage("canary", 5, hold=120.0), STAGES[-1]), rules=()))
    world.later(20, lambda: world.users.silent.add("v2"))
    running = asyncio.ensure_future(world.release())
    await world.clock.sleep(300)
    assert world.events("stage.ended") == []
    assert any(each.urgent and each.text.startswith("v2 has had no request for 1m") for each in world.notifier.told)
    world.users.silent.clear()
    await world.clock.sleep(30)
    assert world.events("stage.ended")[0]["verdict"] == "pass"
    running.cancel()
