"""Severities: what happens by itself, who is asked, and what happens when nobody answers in time."""

import asyncio
from dataclasses import replace

import pytest

from flightrules.domain.outcome import Outcome
from flightrules.domain.people import Person, Team
from flightrules.domain.plan import Action, Do, Look, LookSchedule, Rule, Watch
from flightrules.domain.schedule import PhaseTime
from flightrules.domain.severities import AskPeople, Decision, Severity
from flightrules.domain.signals import Ask
from flightrules.testing.fake_durable import Crash, Fate
from tests.release.plans import STAGES as STRICT
from tests.release.plans import UNCOMPARED, above, below, plan
from tests.release.watched import Moments

MINUTE, DAY = 60.0, 86_400.0
LENIENT = {"passes": (below("error_rate", 90.0, "error_rate < 90%"),), "looks": LookSchedule((Look(15.0),))}
STAGES = tuple(replace(each, **LENIENT) for each in STRICT)
TEAM = Team(tuple(Person(each, each, each.title()) for each in ("otto", "lea")), {"on-call": ("otto",)})
ASKED = AskPeople(("on-call",))
AGREED = {
    "P1": Severity(Decision.ROLL_BACK),
    "P2": Severity(ASKED),
    "P3": Severity(ASKED, 30 * MINUTE),
    "P4": Severity(Decision.FIX_FORWARD),
}
BAND = {"P1": 10.0, "P2": 5.0, "P3": 2.0, "P4": 0.5}
RULES = tuple(
    Rule(above("error_rate", percent, f"error_rate > {percent:g}% for 30s", 30.0), Action(Do.SEVERITY, level))
    for level, percent in BAND.items()
)


def decided_by_severity(agreed=AGREED, rules=RULES, **more):
    return plan(
        **{"stages": STAGES[2:], "severities": agreed, "rules": rules, "team": TEAM, "compare": UNCOMPARED, **more}
    )


def failing(world, percent: float, after: str = "after stage.started") -> Fate:
    """Let that many of the candidate's requests fail from the first hold on."""
    fate = Moments()
    fate.when[after] = lambda: world.users.failing.update(v2=percent / 100)
    return fate


async def bad(world, percent: float):
    """Begin a release whose candidate fails so much; return it once a severity is declared."""
    running = asyncio.ensure_future(world.release(failing(world, percent)))
    await until(world, lambda: world.events("severity.declared"))
    await world.settle()
    return running


async def until(world, condition) -> None:
    """Let virtual time pass until `condition` holds."""
    for _ in range(3000):
        if condition():
            return
        await world.clock.sleep(5.0)
        await world.settle(20)
    raise AssertionError("it never came to that")


async def answer(world, who: str, ask: Ask = Ask.APPROVE, **arguments: str) -> str:
    world.sent.append(world.inbox.send(ask, who, arguments))
    await world.settle()
    return world.answer()


def told(world) -> list[str]:
    return [each["text"] for each in world.events("people.told")]


def why(world) -> str:
    [begun] = world.events("goback.started")
    return begun["why"]


async def test_the_worst_that_applies_decides_and_its_agreement_is_carried_out_at_once(watched):
    world = watched(decided_by_severity())
    assert await world.release(failing(world, 20)) is Outcome.ROLLED_BACK
    [declared] = world.events("severity.declared")
    assert (declared["level"], declared["follows"]) == ("P1", "roll back")
    assert why(world).startswith("P1: error_rate of v2 is ")
    assert not world.events("question.asked")


async def test_what_is_fixed_forward_is_told_put_on_record_and_nothing_else(watched):
    world = watched(decided_by_severity())
    assert await world.release(failing(world, 0.8)) is Outcome.RELEASED
    [declared], [ended] = world.events("severity.declared"), world.events("severity.ended")
    assert (declared["level"], ended["how"], ended["by"]) == ("P4", "fix forward", "")
    assert sum("the release goes on, to be mended in the next version" in text for text in told(world)) == 1


