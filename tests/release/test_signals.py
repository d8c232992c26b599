"""What a person may ask of a release, word for word, and what follows from it."""

import asyncio

import pytest

from flightrules.domain.outcome import Outcome
from flightrules.domain.plan import Action, Do, Rule
from flightrules.domain.signals import Answer, Ask, Question, Signal, Situation, answer
from tests.release.plans import STAGES, TOO_BAD, UNCOMPARED, above, command_check, plan, stage
from tests.release.watched import Moments, Watched

QUIET = Situation()
HOLDING = Situation(stage="quarter", visit="stages/2-quarter", earlier=("canary",))
FIRST = Situation(stage="canary", visit="stages/1-canary")
LAST = Situation(stage="full", visit="stages/3-full", earlier=("canary", "quarter"))
HELD = Situation(held="start/web/build/1/hold")
PAUSED = Situation(paused=True)
GOING_BACK = Situation(going_back=True)
STUCK_ON_THE_WAY_BACK = Situation(going_back=True, held="back/web/ready/1/hold")
CLOSING = Situation(going_back=True, closing=True)
ENDED = Situation(ended="released")

GOES_BACK = Answer(True, "the release goes back")
ALREADY = Answer(True, "the release is on its way back already")
NOT_NOW = Answer(False, "the release is on its way back; only `flight shutdown` can change that")
NO_STAGE = Answer(False, "there is no stage to promote at this moment; try again when one is holding")
NOTHING_TO_LEAVE = Answer(False, "there is no stage to step back from at this moment")
TOO_LATE = Answer(False, "it came too late: the release has ended already, released")
ANSWERS = [
    *((ask, now, GOES_BACK) for ask in (Ask.ABORT, Ask.ROLLBACK) for now in (QUIET, HOLDING, HELD, PAUSED)),
    *((ask, now, ALREADY) for ask in (Ask.ABORT, Ask.ROLLBACK) for now in (GOING_BACK, CLOSING)),
    *((Ask.SHUTDOWN, now, Answer(True, "the services are shut down")) for now in (QUIET, HOLDING, HELD, GOING_BACK)),
    (Ask.SHUTDOWN, CLOSING, Answer(True, "the services are being shut down already")),
    *((Ask.PAUSE, now, Answer(True, "paused: traffic stays as it is, the rules go on")) for now in (QUIET, HOLDING)),
    (Ask.PAUSE, PAUSED, Answer(True, "the release is paused already")),
    (Ask.RESUME, PAUSED, Answer(True, "the release goes on")),
    (Ask.RESUME, HELD, Answer(True, "tried again")),
    (Ask.RESUME, QUIET, Answer(False, "the release is neither paused nor held")),
    (Ask.RESUME, STUCK_ON_THE_WAY_BACK, Answer(True, "tried again")),
    (Ask.PROMOTE, HOLDING, Answer(True, "stage quarter is passed by decision of otto")),
    *((Ask.PROMOTE, now, NO_STAGE) for now in (QUIET, HELD, PAUSED)),
    (Ask.STEP_BACK, HOLDING, Answer(True, "the release steps back to canary")),
    (Ask.STEP_BACK, LAST, Answer(True, "the release steps back to quarter")),
    (Ask.STEP_BACK, QUIET, NOTHING_TO_LEAVE),
    (Ask.STEP_BACK, FIRST, Answer(False, "canary is the first stage; `flight abort` takes the release back")),
    *((ask, GOING_BACK, NOT_NOW) for ask in (Ask.PAUSE, Ask.RESUME, Ask.PROMOTE, Ask.STEP_BACK)),
    *((ask, ENDED, TOO_LATE) for ask in Ask),
]


@pytest.mark.parametrize(("ask", "now", "expected"), ANSWERS, ids=lambda value: str(value)[:40])
def test_every_answer_says_what_follows(ask, now, expected):
    assert answer(Signal(1, ask, "otto", 0.0), now) == expected


@pytest.mark.parametrize(
    ("typed", "done", "refused"),
    [
        ({}, "approved: Users content", "only qa can answer this: flight approve --as qa"),
        (
            {"typed": "sign"},
            "signed: Users content",
            "only qa can answer this: flight sign 'Users content' --as qa",
        ),
    ],
)
def test_who_signs_hears_of_a_signature_and_who_approves_of_an_approval(typed, done, refused):
    asked = Situation(questions=(Question("watch/signs/1", "Users content", {"qa": None}),))

    def said(role):
        signal = Signal(1, Ask.APPROVE, "otto", 0.0, {"item": "Users content", "role": role, **typed})
        return answer(signal, asked).text

    assert said("qa") == done
    assert said("dev") == refused


