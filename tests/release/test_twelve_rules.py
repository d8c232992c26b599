"""The twelve rules of the design, each at least once by name (rule 5 in `test_databases`).

The generated sequences hold them all the time.
"""

import asyncio

import pytest
from typer.testing import CliRunner

from flightrules.checks import sign_off
from flightrules.cli.main import app
from flightrules.domain.checks import Check
from flightrules.domain.errors import Fenced, FlightError
from flightrules.domain.events import Event
from flightrules.domain.freezes import Freeze, Freezes
from flightrules.domain.outcome import Outcome
from flightrules.domain.people import Approval, Person, Team
from flightrules.domain.plan import Action, Do
from flightrules.domain.signals import Ask
from flightrules.domain.traffic import Share, Split
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.fake_metric_source import FakeMetricSource
from tests.plan_file.plans import SMALL
from tests.release import twelve
from tests.release.flying import SECRET
from tests.release.plans import STAGES, command_check, plan, stage
from tests.release.watched import Moments, Watched


async def released(world: Watched, fate: Moments | None = None) -> Outcome:
    """Release to the end, and hold every rule against what happened."""
    outcome = await world.release(fate)
    for rule in twelve.RULES:
        rule(world)
    twelve.the_end(world, outcome)
    return outcome


def test_rule_1_a_split_that_does_not_sum_to_100_cannot_be_made():
    with pytest.raises(FlightError) as refused:
        Split({"v1": Share.percent(95), "v2": Share.percent(4)})
    assert refused.value.what == "a split must sum to 100%, not to 99%"


async def test_rule_1_a_candidate_that_fell_ill_gets_no_larger_share(watched):
    world, fate = watched(), Moments()
    fate.when["after stages/1-canary/hold/1"] = lambda: world.targets["web"].sicken("v2")
    world.later(300, lambda: world.ask(Ask.ABORT))
    assert await released(world, fate) is Outcome.ROLLED_BACK
    assert [effect.shares.get("v2", 0) for effect in world.shifts()] == [0, 0, 5, 0, 0]


async def test_rule_1_stable_that_fell_ill_gets_nothing_back_before_it_is_well(watched):
    world, fate = watched(), Moments()
    fate.when["before back/web/ready/1"] = lambda: world.targets["web"].sicken("v1")
    world.users.failing["v2"] = 0.5
    world.later(300, lambda: world.targets["web"].heal("v1"))
    assert await released(world, fate) is Outcome.ROLLED_BACK
    assert world.clock.monotonic() >= 300


async def test_rule_2_abort_is_accepted_until_the_release_has_ended(watched):
    world, fate = watched(), Moments()
    fate.when["before in-service/web/1"] = lambda: world.ask(Ask.ABORT, reason="at the last moment")
    assert await released(world, fate) is Outcome.ROLLED_BACK


WAITING = {
    "paused": (plan(stages=STAGES[2:]), lambda world: world.later(10, lambda: world.ask(Ask.PAUSE))),
    "asked": (
        plan(stages=(stage("full", 100, on_fail=Action(Do.PAUSE)),), rules=()),
        lambda world: world.users.failing.update(v2=0.04),
    ),
    "held": (plan(stages=STAGES[::2]), lambda world: world.later(30, lambda: world.targets["web"].sicken("v2"))),
    "without data": (plan(stages=STAGES[2:]), lambda world: setattr(world.users, "per_second", 0)),
}


@pytest.mark.parametrize("waiting", WAITING)
async def test_rule_3_looks_go_on_while_the_release_waits_for_people(watched, waiting):
    the_plan, given = WAITING[waiting]
    world = watched(the_plan)
    given(world)
    running = asyncio.ensure_future(world.release())
    await world.clock.sleep(601)
    assert not running.done()
    looks = [seen.at for seen in world.seen() if seen.at > world.clock.now() - 300]
    assert len(looks) == 60, "one every 5 s"
    world.users.failing["v2"] = 0.5
    world.users.per_second = 100
    if the_plan.rules:
        assert await running is Outcome.ROLLED_BACK, "and the rules go on with them"
    else:
        running.cancel()