async def test_people_are_asked_and_without_an_answer_in_time_the_release_goes_back(watched):
    world = watched(decided_by_severity())
    running = await bad(world, 7)
    began = world.clock.now()
    [asked] = world.events("question.asked")
    assert asked["says"].startswith("P2: error_rate of v2 is ")
    assert asked["says"].endswith(
        "for 30s; approving lets the release go on, rejecting takes it back, "
        "and without an answer within 15m the release goes back"
    )
    assert (asked["who"], asked["otherwise"]) == ("on-call: Otto", "the release goes back")
    assert await running is Outcome.ROLLED_BACK
    decided = world.ledger.find("r1", "called-back")
    assert decided.at - began == pytest.approx(15 * MINUTE, abs=6)
    assert why(world).endswith("; nobody answered within 15m")
    assert len([text for text in told(world) if "it has waited" in text]) == 2
    detected = world.events("goback.started")[0]["detect_seconds"]
    assert detected == pytest.approx(15 * MINUTE + 45, abs=6)


async def test_what_follows_without_an_answer_is_as_agreed(watched):
    asked = replace(ASKED, within=60.0, otherwise=Decision.FIX_FORWARD)
    world = watched(decided_by_severity({**AGREED, "P2": Severity(asked)}))
    assert await (await bad(world, 7)) is Outcome.RELEASED
    [ended] = world.events("severity.ended")
    assert (ended["how"], ended["by"]) == ("fix forward", "")
    asked = replace(asked, otherwise=Decision.SHUT_DOWN)
    world = watched(decided_by_severity({**AGREED, "P2": Severity(asked)}))
    assert await (await bad(world, 7)) is Outcome.CLOSED


async def test_who_is_asked_may_keep_the_release_and_is_not_asked_again_about_the_same(watched):
    world = watched(decided_by_severity())
    running = await bad(world, 7)
    assert (await answer(world, "lea")) == "lea is not on-call in team.yaml; who can answer: on-call: otto"
    assert await answer(world, "otto", reason="a known bot") == "approved: P2"
    assert await running is Outcome.RELEASED
    [ended] = world.events("severity.ended")
    assert (ended["how"], ended["by"]) == ("kept", "otto (on-call): a known bot")
    assert len(world.events("question.asked")) == 1


async def test_who_rejects_takes_the_release_back(watched):
    world = watched(decided_by_severity())
    running = await bad(world, 7)
    assert await answer(world, "otto", Ask.REJECT, reason="checkout fails") == "rejected: P2"
    assert await running is Outcome.ROLLED_BACK
    assert why(world).endswith("for 30s; rejected by otto (on-call): checkout fails")


async def test_the_candidate_gets_no_more_traffic_while_it_is_undecided(watched):
    world = watched(decided_by_severity(stages=STAGES))
    running = await bad(world, 7)
    await world.clock.sleep(10 * MINUTE)
    assert (world.candidate_share(), world.events("stage.ended")) == (5, [])
    world.users.failing["v2"] = 0.0
    assert await answer(world, "otto") == "approved: P2"
    assert await running is Outcome.RELEASED


async def test_what_came_up_while_traffic_moved_is_decided_before_more_of_it_does(watched):
    world = watched(decided_by_severity(stages=STAGES))
    fate = Moments()
    fate.when["before stages/2-quarter/shift/web/1"] = lambda: world.ask(Ask.SEVERITY, level="P2", reason="odd mails")
    running = asyncio.ensure_future(world.release(fate))
    await until(world, lambda: world.events("question.asked"))
    await world.clock.sleep(5 * MINUTE)
    await world.settle()
    assert world.candidate_share() == 5
    assert await answer(world, "otto") == "approved: P2"
    assert await running is Outcome.RELEASED