def test_a_step_back_goes_to_the_stage_that_was_named():
    asked = Signal(1, Ask.STEP_BACK, "otto", 0.0, {"to": "canary"})
    assert answer(asked, LAST) == Answer(True, "the release steps back to canary")


@pytest.mark.parametrize("to", ["full", "unknown"])
def test_a_step_back_to_a_stage_that_is_not_before_this_one_names_those_that_are(to):
    asked = Signal(1, Ask.STEP_BACK, "otto", 0.0, {"to": to})
    expected = f"{to} is not a stage before full; there are: canary, quarter"
    assert answer(asked, LAST) == Answer(False, expected)


async def holding(world: Watched, share: float, fate: Moments | None = None) -> asyncio.Future[Outcome]:
    running = asyncio.ensure_future(world.release(fate))
    await world.until(lambda: world.candidate_share() == share)
    return running


async def asked(world: Watched, ask: Ask, **arguments) -> str:
    world.ask(ask, **arguments)
    await world.settle()
    return world.answer()


def visited(world: Watched) -> list[str]:
    return [event["stage"] for event in world.events("stage.started")]


async def test_a_promotion_passes_the_stage_at_once_and_no_other_one(watched):
    world = watched(plan())
    running = await holding(world, 5)
    before = world.clock.now()
    assert await asked(world, Ask.PROMOTE) == "stage canary is passed by decision of otto"
    assert world.candidate_share() == 25
    assert world.clock.now() == before
    assert await running is Outcome.RELEASED
    assert [event["seconds"] >= 60 for event in world.events("stage.ended")] == [False, True, True]


async def test_of_two_decisions_at_once_the_first_one_counts_and_the_second_one_is_told_so(watched):
    world = watched(plan())
    running = await holding(world, 25)
    first, second = world.ask(Ask.PROMOTE), world.ask(Ask.STEP_BACK)
    await world.settle()
    assert world.inbox.answers[first] == "stage quarter is passed by decision of otto"
    assert world.inbox.answers[second] == "there is no stage to step back from at this moment"
    assert await running is Outcome.RELEASED
    assert visited(world) == ["canary", "quarter", "full"]


async def test_a_promotion_right_at_the_end_of_the_hold_is_answered_truly(watched):
    """Whichever comes first, the answer is what happened: no stage is skipped, and none is passed twice."""
    for early in range(4):
        world = watched(plan())
        world.later(60 - early * 0.001, lambda world=world: world.ask(Ask.PROMOTE))
        assert await world.release() is Outcome.RELEASED
        assert visited(world) == ["canary", "quarter", "full"]
        [first, *_] = world.events("stage.ended")
        taken = world.answer() == "stage canary is passed by decision of otto"
        assert first["by_person"] is taken
        assert taken or [event["by_person"] for event in world.events("stage.ended")].count(True) <= 1


async def test_a_step_back_visits_the_stage_before_again_and_holds_it_anew(watched):
    world = watched(plan())
    running = await holding(world, 25)
    assert await asked(world, Ask.STEP_BACK) == "the release steps back to canary"
    assert world.candidate_share() == 5
    assert await running is Outcome.RELEASED
    assert visited(world) == ["canary", "quarter", "canary", "quarter", "full"]
    assert [round(event["seconds"]) for event in world.events("stage.ended")][2:] == [60, 60, 60]


async def test_a_step_back_over_two_stages_goes_where_it_was_told(watched):
    world = watched(plan())
    running = await holding(world, 100)
    assert await asked(world, Ask.STEP_BACK, to="canary") == "the release steps back to canary"
    assert world.candidate_share() == 5
    assert await running is Outcome.RELEASED
    assert visited(world) == ["canary", "quarter", "full", "canary", "quarter", "full"]


async def test_a_step_back_to_no_such_stage_changes_nothing(watched):
    world = watched(plan())
    running = await holding(world, 25)
    answered = await asked(world, Ask.STEP_BACK, to="moon")
    assert answered == "moon is not a stage before quarter; there are: canary"
    assert await running is Outcome.RELEASED
    assert visited(world) == ["canary", "quarter", "full"]