async def test_rule_4_the_way_back_has_an_order(watched):
    world = watched()
    world.users.failing["v2"] = 0.5
    assert await released(world) is Outcome.ROLLED_BACK
    back = [e["step"] for e in world.events("step.ended") if e["step"].startswith("back/")]
    assert back == [f"back/web/{step}" for step in ("ready", "shift", "in-service", "drain", "stop")]
    ways = [(effect.what, effect.version) for effect in world.journal][-3:]
    assert ways == [("shift", ""), ("stop", "v2"), ("shift", "")]


async def test_rule_6_what_no_rule_names_holds_the_release_and_people_are_told(watched):
    world, fate = watched(), Moments()
    broken = RuntimeError("the disk says no")
    fate.when["after stages/1-canary/hold/1"] = lambda: world.break_shifts("web", broken)
    running = asyncio.ensure_future(released(world, fate))
    await world.until(lambda: "release.held" in world.kinds())
    await world.clock.sleep(600)
    assert world.candidate_share() == 5
    [notice] = [notice for notice in world.notifier.told if notice.urgent]
    assert notice.text == "the release holds: RuntimeError: the disk says no"
    world.break_shifts("web", None)
    world.ask(Ask.RESUME)
    assert await running is Outcome.RELEASED


async def test_rule_6_a_check_that_breaks_is_told_in_its_own_words(watched):
    world = watched(plan(gates={"code": (command_check("Unit tests pass", "make test", 60.0),)}, stages=STAGES[2:]))
    run, world.commands.run = world.commands.run, _breaks
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: "release.held" in world.kinds())
    [held] = world.events("release.held")
    assert held["why"] == "OSError: no shell"
    world.commands.run = run
    world.ask(Ask.RESUME)
    assert await running is Outcome.RELEASED


async def _breaks(command):
    raise OSError("no shell")


async def test_rule_7_every_effect_lies_between_its_intent_and_its_result(watched):
    world = watched(plan("api", "web"))
    assert await released(world) is Outcome.RELEASED
    assert len(world.journal) > 12


@pytest.mark.parametrize("waiting", [Ask.PAUSE, None], ids=["paused", "holding"])
async def test_rule_8_a_process_that_lost_its_lease_takes_no_signal_and_stores_no_look(watched, waiting):
    """Another process would not hear of an abort that this one took, as long as it is in the middle of a hold."""
    world = watched()
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: world.candidate_share() == 5)
    if waiting is not None:
        world.ask(waiting)
        await world.settle()
    world.fence.lost = True
    entries, looks = world.ledger.head(), len(world.seen())
    number = world.ask(Ask.ABORT, reason="a test")
    with pytest.raises(Fenced):
        await running
    assert (world.ledger.head(), len(world.seen())) == (entries, looks)
    assert number not in world.inbox.answers

    world.fence = FakeFence(2)
    assert await world.release() is Outcome.ROLLED_BACK
    assert world.inbox.answers[number] == "the release goes back"


async def test_rule_8_a_process_that_lost_its_lease_sees_it_at_its_next_look(watched):
    world = watched()
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: world.candidate_share() == 5)
    world.fence.lost = True
    before = world.clock.now()
    with pytest.raises(Fenced):
        await running
    assert world.clock.now() - before <= 5


async def test_rule_9_a_secret_is_masked_wherever_it_turns_up(watched):
    """In a reason, in an error of the router, of a source, of a notifier, and of the watch itself."""
    world, fate = watched(), Moments()
    world.ledger.mask([SECRET])
    world.sources["memory"] = source = FakeMetricSource()
    source.breaks(ValueError(f"401 for {SECRET}"))
    fate.when["before stages/1-canary/shift/web/1"] = lambda: world.break_shifts("web", OSError(f"no {SECRET}"))
    running = asyncio.ensure_future(released(world, fate))
    await world.until(lambda: "release.held" in world.kinds())
    world.break_shifts("web", None)
    world.ask(Ask.ABORT, reason=f"it prints {SECRET}")
    assert await running is Outcome.ROLLED_BACK
    assert "the release holds: OSError: no ***" in [notice.text for notice in world.notifier.told]


