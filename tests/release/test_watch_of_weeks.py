"""The watch after a release: weeks of it, on the fake clock."""

import asyncio
import itertools
from contextlib import suppress
from dataclasses import replace

import pytest

from flightrules.domain.outcome import Outcome
from flightrules.domain.people import Person, Team
from flightrules.domain.plan import Action, Do, Look, LookSchedule, Rule, SignOff, Watch
from flightrules.domain.signals import Ask
from flightrules.testing.fake_durable import Crash, Fate
from tests.release.plans import STAGES, UNCOMPARED, above, below, plan
from tests.release.watched import Moments

HOUR, DAY, WEEK = 3600.0, 86_400.0, 604_800.0
LOOKS = LookSchedule((Look(60.0, HOUR), Look(15 * 60.0, 25 * HOUR), Look(4 * HOUR, 25 * HOUR + WEEK), Look(DAY)))
REPORTS = (Look(HOUR, DAY), Look(DAY, 8 * DAY), Look(WEEK))
TEAM = Team(tuple(Person(each, each, each.title()) for each in ("otto", "lea")), {"release-manager": ("otto",)})
CALM, CONTENT = "No critical incident", "Users content"
ABOVE_A_BIT = above("error_rate", 0.3, "error_rate > 0.3%")
FOUR_WEEKS = Watch(4 * WEEK, LOOKS, (below("error_rate", 2.0, "error_rate < 2%"),), REPORTS)


def watched_plan(watch: Watch = FOUR_WEEKS, *sign_offs: SignOff, **more):
    return plan(stages=STAGES[2:], watch=watch, sign_offs=sign_offs, team=TEAM, **more)


def signed_after_a_day():
    return watched_plan(FOUR_WEEKS, SignOff(DAY, ("release-manager",), (CALM, CONTENT)))


def told(world, start: str) -> list[str]:
    return [each["text"] for each in world.events("people.told") if each["text"].startswith(start)]


async def answer(world, who: str, ask: Ask = Ask.APPROVE, **arguments: str) -> str:
    world.sent.append(world.inbox.send(ask, who, arguments))
    await world.settle()
    return world.answer()


async def begun(world, condition=None):
    """Begin the release, and let time pass until `condition` holds; where nothing is said, until the watch is on."""
    running = asyncio.ensure_future(world.release())
    await passes(world, condition or (lambda: bool(world.events("watch.started"))))
    return running


async def passes(world, condition, step: float = 6 * HOUR) -> None:
    for _ in range(round(10 * WEEK / step)):
        if condition():
            return
        await world.clock.sleep(step)
        await world.settle(20)
    raise AssertionError("it never came to that")


async def test_a_release_without_a_watch_ends_as_soon_as_the_candidate_is_in_service(watched):
    world = watched(plan(stages=STAGES[2:]))
    assert await world.release() is Outcome.RELEASED
    assert {"watch.started", "release.sealed", "health.reported"}.isdisjoint(world.kinds())
    assert not any(each["step"].startswith("watch") for each in world.events("step.started"))


async def test_four_weeks_are_watched_reported_and_sealed_in_one_step(watched):
    world = watched(watched_plan())
    began = world.clock.now()
    assert await world.release() is Outcome.RELEASED
    assert world.clock.now() - began == pytest.approx(4 * WEEK, rel=0.01)
    assert len([each for each in world.events("step.started") if each["step"].startswith("watch/")]) == 2
    [ended], [sealed] = world.events("watch.ended"), world.events("release.sealed")
    assert (ended["verdict"], sealed["how"], sealed["missing"]) == ("pass", "as agreed", [])
    assert sealed["hash"] == world.ledger.find("r1", "sealed").previous
    reports = world.events("health.reported")
    assert [each["until"] for each in reports] == [
        *(hour * HOUR for hour in range(1, 25)), *(day * DAY for day in range(2, 9)), 15 * DAY, 22 * DAY,
    ]  # fmt: skip
    assert len(told(world, "health after")) == len(reports)
    looks = [seen.at for seen in world.seen() if seen.stage == "watch"]
    assert len(looks) < 300
    assert {round(b - a) for a, b in itertools.pairwise(looks)} >= {60, 900, 14_400, 86_400}