async def test_a_person_may_step_back_as_often_as_they_like(watched):
    world = watched(plan())
    running = await holding(world, 25)
    for _ in range(3):
        assert await asked(world, Ask.STEP_BACK) == "the release steps back to canary"
        await world.until(lambda: world.candidate_share() == 25)
    assert await running is Outcome.RELEASED


async def test_a_stage_that_a_person_left_still_has_the_step_back_of_the_plan(watched):
    """Only a stage that failed has used up its step back."""
    steps = (STAGES[0], stage("quarter", 25, on_fail=Action(Do.STEP_BACK, "canary")), STAGES[2])
    world = watched(plan(stages=steps, rules=(), compare=UNCOMPARED))
    running = await holding(world, 25)
    await asked(world, Ask.STEP_BACK)
    await world.until(lambda: world.candidate_share() == 25)
    world.users.failing["v2"] = 0.04
    await world.until(lambda: world.candidate_share() == 5)
    world.users.failing.clear()
    assert await running is Outcome.RELEASED
    assert visited(world) == ["canary", "quarter", "canary", "quarter", "canary", "quarter", "full"]


async def test_a_pause_stops_the_hold_and_resuming_lets_it_go_on_where_it_was(watched):
    world = watched(plan(stages=STAGES[2:]))
    running = await holding(world, 100)
    await world.clock.sleep(31)
    assert await asked(world, Ask.PAUSE) == "paused: traffic stays as it is, the rules go on"
    await world.clock.sleep(600)
    assert await asked(world, Ask.RESUME) == "the release goes on"
    resumed = world.clock.now()
    assert await running is Outcome.RELEASED
    assert 25 <= world.clock.now() - resumed <= 35


@pytest.mark.parametrize("step", ["start/web/tidy", "start/web/build", "stages/1-canary/hold"])
async def test_while_paused_traffic_stays_as_it_is_wherever_the_release_was(watched, step):
    world, fate = watched(plan()), Moments()
    shares: list[dict[str, float]] = []
    fate.when[f"after {step}/1"] = lambda: shares.append(world.shares()) or world.ask(Ask.PAUSE)
    running = asyncio.ensure_future(world.release(fate))
    await world.until(lambda: world.answer() is not None)
    await world.clock.sleep(3600)
    assert [world.shares()] == shares
    assert await asked(world, Ask.RESUME) == "the release goes on"
    assert await running is Outcome.RELEASED


async def test_the_rules_go_on_while_paused(watched):
    world = watched(plan())
    running = await holding(world, 5)
    await asked(world, Ask.PAUSE)
    world.users.failing["v2"] = 0.5
    assert await running is Outcome.ROLLED_BACK
    assert world.shares() == {"v1": 100}


async def test_pausing_twice_needs_one_resume(watched):
    world = watched(plan())
    running = await holding(world, 5)
    await asked(world, Ask.PAUSE)
    assert await asked(world, Ask.PAUSE) == "the release is paused already"
    assert await asked(world, Ask.RESUME) == "the release goes on"
    assert await running is Outcome.RELEASED
    assert world.kinds().count("release.paused") == 1


async def test_a_pause_and_a_resume_at_once_leave_the_release_going(watched):
    world = watched(plan())
    running = await holding(world, 5)
    world.ask(Ask.PAUSE)
    world.ask(Ask.RESUME)
    assert await running is Outcome.RELEASED
    assert [k for k in world.kinds() if k in ("release.paused", "release.resumed")] == [
        "release.paused",
        "release.resumed",
    ]


async def test_one_resume_ends_a_hold_and_a_pause_alike(watched):
    world, fate = watched(plan()), Moments()
    fate.when["after stages/1-canary/hold/1"] = lambda: world.targets["web"].sicken("v2")
    running = asyncio.ensure_future(world.release(fate))
    await world.until(lambda: "release.held" in world.kinds())
    await asked(world, Ask.PAUSE)
    world.targets["web"].heal("v2")
    assert await asked(world, Ask.RESUME) == "tried again"
    assert await running is Outcome.RELEASED


