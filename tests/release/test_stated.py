"""Metrics that people state: the release waits for their word, and what they said outlives whatever ends `flight`."""

import asyncio
from dataclasses import replace

import pytest

from flightrules.domain.comparison import Comparison
from flightrules.domain.outcome import Outcome
from flightrules.domain.people import Person, Team
from flightrules.domain.plan import PERSON, Action, Condition, Do, FixedLimit, Look, LookSchedule, Metric, Rule, Unit
from flightrules.domain.rehearsals import Part, Rehearsing
from flightrules.domain.signals import Ask
from flightrules.metric_sources.person import Options, PersonSource
from flightrules.phases.stating import OnRecord
from flightrules.testing.fake_durable import Crash, Fate
from tests.release.plans import STAGES, TOO_BAD, UNCOMPARED, plan

TEAM = Team(tuple(Person(each, each, each.title()) for each in ("anna", "bob", "mia")), {"product": ("anna", "bob")})
AT_LEAST_4 = Condition("satisfaction", Comparison.AT_LEAST, FixedLimit(4.0), text="satisfaction >= 4")
TOO_LOW = Rule(Condition("satisfaction", Comparison.BELOW, FixedLimit(2.0), text="satisfaction < 2"), TOO_BAD.action)
NOBODY = "nobody has said it yet: flight measure satisfaction NUMBER (role product: anna, bob)"


def judged_by_people(*rules: Rule, scale: float | None = 5.0, fresh: float | None = None, **more):
    """A plan of one stage that passes when people are satisfied enough."""
    metric = Metric("satisfaction", PERSON, Unit.NUMBER, Options(role="product", scale=scale, fresh=fresh))
    stage = replace(STAGES[2], passes=(AT_LEAST_4,), looks=LookSchedule((Look(5.0),)), on_fail=Action(Do.ROLL_BACK))
    usual = {"stages": (stage,), "rules": rules, "metrics": (metric,), "team": TEAM, "compare": UNCOMPARED}
    return plan(**{**usual, **more})


@pytest.fixture
def asked(watched):
    """A world with such a plan, in which what people say is read from the record."""

    def make(made):
        world = watched(made)
        options, people = made.metrics[0].options, OnRecord(world.ledger, world.id, made.team)
        world.sources["satisfaction"] = PersonSource(options, "satisfaction", world.clock, people)
        return world

    return make


async def until_waited_for(world, fate: Fate | None = None):
    """Begin a release; return it once its hold is over and waits for people."""
    running = asyncio.ensure_future(world.release(fate) if fate else world.release())
    await world.until(lambda: any("and goes on holding" in each for each in told(world)))
    return running


async def say(world, who: str, value: object, metric: str = "satisfaction", **more: str) -> str:
    world.sent.append(world.inbox.send(Ask.MEASURE, who, {"metric": metric, "value": value, **more}))
    await world.settle()
    return world.answer()


def told(world) -> list[str]:
    return [each["text"] for each in world.events("people.told")]


def verdicts(world) -> list[str]:
    return [each["says"] for each in world.events("stage.ended")]


async def test_a_stage_waits_until_somebody_has_said_it_and_says_who_can(asked):
    world = asked(judged_by_people(TOO_LOW))
    running = await until_waited_for(world)
    assert f"satisfaction of v2 is not known: {NOBODY}" in told(world)[-1]
    assert await say(world, "anna", 4.5, reason="asked 12 users") == (
        "satisfaction is 4.5 of 5; it counts from the next look"
    )
    assert await running is Outcome.RELEASED
    assert verdicts(world) == ["satisfaction of v2 is 4.5, at or above the limit of 4"]
    about = {"metric": "satisfaction", "value": 4.5, "unit": "", "scale": 5.0}
    said = {"by": "anna", "role": "product", "comment": "asked 12 users"}
    assert world.events("metric.stated") == [{**about, **said}]


@pytest.mark.parametrize(
    "who, value, more, answer",
    [
        ("mia", 4, {}, "mia is not product in team.yaml; who can state satisfaction: product: anna, bob"),
        ("anna", 4, {"role": "qa"}, "another role answers this; who can state satisfaction: product: anna, bob"),
        ("anna", 4, {"metric": "error_rate"}, "error_rate is no metric that people state; they state: satisfaction"),
        ("anna", 7, {}, "satisfaction goes from 0 to 5, and 7 does not: flight measure satisfaction NUMBER"),
        ("anna", -1, {}, "satisfaction goes from 0 to 5, and -1 does not: flight measure satisfaction NUMBER"),
        ("anna", "much", {}, "satisfaction is a number: flight measure satisfaction NUMBER"),
    ],
)
async def test_what_is_no_answer_is_refused_with_what_would_be_one(asked, who, value, more, answer):
    world = asked(judged_by_people())
    running = await until_waited_for(world)
    assert await say(world, who, value, **more) == answer
    assert world.events("metric.stated") == []
    await say(world, "bob", 5)
    assert await running is Outcome.RELEASED