async def test_a_report_says_what_was_asked_what_failed_and_how_that_compares(watched):
    rules = (*plan().rules, Rule(ABOVE_A_BIT, Action(Do.WARN)))
    world = watched(replace(watched_plan(), stages=STAGES[::2], rules=rules))
    world.users.failing["v1"] = 0.004
    fate = Moments()
    fate.when["after watch.started"] = lambda: world.users.failing.update(v2=0.004)
    running = asyncio.ensure_future(world.release(fate))
    await passes(world, lambda: bool(told(world, "health after")), HOUR)
    assert told(world, "health after")[0] == (
        "health after 1h of the watch, over 59m: v2 354000 requests, 0.4% errors (between 0.38% and 0.42%; "
        "v1 had 0.42%), p95 22ms (v1: 22ms); fired: error_rate > 0.3%: warn"
    )
    await answer(world, "otto", Ask.ABORT, reason="that is all")
    assert await running is Outcome.ROLLED_BACK


async def test_a_rule_that_fires_in_the_third_week_takes_the_release_back(watched):
    world = watched(watched_plan())
    running = await begun(world, lambda: len(told(world, "health after")) == 32)
    assert world.serves().name == "v2"
    world.users.failing["v2"] = 0.5
    assert await running is Outcome.ROLLED_BACK
    assert (world.shares(), world.serves().name, world.running()) == ({"v1": 100}, "v1", {"v1"})
    assert not world.events("release.sealed")


async def test_what_has_begun_is_looked_at_again_as_soon_as_the_rule_may_fire(watched):
    rules = (Rule(above("error_rate", 10.0, "error_rate > 10% for 5m", 300.0), Action(Do.ROLL_BACK)),)
    world = watched(replace(watched_plan(), rules=rules, compare=UNCOMPARED))
    running = await begun(world, lambda: len(told(world, "health after")) == 33)
    world.users.failing["v2"] = 0.5
    assert await running is Outcome.ROLLED_BACK
    *_, before, first, last = (seen.at for seen in world.seen() if seen.at <= world.ledger.find("r1", "called-back").at)
    assert (first - before, last - first) == (DAY, 300.0)


async def test_what_served_before_is_started_again_where_it_does_not_run_any_more(watched):
    world = watched(watched_plan())
    running = await begun(world)
    [v1] = [each.version for each in world.targets["web"]._running.values() if each.version.name == "v1"]
    await world.targets["web"].stop(v1)
    await answer(world, "lea", Ask.ABORT, reason="users complain")
    assert await running is Outcome.ROLLED_BACK
    assert (world.shares(), world.running()) == ({"v1": 100}, {"v1"})


async def test_once_it_is_sealed_abort_is_refused_and_names_what_there_is_instead(watched):
    world = watched(watched_plan())
    fate = Moments()
    fate.when["after release.sealed"] = lambda: world.ask(Ask.ABORT, reason="late")
    assert await world.release(fate) is Outcome.RELEASED
    assert world.answer() == (
        "it is over: the release is sealed; "
        "what served before comes back with flight rollback --to VERSION --reason TEXT"
    )
    assert world.serves().name == "v2"


async def test_a_sign_off_falls_due_at_its_time_and_each_item_is_signed_by_itself(watched):
    world = watched(signed_after_a_day())
    running = await begun(world, lambda: len(world.events("question.asked")) == 2)
    [began] = [e.at for e in world.ledger.entries("r1") if e.event.kind == "watch.started"]
    asked = [e for e in world.ledger.entries("r1") if e.event.kind == "question.asked"]
    assert [each.at - began for each in asked] == [DAY, DAY]
    says = asked[0].event.data["says"]
    assert says == f"{CALM}: due 1d after the release, waits for the signature of release-manager"
    assert await answer(world, "lea", item=CALM) == (
        "lea is not release-manager in team.yaml; who can answer: release-manager: otto"
    )
    assert await answer(world, "otto", item=CALM) == f"approved: {CALM}"
    assert await answer(world, "otto", item=CONTENT, reason="asked five of them") == f"approved: {CONTENT}"
    assert await running is Outcome.RELEASED
    assert [each["item"] for each in world.events("watch.signed")] == [CALM, CONTENT]
    assert world.events("release.sealed")[0]["how"] == "as agreed"


async def test_a_sign_off_that_is_never_given_is_reminded_of_and_waited_for_while_the_rules_stand(watched):
    world = watched(signed_after_a_day())
    running = await begun(world, lambda: bool(world.events("watch.ended")))
    await world.clock.sleep(2 * WEEK)
    assert not running.done()
    reminders = [text for text in told(world, CONTENT) if "it has waited" in text]
    assert len(reminders) == len(set(reminders)) == 41
    world.users.failing["v2"] = 0.5
    assert await running is Outcome.ROLLED_BACK