@pytest.mark.parametrize("ask, outcome", [(Ask.ABORT, Outcome.ROLLED_BACK), (Ask.SHUTDOWN, Outcome.CLOSED)])
async def test_rule_10_a_freeze_that_begins_during_a_release_never_blocks_its_way_back(watched, ask, outcome):
    """Every other story in a freeze, and every way into one: tests/release/test_freeze.py."""
    freeze = Freeze(1_790_000_020.0, 1_790_900_000.0, "Holiday season")
    world = watched(plan(stages=STAGES[::2], freezes=Freezes((freeze,))))
    world.later(40, lambda: world.ask(ask, reason="it is bad"))
    assert await released(world) is outcome
    assert world.candidate_share() == 0


async def test_rule_11_who_asked_when_and_for_which_digest_is_on_record(watched):
    """What a person decides is recorded with all three; signatures and approvals: tests/release/test_people.py."""
    world = watched()
    world.later(10, lambda: world.ask(Ask.PROMOTE))
    assert await released(world) is Outcome.RELEASED
    [decided] = twelve.entries(world, "stage.decided")
    candidate = world.serves()
    assert (decided.event.actor, decided.event.version) == ("otto", candidate.digest)
    assert decided.at == 1_790_000_010.0


async def test_rule_11_a_signature_for_another_digest_is_none_and_nobody_approves_their_own_release(watched):
    team = Team((Person("anna", "anna", "Anna"), Person("otto", "otto", "Otto")), {"qa": ("anna", "otto")})
    users = Check("Users content", "sign_off", sign_off.Options(sign_off="qa"), sign_off.WITHIN)
    own = Approval(("qa",), not_author=True)
    world = watched(plan(gates={"people": (users,)}, approvals=(own,), team=team, stages=STAGES[2:]))
    said = {"item": users.name, "by": "otto", "role": "qa", "reason": ""}
    world.ledger.append(Event("signature.given", "", said, actor="otto", version="another-digest"))
    running = asyncio.ensure_future(world.release())  # anna begins it
    assert (
        await answered(world, "anna", questions=1) == "approved: Users content"
    )  # the signature: that of otto does not count
    assert "who wrote or began the release cannot approve it" in await answered(world, "anna", questions=2)
    assert await answered(world, "otto", questions=2) == "approved"
    assert await running is Outcome.RELEASED
    assert {each["version"] for each in world.events("question.answered")} == {world.serves().digest}


async def answered(world: Watched, who: str, questions: int) -> str:
    """Wait until so many questions were asked, and return what `who` gets for saying yes."""
    await world.until(lambda: len(world.events("question.asked")) == questions)
    await world.settle()
    world.sent.append(world.inbox.send(Ask.APPROVE, who))
    await world.settle()
    return world.answer() or "nothing"


def test_rule_12_a_variable_that_is_not_set_ends_it_before_anything_is_touched(tmp_path):
    file = tmp_path / "flight.yaml"
    file.write_text(SMALL.replace("./serve", '"./serve ${NOT_SET_ANYWHERE}"'))
    at = {"FLIGHT_PLAN": str(file), "FLIGHT_STATE": str(tmp_path / ".flight")}
    result = CliRunner().invoke(app, ["run", "v1"], env=at)
    assert result.exit_code == 2
    assert "NOT_SET_ANYWHERE" in result.stderr
    assert "not set" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["flight.yaml"]


async def test_rule_12_without_anything_to_go_back_to_the_candidate_gets_nothing(watched):
    """Stable cannot serve: there would be no way back, so nothing goes forward either."""
    world = watched()
    await world.given_stable()
    world.targets["web"].sicken("v1")
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: "release.held" in world.kinds())
    assert [effect.what for effect in world.journal] == []
    world.ask(Ask.ABORT)
    world.targets["web"].heal("v1")
    assert await running is Outcome.ROLLED_BACK
