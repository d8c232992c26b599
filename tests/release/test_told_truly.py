"""Whoever decided, and whatever came in between: the stages, the ending and the report say who it was and why."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from flightrules.cli.accompany import How
from flightrules.cli.driving import Went
from flightrules.cli.ending import words
from flightrules.domain.plan import Action, Do, Plan, Rule
from flightrules.domain.signals import Ask
from flightrules.report.gathering import gather
from flightrules.state.checkpoints import Checkpoints
from flightrules.state.increments import Increments
from flightrules.state.observations import Observations
from flightrules.state.releases import RELEASE, ROLLBACK, SHUTDOWN, Release
from flightrules.testing.fake_durable import Crash, Fate
from flightrules.testing.scenario import Scenario
from flightrules.views.following import Following
from tests.release.plans import STAGES, above, command_check, plan, stage

TOO_MUCH = "error_rate of v2 is 48% (12 of 25 requests), above the limit of 10%"
UNCERTAIN = "; underpowered"
"""What follows is said by the comparison, and is about how much it knows."""

A_LITTLE = "error_rate of v2 is 4% (12 of 300 requests), not below the limit of 1% over 1m"


def ruled(do: Do, to: str | None = None) -> Plan:
    return plan(rules=(Rule(above("error_rate", 10.0, "error_rate > 10%"), Action(do, to)),))


def asks(at: float, ask: Ask, **more: str) -> Callable[[Scenario], object]:
    return lambda world: world.later(at, lambda: world.inbox.send(ask, "anna", {"reason": "orders look wrong", **more}))


def fails(share: float) -> Callable[[Scenario], object]:
    return lambda world: world.users.failing.update(v2=share)


def both_fail(share: float) -> Callable[[Scenario], object]:
    """No version is worse than the other: only a limit of the plan can tell."""
    return lambda world: world.users.failing.update(v1=share, v2=share)


def both(*acts: Callable[[Scenario], object]) -> Callable[[Scenario], object]:
    return lambda world: [act(world) for act in acts]


ASKING = plan(stages=[stage("canary", 5, on_fail=Action(Do.PAUSE)), STAGES[2]])
CHECKED = plan(stages=STAGES[2:], verify=(command_check("orders", "check orders", 60.0),))


@dataclass(frozen=True)
class Case:
    """What happens, and what is said: of the stages in the view, in the report, at the end, and what decided."""

    plan: Plan
    happens: Callable[[Scenario], object]
    stages: list[str]
    report: list[str]
    decided: str
    ending: str
    story: str = RELEASE


CASES = {
    "a rule": Case(
        plan(), fails(0.5), [f"called back None: {TOO_MUCH}", "skipped None: ", "skipped None: "],
        [f"called back: {TOO_MUCH}"], f"rule error_rate > 10%: roll back: {TOO_MUCH}",
        f"v2 was called back, v1 has all the traffic again: {TOO_MUCH}.",
    ),
    "a rule that shuts down": Case(
        ruled(Do.SHUT_DOWN), fails(0.5), [f"called back None: {TOO_MUCH}", "skipped None: ", "skipped None: "],
        [f"shut down: {TOO_MUCH}"], f"rule error_rate > 10%: shut down: {TOO_MUCH}",
        f"The services are shut down, users see the plan's page: {TOO_MUCH}.",
    ),
    "the conditions of a stage": Case(
        plan(), both_fail(0.05), [f"failed fail: {A_LITTLE}", "skipped None: ", "skipped None: "],
        [f"fail: {A_LITTLE}"], f"stage canary failed: {A_LITTLE}",
        f"v2 was called back, v1 has all the traffic again: stage canary failed: {A_LITTLE}.",
    ),
    "a person who aborts": Case(
        plan(), asks(20, Ask.ABORT),
        ["called back None: anna called the release back: orders look wrong", "skipped None: ", "skipped None: "],
        ["called back: anna called the release back: orders look wrong"],
        "anna called the release back: orders look wrong",
        "v2 was called back, v1 has all the traffic again: anna called the release back: orders look wrong.",
    ),
    "a person who shuts down": Case(
        plan(), asks(20, Ask.SHUTDOWN),
        ["called back None: anna shut the services down: orders look wrong", "skipped None: ", "skipped None: "],
        ["shut down: anna shut the services down: orders look wrong"],
        "anna shut the services down: orders look wrong",
        "The services are shut down, users see the plan's page: anna shut the services down: orders look wrong.",
    ),
    "a person who steps back, and aborts": Case(
        plan(), both(asks(80, Ask.STEP_BACK), asks(90, Ask.ABORT)),
        ["called back None: anna called the release back: orders look wrong",
         "stepped back None: stepped back by anna: orders look wrong", "skipped None: "],
        ["pass: error_rate of v2 is 0% (0 of 300 requests), below the limit of 1% over 1m",
         "stepped back: stepped back by anna: orders look wrong",
         "called back: anna called the release back: orders look wrong"],
        "anna called the release back: orders look wrong",
        "v2 was called back, v1 has all the traffic again: anna called the release back: orders look wrong.",
    ),
    "a person who promotes": Case(
        plan(stages=STAGES[2:]), asks(20, Ask.PROMOTE), ["passed None: promoted by anna: orders look wrong"],
        ["promoted: promoted by anna: orders look wrong"], "full: promoted by anna: orders look wrong",
        "v2 is in service, after 20s.",
    ),
    "a person who promotes what failed": Case(
        ASKING, both(both_fail(0.05), lambda world: world.later(70, world.users.failing.clear), asks(100, Ask.PROMOTE)),
        [f"passed fail: {A_LITTLE}; promoted by anna: orders look wrong",
         "passed pass: error_rate of v2 is 0% (0 of 6000 requests), below the limit of 1% over 1m"],
        [f"fail: {A_LITTLE}; promoted by anna: orders look wrong",
         "pass: error_rate of v2 is 0% (0 of 6000 requests), below the limit of 1% over 1m"],
        "full: error_rate of v2 is 0% (0 of 6000 requests), below the limit of 1% over 1m",
        "v2 is in service, after 2m 40s.",
    ),
    "a person who aborts what failed": Case(
        ASKING, both(both_fail(0.05), asks(100, Ask.ABORT)), [f"failed fail: {A_LITTLE}", "skipped None: "],
        [f"fail: {A_LITTLE}"], "anna called the release back: orders look wrong",
        "v2 was called back, v1 has all the traffic again: anna called the release back: orders look wrong.",
    ),
    "a verification": Case(
        CHECKED, lambda world: world.commands.failing.update({"check orders": 1}),
        ["passed pass: error_rate of v2 is 0% (0 of 6000 requests), below the limit of 1% over 1m"],
        ["pass: error_rate of v2 is 0% (0 of 6000 requests), below the limit of 1% over 1m"],
        "the verification failed: orders: exit status 1",
        "v2 was called back, v1 has all the traffic again: the verification failed: orders: exit status 1.",
    ),
    "a person who goes back later": Case(
        plan(), lambda world: None, [], [], "anna asked for it: a test wants it",
        "Back at v1, after 0s: a test wants it.", ROLLBACK,
    ),
    "a person who shuts down later": Case(
        plan(), lambda world: None, [], [], "anna shut the services down: a test wants it",
        "The services are shut down, users see the plan's page: anna shut the services down: a test wants it.",
        SHUTDOWN,
    ),
}  # fmt: skip


async def flown(tmp_path, case: Case, fate: Fate) -> tuple[Scenario, Release]:
    """Carry it out, from a crash on where fate has one."""
    world = Scenario(tmp_path, case.plan)
    case.happens(world)
    await world.given_stable()
    names = {"candidate": "v2", "stable": "v1"}
    versions = {part: vars(await world.targets["web"].identify(name)) for part, name in names.items()}
    arguments = {"services": {"web": versions}, "reason": "" if case.story == RELEASE else "a test wants it"}
    world.releases.create(Release(world.id, case.story, "shop", "", "", "anna", arguments))
    try:
        outcome = await world.release(fate, case.story)
    except Crash:
        outcome = await world.release(story=case.story)
    world.releases.finish(world.id, str(outcome))
    return world, world.releases.get(world.id)


def told(world: Scenario, release: Release, the_plan: Plan) -> tuple[list[str], list[str], str, str]:
    observations = Observations(world.state)
    nobody = SimpleNamespace(holder=lambda: None)
    records = SimpleNamespace(
        ledger=world.ledger, observations=observations, increments=Increments(world.state),
        checkpoints=Checkpoints(world.state), lease=nobody,
        state=world.state,
    )  # fmt: skip
    view = Following(records, the_plan, release).view()
    report = gather(release, world.ledger.entries(release=release.id), observations.of(release.id), the_plan)
    return (
        [f"{each.status} {each.verdict}: {each.says.partition(UNCERTAIN)[0]}" for each in view.stages],
        [f"{each.verdict}: {each.says.partition(UNCERTAIN)[0]}" for each in report.stages],
        report.decided,
        next(words(Went(How.ENDED, view))),
    )


@pytest.mark.parametrize("who", CASES)
async def test_it_is_said_who_decided_and_why(tmp_path, who):
    case = CASES[who]
    world, release = await flown(tmp_path, case, Fate())
    assert told(world, release, case.plan) == (case.stages, case.report, case.decided, case.ending)
    world.state.close()


MOMENTS = ("after release.called_back", "after stage.decided", "after signal.taken", "after stage.ended",
           "after goback.started", "before release.ended")  # fmt: skip


@pytest.mark.parametrize("who", CASES)
@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_crash_in_between_changes_no_word_of_it(tmp_path, who, moment):
    case, fate = CASES[who], Fate()

    def point(name: str) -> None:
        if name == moment:
            raise Crash(name)

    fate.point = point
    world, release = await flown(tmp_path, case, fate)
    stages, report, decided, _ = told(world, release, case.plan)
    assert (stages, report, decided) == (case.stages, case.report, case.decided)
    world.state.close()


async def test_no_part_of_the_way_back_is_longer_than_the_whole(tmp_path):
    world, release = await flown(tmp_path, CASES["the conditions of a stage"], Fate())
    (text,) = (e.text for e in gather(release, world.ledger.entries(release=release.id), ()).events
               if e.kind == "goback.ended")  # fmt: skip
    assert text == "back after 0s (ready 0s, shift 0s, drain 0s, stop 0s); before that: detect 1m, decide 0s"
    world.state.close()