async def test_nothing_is_promoted_while_it_is_undecided_but_a_step_back_is_taken(watched):
    world = watched(decided_by_severity(stages=STAGES))
    fate = Moments()
    fate.when["after stages/2-quarter/shift/web/1"] = lambda: world.users.failing.update(v2=0.07)
    running = asyncio.ensure_future(world.release(fate))
    await until(world, lambda: world.events("question.asked"))
    assert await answer(world, "otto", Ask.PROMOTE) == "P2 is not decided yet, and nothing is promoted before that"
    assert await answer(world, "otto", Ask.STEP_BACK) == "the release steps back to canary"
    await until(world, lambda: world.candidate_share() == 5)
    world.users.failing["v2"] = 0.0
    await world.settle()
    assert await answer(world, "otto") == "approved: P2"
    assert await running is Outcome.RELEASED


async def test_what_gets_better_while_it_is_watched_is_over(watched):
    world = watched(decided_by_severity())
    running = await bad(world, 3)
    [declared] = world.events("severity.declared")
    assert declared["follows"] == (
        "watched for 30m, if it is no better: on-call is asked, without an answer within 15m: roll back"
    )
    assert told(world)[-1].endswith(f"for 30s; {declared['follows']}")
    assert not world.events("question.asked")
    began = world.clock.now()
    await world.clock.sleep(10 * MINUTE)
    assert not world.events("severity.ended")
    world.users.failing["v2"] = 0.0
    await until(world, lambda: world.events("severity.ended"))
    assert 10 * MINUTE + 30 <= world.clock.now() - began < 12 * MINUTE
    assert world.events("severity.ended")[0]["how"] == "better"
    assert await running is Outcome.RELEASED
    assert sum("it has got better, and is over" in text for text in told(world)) == 1


async def test_what_is_no_better_after_its_time_is_asked_about(watched):
    world = watched(decided_by_severity())
    running = await bad(world, 3)
    began = world.clock.now()
    await until(world, lambda: world.events("question.asked"))
    assert world.clock.now() - began == pytest.approx(30 * MINUTE, abs=6)
    assert "; no better after 30m; approving lets" in world.events("question.asked")[0]["says"]
    assert await running is Outcome.ROLLED_BACK
    assert why(world).endswith("; no better after 30m; nobody answered within 15m")


async def test_what_flickers_is_not_better(watched):
    world = watched(decided_by_severity())
    running = await bad(world, 3)

    def flicker():
        world.users.failing["v2"] = 0.0 if world.users.failing["v2"] else 0.04
        if not world.events("question.asked"):
            world.later(20.0, flicker)

    flicker()
    await until(world, lambda: world.events("question.asked"))
    assert not world.events("severity.ended")
    assert await answer(world, "otto") == "approved: P3"
    assert await running is Outcome.RELEASED


async def test_silence_of_the_source_is_not_better(watched):
    world = watched(decided_by_severity())
    running = await bad(world, 3)
    world.users.failing["v2"] = 0.0
    world.users.silent.add("v2")
    await until(world, lambda: world.events("question.asked"))
    assert not world.events("severity.ended")
    world.users.silent.clear()
    assert await answer(world, "otto") == "approved: P3"
    assert await running is Outcome.RELEASED


async def test_what_gets_worse_takes_the_worse_path_at_once_also_while_people_are_asked(watched):
    world = watched(decided_by_severity())
    running = await bad(world, 3)
    world.users.failing["v2"] = 0.07
    await until(world, lambda: world.events("question.asked"))
    assert [each["level"] for each in world.events("severity.declared")] == ["P3", "P2"]
    began = world.clock.now()
    world.users.failing["v2"] = 0.3
    assert await running is Outcome.ROLLED_BACK
    assert [each["level"] for each in world.events("severity.declared")] == ["P3", "P2", "P1"]
    assert world.ledger.find("r1", "called-back").at - began < 2 * MINUTE
    assert why(world).startswith("P1: ")