async def refused(world):
    running = await begun(world, lambda: len(world.events("question.asked")) == 2)
    await answer(world, "otto", item=CALM)
    await answer(world, "otto", Ask.REJECT, item=CONTENT, reason="they find nothing any more")
    await passes(world, lambda: len(world.events("question.asked")) == 3)
    return running


async def test_a_sign_off_that_is_refused_is_told_at_once_and_asked_about_at_the_end(watched):
    world = watched(signed_after_a_day())
    running = await refused(world)
    refusal = f"{CONTENT}: refused by otto (release-manager): they find nothing any more"
    assert told(world, refusal) == [
        f"{refusal}; `flight abort` takes the release back, else it is asked about when the watch is over"
    ]
    assert world.events("question.asked")[2]["says"] == (
        f"the watch is over, and not everything is as agreed ({refusal}): approving seals the release all the same, "
        "rejecting takes it back"
    )
    await answer(world, "otto", Ask.REJECT, reason="not like this")
    assert await running is Outcome.ROLLED_BACK
    assert world.events("goback.started")[0]["why"] == (
        f"the watch did not go as agreed ({refusal}), and otto (release-manager): not like this decided"
    )


async def test_a_sign_off_that_is_refused_can_be_passed_over_by_who_may_sign(watched):
    world = watched(signed_after_a_day())
    running = await refused(world)
    await answer(world, "otto", reason="the next version helps")
    assert await running is Outcome.RELEASED
    [sealed] = world.events("release.sealed")
    assert (sealed["how"], sealed["by"]) == ("all the same", "otto")
    assert sealed["missing"] == [f"{CONTENT}: refused by otto (release-manager): they find nothing any more"]


@pytest.mark.parametrize(("says", "outcome"), [(Ask.APPROVE, Outcome.RELEASED), (Ask.ABORT, Outcome.ROLLED_BACK)])
async def test_criteria_that_are_missed_are_asked_about(watched, says, outcome):
    world = watched(replace(watched_plan(), compare=UNCOMPARED))
    running = await begun(world)
    world.users.failing["v2"] = 0.03
    await passes(world, lambda: bool(world.events("question.asked")))
    assert "error_rate of v2 is" in world.events("question.asked")[0]["says"]
    await answer(world, "lea", says, reason="so it is")
    assert await running is outcome


async def test_another_release_ends_the_watch_which_is_sealed_as_superseded(watched):
    world = watched(signed_after_a_day())
    running = await begun(world, lambda: len(world.events("question.asked")) == 2)
    await answer(world, "otto", item=CALM)
    assert await answer(world, "lea", Ask.SUPERSEDE, version="v3") == "the watch ends here"
    assert await running is Outcome.RELEASED
    [sealed] = world.events("release.sealed")
    assert (sealed["how"], sealed["by"], sealed["missing"]) == ("superseded", "v3", [CONTENT])
    assert world.shares() == {"v2": 100}


async def test_before_the_watch_no_other_release_ends_it(watched):
    world = watched(watched_plan())
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: world.events("stage.started"))
    assert (await answer(world, "lea", Ask.SUPERSEDE, version="v3")).startswith("the release is not in its watch")
    await answer(world, "lea", Ask.ABORT, reason="enough")
    assert await running is Outcome.ROLLED_BACK


@pytest.mark.slow
@pytest.mark.parametrize("moment", [7, 23, 41, 97, 160, 333])
async def test_a_crash_at_any_moment_loses_no_report_and_no_sign_off_and_doubles_none(watched, moment):
    shorter = replace(FOUR_WEEKS, lasts=3 * DAY - 2 * HOUR, reports=(Look(6 * HOUR),))
    agreed = watched_plan(shorter, SignOff(DAY, ("release-manager",), (CALM,)))

    world = watched(agreed)
    world.later(2 * DAY, lambda: world.inbox.send(Ask.APPROVE, "otto", {"item": CALM}))
    for _ in range(8):
        with suppress(Crash, BaseExceptionGroup):
            await world.release(Fate(dies_at=moment))
            break
    else:
        await world.release()
    assert world.events("release.ended")[0]["outcome"] == Outcome.RELEASED
    assert [each["until"] for each in world.events("health.reported")] == [n * 6 * HOUR for n in range(1, 12)]
    texts = told(world, "health after")
    assert len(texts) == len(set(texts)) == 11
    assert [each["item"] for each in world.events("watch.signed")] == [CALM]
    assert len(world.events("release.sealed")) == len(world.events("watch.started")) == 1
