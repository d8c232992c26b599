"""External services in a release: asked at every look, told apart from the candidate, and never in the way."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from flightrules.domain.checks import Check, Expectation
from flightrules.domain.comparison import Comparison
from flightrules.domain.externals import metric_of
from flightrules.domain.outcome import Outcome
from flightrules.domain.plan import Action, Do, External, Rule
from flightrules.domain.signals import Ask
from flightrules.domain.verdict import Verdict
from flightrules.ports.check import Found
from flightrules.testing.fake_durable import Crash
from tests.release.plans import STAGES, UNCOMPARED, below, plan
from tests.release.watched import Moments

USUAL = Expectation("status", Comparison.EQUAL, 200.0, "status = 200", usual=True)
DOWN = Rule(below("openai.availability", 90.0, "openai.availability < 90%"), Action(Do.PAGE, "on-call"))


@dataclass
class Outside:
    """Somebody else's service, as the release asks it."""

    answers: Callable[[], Found] = lambda: Found("GET https://openai answered 200 in 3 ms", {"status": 200})
    asked: list[float] = field(default_factory=list)

    def is_away(self) -> None:
        self.answers = lambda: Found("GET https://openai got no answer within 5s", verdict=Verdict.UNREACHABLE)

    def is_back(self) -> None:
        self.answers = Outside.answers


def with_openai(*rules: Rule, services=(), every: float = 0.0, **more):
    rules = (*plan().rules, *rules)
    made = plan(*services, stages=STAGES[::2], rules=rules, metrics=(metric_of("openai"),), **more)
    return replace(made, compare=UNCOMPARED, externals=(External(Check("openai", "http", None, 5.0, (USUAL,)), every),))


@pytest.fixture
def openai(watched):
    """A world whose plan depends on openai, and openai."""

    def make(made):
        world, outside = watched(made), Outside()

        class Asked:
            async def look(self) -> Found:
                outside.asked.append(world.clock.now())
                return outside.answers()

        world._inspection = lambda check, name: Asked()
        return world, outside

    return make


async def test_one_that_answers_is_not_spoken_of(openai):
    world, outside = openai(with_openai(DOWN))
    assert await world.release() is Outcome.RELEASED
    assert not {"external.down", "external.up", "rule.fired"} & set(world.kinds())
    assert len(outside.asked) == len(world.seen())


async def test_that_one_went_down_and_came_back_is_on_record_with_why_and_for_how_long(openai):
    world, outside = openai(with_openai(DOWN))
    world.later(30.0, outside.is_away)
    world.later(60.0, outside.is_back)
    assert await world.release() is Outcome.RELEASED
    [down], [up] = world.events("external.down"), world.events("external.up")
    assert down["why"] == "GET https://openai got no answer within 5s" and down["name"] == "openai"
    assert down["says"].startswith("openai has been down since ") and down["says"].endswith(" UTC")
    assert up["since"] == down["since"]
    [fired] = world.events("rule.fired")
    assert fired["says"].startswith("openai.availability is 0%") and "has been down" not in fired["says"]
    assert [each["role"] for each in world.events("people.told") if "openai" in each["text"]] == ["on-call"]


async def test_a_rule_says_that_both_versions_suffer_and_the_way_back_is_not_held_up(openai):
    world, outside = openai(with_openai())
    outside.is_away()
    world.users.failing.update(v1=0.5, v2=0.5)
    assert await world.release() is Outcome.ROLLED_BACK
    [fired] = world.events("rule.fired")
    assert "(openai has been down since " in fired["says"]
    assert " UTC, and BOTH versions suffer: error_rate of v1 is " in fired["says"]
    [back] = world.events("goback.started")
    assert "BOTH versions suffer" in back["why"]
    assert world.shares() == {"v1": 100}


async def test_where_only_the_candidate_suffers_a_rule_says_what_stable_reads(openai):
    world, outside = openai(with_openai())
    outside.is_away()
    world.users.failing.update(v2=0.5)
    assert await world.release() is Outcome.ROLLED_BACK
    [fired] = world.events("rule.fired")
    assert fired["says"].endswith(" UTC; error_rate of v1 is 0%)") and "BOTH" not in fired["says"]


async def test_a_stage_that_fails_says_what_does_not_answer(openai):
    world, outside = openai(with_openai())
    world.later(20.0, outside.is_away)
    world.users.failing.update(v2=0.05)
    assert await world.release() is Outcome.ROLLED_BACK
    failed = [each for each in world.events("stage.ended") if each["verdict"] == "fail"]
    assert "(openai has been down since " in failed[0]["says"]


async def test_it_is_asked_once_a_look_and_not_once_a_service_and_at_most_as_often_as_agreed(openai):
    world, outside = openai(with_openai(DOWN, services=("web", "api")))
    outside.is_away()
    assert await world.release() is Outcome.RELEASED
    assert len(outside.asked) == len(world.seen())
    assert len([each for each in world.events("people.told") if "openai" in each["text"]]) == 1
    world, outside = openai(with_openai(every=30.0))
    assert await world.release() is Outcome.RELEASED
    assert min(b - a for a, b in zip(outside.asked, outside.asked[1:], strict=False)) >= 30.0


async def test_an_answer_that_lacks_what_is_expected_leaves_nobody_knowing(openai):
    world, outside = openai(with_openai(DOWN))
    outside.answers = lambda: Found("GET https://openai answered", {})
    assert await world.release() is Outcome.RELEASED
    assert not {"external.down", "rule.fired"} & set(world.kinds())


async def test_a_crash_tells_no_outage_twice(openai):
    world, outside = openai(with_openai())
    outside.is_away()

    def die() -> None:
        raise Crash

    fate = Moments()
    fate.when["after external.down"] = die
    with pytest.raises(Crash):
        await world.release(fate)
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: len(world.seen()) > 4)
    world.ask(Ask.ABORT, reason="a test")
    assert await running is Outcome.ROLLED_BACK
    assert len(world.events("external.down")) == 1