async def test_what_is_milder_is_told_beside_what_is_undecided(watched):
    slow = Rule(above("p95", 0.5, "p95 > 500ms for 30s", 30.0), Action(Do.SEVERITY, "P3"))
    world = watched(decided_by_severity(rules=(*RULES, slow)))
    running = await bad(world, 7)
    assert not any("as well" in text for text in told(world))  # the milder bands of the same look say nothing new
    world.users.seconds["v2"] = 2.0
    await until(world, lambda: any(text.startswith("P3 as well: p95 of v2 is ") for text in told(world)))
    assert [each["level"] for each in world.events("severity.declared")] == ["P2"]
    assert await answer(world, "otto", Ask.REJECT) == "rejected: P2"
    assert await running is Outcome.ROLLED_BACK


async def test_the_same_severity_is_declared_again_after_it_was_over(watched):
    world = watched(decided_by_severity(stages=(replace(STAGES[2], hold=3600.0),)))
    running = await bad(world, 7)
    assert await answer(world, "otto") == "approved: P2"
    world.users.failing["v2"] = 0.0
    await world.clock.sleep(5 * MINUTE)
    world.users.failing["v2"] = 0.07
    await until(world, lambda: len(world.events("question.asked")) == 2)
    assert await answer(world, "otto", Ask.REJECT) == "rejected: P2"
    assert await running is Outcome.ROLLED_BACK


async def test_a_person_may_declare_one_and_only_a_person_may_end_it(watched):
    world = watched(decided_by_severity(rules=(), stages=(replace(STAGES[2], hold=3600.0),)))
    running = asyncio.ensure_future(world.release())
    await until(world, lambda: world.events("stage.started"))
    assert await answer(world, "lea", Ask.SEVERITY, level="P0") == (
        "the plan does not say what P0 means; it does for: P1, P2, P3, P4"
    )
    assert await answer(world, "lea", Ask.SEVERITY, level="P3", reason="mails of users") == (
        "P3 is declared: watched for 30m, if it is no better: on-call is asked, "
        "without an answer within 15m: roll back"
    )  # fmt: skip
    assert await answer(world, "otto", Ask.SEVERITY, level="P3") == "P3 is declared already"
    assert await answer(world, "otto", Ask.SEVERITY, level="P4") == "P3 is declared, and P4 is not worse"
    await until(world, lambda: world.events("question.asked"))
    assert world.events("question.asked")[0]["says"].startswith(
        "P3: declared by lea: mails of users; no better after 30m; approving"
    )
    assert (await answer(world, "otto", Ask.SEVERITY, level="P1", reason="orders are lost")).startswith(
        "P1 is declared"
    )
    assert await running is Outcome.ROLLED_BACK
    assert why(world) == "P1: declared by otto: orders are lost"
    assert world.ledger.last("r1", "severity.declared").event.actor == "otto"


async def test_before_there_is_a_candidate_with_traffic_none_is_declared(watched):
    world = watched(decided_by_severity())
    fate = Moments()
    fate.when["after step.started"] = lambda: world.ask(Ask.SEVERITY, level="P1")
    assert await world.release(fate) is Outcome.RELEASED
    assert world.answer() == (
        "no severity can be declared: the plan agrees on none, or there is no candidate with traffic yet; "
        "`flight abort` takes it back"
    )


LOOKS = LookSchedule((Look(60.0, 3600.0), Look(4 * 3600.0)))


async def test_in_the_watch_it_is_looked_at_every_minute_as_long_as_it_is_undecided(watched):
    world = watched(decided_by_severity(watch=Watch(DAY, LOOKS)))
    running = asyncio.ensure_future(world.release())
    while world.clock.now() < 1_790_000_000 + DAY / 2:
        await world.clock.sleep(3600.0)
        await world.settle(20)
    world.users.failing["v2"] = 0.03
    await until(world, lambda: world.events("severity.declared"))
    world.users.failing["v2"] = 0.0
    await until(world, lambda: world.events("severity.ended"))
    assert world.events("severity.ended")[0]["how"] == "better"
    assert await running is Outcome.RELEASED