async def test_the_newest_answer_counts_and_not_what_they_are_on_average(asked):
    world = asked(judged_by_people())
    world.users.per_second = 0
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: world.events("stage.started"))
    await say(world, "anna", 1)
    await world.clock.sleep(50.0)
    await say(world, "bob", 4)
    assert await running is Outcome.RELEASED
    assert verdicts(world) == ["satisfaction of v2 is 4, at or above the limit of 4"]


async def test_an_answer_that_is_too_low_fails_the_stage(asked):
    world = asked(judged_by_people())
    running = await until_waited_for(world)
    await say(world, "anna", 3)
    assert await running is Outcome.ROLLED_BACK
    assert verdicts(world) == ["satisfaction of v2 is 3, below the limit of 4"]


async def test_a_rule_takes_the_release_back_by_what_people_say_and_never_by_what_they_do_not(asked):
    world = asked(judged_by_people(TOO_LOW))
    running = await until_waited_for(world)
    assert world.events("rule.fired") == []
    await say(world, "anna", 1.5)
    assert await running is Outcome.ROLLED_BACK
    assert world.events("rule.fired")[0]["says"] == "satisfaction of v2 is 1.5, below the limit of 2"


async def test_before_anybody_has_the_candidate_nobody_can_say_anything_of_it(asked):
    world = asked(judged_by_people())
    running = asyncio.ensure_future(world.release())
    await world.settle(3)
    world.sent.append(world.inbox.send(Ask.MEASURE, "anna", {"metric": "satisfaction", "value": 5}))
    await world.until(lambda: world.answer())
    assert world.answer() == "no user has had the candidate yet; once a stage holds: flight measure satisfaction NUMBER"
    await world.until(lambda: world.events("stage.started"))
    await say(world, "anna", 5)
    assert await running is Outcome.RELEASED


async def test_an_answer_that_is_too_old_counts_no_more_and_says_so(asked):
    world = asked(judged_by_people(fresh=30.0))
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: world.events("stage.started"))
    await say(world, "anna", 5)
    await world.until(lambda: any("and goes on holding" in each for each in told(world)))
    assert "what anna said is 1m old and counts for 30s: flight measure satisfaction NUMBER" in told(world)[-1]
    await say(world, "bob", 4)
    assert await running is Outcome.RELEASED


@pytest.mark.parametrize("moment", ["before signal.taken", "after signal.taken", "after metric.stated"])
async def test_what_was_said_outlives_a_crash_and_is_said_once(asked, moment):
    world = asked(judged_by_people())

    class Dies(Fate):
        def point(self, name: str) -> None:
            super().point(name)
            if name == moment:
                raise Crash

    running = await until_waited_for(world, Dies())
    await say(world, "anna", 4.5)
    with pytest.raises(Crash):
        await running
    assert await world.release() is Outcome.RELEASED
    assert [each["value"] for each in world.events("metric.stated")] == [4.5]


async def test_what_is_said_while_nobody_drives_it_between_two_stages_is_heard_after_that(asked):
    world = asked(judged_by_people(stages=(STAGES[0], *judged_by_people().stages)))

    class Dies(Fate):
        def point(self, name: str) -> None:
            super().point(name)
            if name == "before the shift" and "after stage.ended" in self.passed:
                raise Crash

    with pytest.raises(Crash):
        await world.release(Dies())
    world.sent.append(world.inbox.send(Ask.MEASURE, "anna", {"metric": "satisfaction", "value": 4.5}))
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: world.answer())
    assert world.answer() == "satisfaction is 4.5 of 5; it counts from the next look"
    assert await running is Outcome.RELEASED


async def test_what_was_said_in_another_release_is_no_answer(asked):
    world = asked(judged_by_people())
    other = OnRecord(world.ledger, "another", TEAM)
    running = await until_waited_for(world)
    await say(world, "anna", 4.5)
    await running
    assert other.said("satisfaction") is None


async def test_who_rehearses_says_the_best_of_the_scale(asked):
    made = judged_by_people(TOO_LOW, rehearsing=Rehearsing("staging.env", answers=True), team=None)
    world = asked(made)
    assert await world.release() is Outcome.RELEASED
    assert [(each["value"], each["comment"]) for each in world.events("metric.stated")] == [
        (5.0, "stated by who rehearses")
    ]


async def test_without_a_scale_who_rehearses_is_told_what_to_type(asked):
    made = judged_by_people(scale=None, rehearsing=Rehearsing("staging.env", answers=True), team=None)
    world = asked(made)
    running = await until_waited_for(world)
    assert "nobody has said it yet: flight measure satisfaction NUMBER (role product)" in told(world)[-1]
    [by] = {each.event.actor for each in world.ledger.entries(world.id) if each.event.kind == "release.started"}
    await say(world, by, 12)
    assert await running is Outcome.RELEASED


async def test_setting_staging_up_asks_nobody(asked):
    made = judged_by_people(rehearsing=Rehearsing("staging.env", answers=True, part=Part.SET_UP), team=None)
    world = asked(replace(made, stages=STAGES[2:]))
    assert await world.release() is Outcome.RELEASED
    assert world.events("metric.stated") == []