async def test_an_abort_outranks_what_was_asked_before_it(watched):
    world = watched(plan())
    running = await holding(world, 25)
    numbers = [world.ask(ask) for ask in (Ask.PAUSE, Ask.PROMOTE, Ask.ABORT, Ask.RESUME)]
    assert await running is Outcome.ROLLED_BACK
    assert [world.inbox.answers[number] for number in numbers] == [
        "paused: traffic stays as it is, the rules go on",
        "stage quarter is passed by decision of otto",
        "the release goes back",
        "the release is on its way back; only `flight shutdown` can change that",
    ]
    assert all(effect.shares.get("v2", 0) <= 25 for effect in world.shifts())


async def test_a_second_abort_is_accepted_and_changes_nothing(watched):
    world = watched(plan())
    running = await holding(world, 25)
    first, second = world.ask(Ask.ABORT, reason="one"), world.ask(Ask.ABORT, reason="two")
    assert await running is Outcome.ROLLED_BACK
    assert world.inbox.answers[first] == "the release goes back"
    assert world.inbox.answers[second] == "the release is on its way back already"
    [called] = world.events("release.called_back")
    assert called["failure"]["what"] == "otto called the release back: one"


@pytest.mark.parametrize(
    ("ask", "outcome"), [(Ask.ABORT, Outcome.ROLLED_BACK), (Ask.SHUTDOWN, Outcome.CLOSED)], ids=str
)
async def test_a_person_outranks_a_rule_that_fires_at_the_same_look(watched, ask, outcome):
    """The rule asks for a shutdown or a way back; what the person asked for happens, and the reason is theirs."""
    world, fate = watched(plan()), Moments()
    world.users.failing["v2"] = 0.5
    fate.when["before rule.fired"] = lambda: world.ask(ask, reason="I saw it too")
    assert await world.release(fate) is outcome
    failed = [event["error"]["what"] for event in world.events("step.failed")]
    assert "I saw it too" in failed[0] or "I saw it too" in world.events("release.called_back")[-1]["failure"]["what"]
    assert "the release goes back" in world.answer() or "shut down" in world.answer()


async def test_a_rule_that_steps_back_and_a_promotion_at_the_same_look_lead_to_one_decision(watched):
    back = Rule(above("error_rate", 3.0, "error_rate > 3%"), Action(Do.STEP_BACK, "canary"))
    world, fate = watched(plan(rules=(back, TOO_BAD))), Moments()
    running = await holding(world, 25, fate)
    fate.when["after rule.fired"] = lambda: world.ask(Ask.PROMOTE)
    world.users.failing["v2"] = 0.05
    await world.until(lambda: "rule.fired" in world.kinds())
    await world.settle()
    world.users.failing.clear()
    assert world.answer() == "there is no stage to promote at this moment; try again when one is holding"
    assert await running is Outcome.RELEASED
    assert visited(world)[:3] == ["canary", "quarter", "canary"]


async def test_what_was_asked_while_flight_was_dead_is_taken_when_it_is_back(watched):
    for ask, share in ((Ask.PROMOTE, 100), (Ask.STEP_BACK, 5)):
        world, fate = watched(plan()), Moments()
        running = await holding(world, 25, fate)
        running.cancel()
        await asyncio.wait([running])
        world.ask(ask)
        running = asyncio.ensure_future(world.release())
        await world.settle()
        assert world.candidate_share() == share
        assert await running is Outcome.RELEASED


async def test_after_the_last_stage_was_promoted_a_rule_that_would_step_back_takes_the_release_back(watched):
    """There is no stage left to step back to, also where a person had to say that the last one has passed."""
    asking = (STAGES[0], stage("full", 100, on_fail=Action(Do.PAUSE)))
    back = Rule(above("error_rate", 10.0, "error_rate > 10%"), Action(Do.STEP_BACK, "canary"))
    check = command_check("Orders can be listed", "check orders", 900.0)
    world = watched(plan(stages=asking, rules=(back,), verify=(check,)))
    world.commands.endless.add("check orders")
    running = await holding(world, 100)
    world.users.failing["v2"] = 0.04
    await world.until(lambda: any("failed" in notice.text for notice in world.notifier.told))
    assert await asked(world, Ask.PROMOTE) == "stage full is passed by decision of otto"
    world.users.failing["v2"] = 0.5
    assert await running is Outcome.ROLLED_BACK