async def test_nothing_is_sealed_while_it_is_undecided_and_a_version_that_mends_it_may_follow(watched):
    world = watched(decided_by_severity(watch=Watch(3600.0, LOOKS)))
    running = asyncio.ensure_future(world.release())
    await until(world, lambda: world.events("watch.started"))
    await world.clock.sleep(55 * MINUTE)
    world.users.failing["v2"] = 0.03
    await until(world, lambda: world.events("severity.declared"))
    await world.clock.sleep(20 * MINUTE)
    await world.settle()
    assert not world.events("release.sealed")
    assert await answer(world, "otto", Ask.SUPERSEDE, version="v3") == "the watch ends here"
    assert await running is Outcome.RELEASED
    [ended], [sealed] = world.events("severity.ended"), world.events("release.sealed")
    assert (ended["how"], ended["by"], sealed["how"]) == ("superseded", "v3", "superseded")


@pytest.mark.parametrize("level", ["P2", "P3"])
async def test_its_times_are_counted_from_the_record_after_a_crash(watched, level):
    world = watched(decided_by_severity())
    fate = failing(world, BAND[level] + 1)
    running = asyncio.ensure_future(world.release(fate))
    await until(world, lambda: world.events("severity.declared"))
    began = world.clock.now()
    await world.clock.sleep(10 * MINUTE)
    fate.dies_at = len(fate.passed) + 1
    with pytest.raises(Crash):
        await running
    world.clock.advance(3 * MINUTE)  # nobody drives it for a while
    assert await world.release() is Outcome.ROLLED_BACK
    agreed = {"P2": 15, "P3": 45}[level] * MINUTE
    assert world.ledger.find("r1", "called-back").at - began == pytest.approx(agreed, abs=6)
    assert len(world.events("severity.declared")) == len(world.events("question.asked")) == 1


async def test_an_answer_right_after_a_crash_is_heard(watched):
    world = watched(decided_by_severity())
    fate = failing(world, 7)
    running = asyncio.ensure_future(world.release(fate))
    await until(world, lambda: world.events("question.asked"))
    fate.dies_at = len(fate.passed) + 1
    with pytest.raises(Crash):
        await running
    world.sent.append(world.inbox.send(Ask.APPROVE, "lea", {}))
    running = asyncio.ensure_future(world.release())
    await until(world, lambda: world.answer() is not None)
    assert world.answer() == "lea is not on-call in team.yaml; who can answer: on-call: otto"
    assert await answer(world, "otto") == "approved: P2"
    assert await running is Outcome.RELEASED


@pytest.mark.slow
async def test_it_ends_the_same_way_wherever_the_process_dies(watched):
    counted = Fate()
    world = watched(decided_by_severity())
    world.users.failing["v2"] = 0.07
    assert await world.release(counted) is Outcome.ROLLED_BACK
    first = counted.passed.index("before severity.declared")
    for dies_at in range(first, first + 40, 3):
        world = watched(decided_by_severity())
        world.users.failing["v2"] = 0.07
        with pytest.raises(Crash):
            await world.release(Fate(dies_at))
        assert await world.release() is Outcome.ROLLED_BACK
        assert [each["level"] for each in world.events("severity.declared")] == ["P2"], dies_at
        assert len(world.events("question.asked")) == 1
        assert why(world).endswith("; nobody answered within 15m")


async def test_with_several_questions_open_an_answer_without_a_name_answers_none(watched):
    times = {STAGES[2].name: PhaseTime(STAGES[2].name, budget=1.0, ask="on-call")}
    world = watched(decided_by_severity(schedule=times))
    running = await bad(world, 7)
    await until(world, lambda: len(world.events("question.asked")) == 2)
    assert await answer(world, "otto") == f"which one? P2 · {STAGES[2].name}: name it, flight approve ITEM"
    assert await answer(world, "otto", Ask.REJECT, item="P2") == "rejected: P2"
    assert await running is Outcome.ROLLED_BACK
