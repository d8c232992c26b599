"""A simulated release decides what a real one does: the same readings, the same looks, the same words.

Each example is a list of what the sources read, slice by slice, and a plan. It is flown twice: by the phases of a
release, on fakes and a fake clock, and by the simulator.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flightrules.domain.asking_again import AskingAgain
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.observing import Answers
from flightrules.domain.plan import (
    Action,
    BaselineLimit,
    Comparison,
    Condition,
    Do,
    FixedLimit,
    Look,
    LookSchedule,
    Metric,
    Plan,
    Rule,
    Stage,
    Unit,
)
from flightrules.domain.signals import Ask
from flightrules.domain.terms import NotCompared
from flightrules.domain.traffic import Routes, Version
from flightrules.domain.verdict import (
    ALL,
    CANDIDATE,
    STABLE,
    TRAFFIC,
    Answer,
    Counters,
    Gauge,
    Histogram,
    Sample,
    Verdict,
)
from flightrules.ports.metric_source import Question
from flightrules.simulation.flight import Terms, fly
from flightrules.simulation.flown import End
from flightrules.simulation.judging import Judges
from flightrules.simulation.world import Exposure, NothingKnown
from flightrules.state.observations import Observations
from flightrules.testing.fake_durable import Fate
from flightrules.testing.fake_router import FakeRouter
from flightrules.testing.scenario import Scenario, UsedRouter
from tests.release.plans import GOOD, TOO_BAD, above, plan, stage

SLICE, SHIFT = 4.0, 0.5
"""Seconds of a slice of a script, and of a shift of traffic."""

BOUNDS = (0.1, 0.2, 0.4, float("inf"))
QUICK_FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None


@dataclass(frozen=True)
class Slice:
    """What happens at each version in one slice of time, and whether the two sources answer in it."""

    requests: tuple[int, int]
    bad: tuple[int, int]
    slow: tuple[int, int]
    memory: float
    router_answers: bool
    memory_answers: bool


class Script:
    """What the sources read, slice by slice; it begins when it is first read."""

    def __init__(self, slices: Sequence[Slice], versions: Mapping[str, Version]) -> None:
        self.begins: float | None = None
        self.versions = versions
        self._slices = tuple(slices)
        self._until = [tuple(slices[:number]) for number in range(len(slices) + 1)]

    @property
    def lasts(self) -> float:
        return SLICE * len(self._slices)

    def read(self, metric: str, moment: float) -> Sample:
        begins = self.begins = moment if self.begins is None else self.begins
        number = min(int((moment - begins) // SLICE), len(self._slices) - 1)
        now = self._slices[number]
        if not (now.router_answers if metric == TRAFFIC else now.memory_answers):
            raise SourceUnreachable("the source is down")
        if metric != TRAFFIC:
            return {ALL: Gauge(now.memory)}
        parts = enumerate((CANDIDATE, STABLE))
        return {self.versions[role].key: counted(self._until[number + 1], place) for place, role in parts}


def counted(slices: Sequence[Slice], of: int) -> Counters:
    requests = sum(each.requests[of] for each in slices)
    slow = sum(min(each.slow[of], each.requests[of]) for each in slices)
    bad = sum(min(each.bad[of], each.requests[of]) for each in slices)
    return Counters(requests, bad, Histogram(BOUNDS, (requests - slow, 0, slow, 0)))


class ScriptedSource:
    """A metric source of a release that reads the script."""

    def __init__(self, script: Script, metric: str, world: Scenario) -> None:
        self._script, self._metric, self._world = script, metric, world

    async def read(self, question: Question) -> Sample:
        if self._script.begins is None:  # when the script ends, a person calls the release back
            self._world.later(self._script.lasts - 0.01, lambda: self._world.inbox.send(Ask.ABORT))
        return self._script.read(self._metric, self._world.clock.now())


class ScriptedWorld:
    """The world of a simulated release that reads the same script."""

    def __init__(self, script: Script) -> None:
        assert script.begins is not None
        self.begins = script.begins
        self.versions = {"web": script.versions}
        self.looks: list[float] = []
        self._script = script
        self._again = {metric: AskingAgain() for metric in (TRAFFIC, "memory")}

    def look_at(self, due: float) -> float:
        return due

    def shifted_at(self, at: float, stage: Stage) -> float | None:
        return None

    def shift(self, at: float, stage: Stage) -> None: ...

    def answers(self, at: float) -> Answers:
        if at >= self.begins + self._script.lasts - 0.01:
            raise NothingKnown("the script ends here")
        self.looks.append(at - self.begins)
        return {("web", metric): self._answer(metric, at) for metric in self._again}

    def _answer(self, metric: str, at: float) -> Answer:
        again = self._again[metric]
        if again.left(at) > 0:
            return Answer({}, Verdict.UNREACHABLE, "the source is down; it is asked again later")
        try:
            sample = self._script.read(metric, at)
        except SourceUnreachable as error:
            again.failed(at)
            return Answer({}, Verdict.UNREACHABLE, error.what)
        again.answered()
        return Answer(sample)

    def exposure(self) -> Exposure:
        return Exposure({CANDIDATE: 0, STABLE: 0}, {CANDIDATE: 0, STABLE: 0})

    def trouble_since(self) -> float | None:
        return None


class SlowRouter(UsedRouter):
    """A router whose every shift takes half a second, so that the first look is taken before the first one is done."""

    async def set_split(self, routes: Routes) -> None:
        await self._clock.sleep(SHIFT)
        await super().set_split(routes)


class Slow(Scenario):
    def router(self, name: str, fate: Fate) -> FakeRouter:
        return SlowRouter(self.traffic[name], self.fence, self.users, self.clock, fate)


@dataclass(frozen=True)
class Decided:
    """What a release decided, in seconds since its first look: its looks, the rules that fired, the holds, the end."""

    looks: tuple[float, ...]
    fired: tuple[tuple[float, str, str], ...]
    holds: tuple[tuple[float, str, str, str], ...]
    end: tuple[str, str]


async def really(folder: Path, the_plan: Plan, slices: Sequence[Slice]) -> tuple[Decided, Script]:
    """Release as the phases do it."""
    world = Slow(folder, the_plan)
    try:
        target = world.targets["web"]
        script = Script(slices, {CANDIDATE: await target.identify("v2"), STABLE: await target.identify("v1")})
        world.sources = {metric: ScriptedSource(script, metric, world) for metric in (TRAFFIC, "memory")}
        await asyncio.wait_for(world.release(), 60)
        return decided_in(world, script), script
    finally:
        world.state.close()


def decided_in(world: Scenario, script: Script) -> Decided:
    assert script.begins is not None
    entries = [(e.at - script.begins, e.event) for e in world.ledger.entries(release=world.id)]
    back = next(((at, event.data["why"]) for at, event in entries if event.kind == "goback.started"), None)
    by_hand = any(event.kind == "signal.taken" for _, event in entries)
    until = back[0] if back else entries[-1][0]
    seen = (each.at - script.begins for each in Observations(world.state).of(world.id))
    end = ("undecided", "") if by_hand else ("rolled back", back[1]) if back else ("released", "")
    return Decided(
        looks=tuple(at for at in seen if at <= until),
        fired=tuple(
            (at, str(event.data["rule"]), str(event.data["says"]))
            for at, event in entries
            if event.kind == "rule.fired"
        ),
        holds=tuple(
            (at, str(event.data["stage"]), str(event.data["verdict"]), str(event.data["says"]))
            for at, event in entries
            if event.kind == "stage.ended"
        ),
        end=(str(end[0]), str(end[1])),
    )


def simulated(the_plan: Plan, script: Script) -> Decided:
    """Fly it in the simulator."""
    world = ScriptedWorld(script)
    went = fly(
        the_plan, world, Judges(the_plan, {}).all, Terms(start=0.0, shift=SHIFT, way_back=0.0, patience=float("inf"))
    )
    says = went.says if went.end is End.ROLLED_BACK else ""
    looks = dict.fromkeys(world.looks)  # the way back asks once more, for what it cost
    holds = [visit for visit in went.visits if visit.verdict in ("pass", "fail")]
    return Decided(
        looks=tuple(looks),
        fired=tuple((each.at, each.rule, each.says) for each in went.happenings if each.rule in LINES),
        holds=tuple((visit.left, visit.stage, visit.verdict, visit.says) for visit in holds),
        end=(went.end.value, says),
    )


RULES = (
    TOO_BAD,
    Rule(above("memory", 90.0, "memory > 90"), Action(Do.PAUSE)),
    Rule(above("error_rate", 2.0, "error_rate > 2% for 10s", 10.0), Action(Do.STEP_BACK, "canary")),
    Rule(Condition("p95", Comparison.ABOVE, BaselineLimit(2.0), 8.0, "p95 > 2x baseline for 8s"), Action(Do.ROLL_BACK)),
    Rule(above("error_rate", 1.0, "error_rate > 1%"), Action(Do.WARN)),
    Rule(above("memory", 80.0, "memory > 80"), Action(Do.STEP_BACK, "canary")),
)
LINES = {rule.text for rule in RULES}
FAST = Condition("memory", Comparison.BELOW, FixedLimit(80.0), text="memory < 80")
BACK, ASK, STEP = Action(Do.ROLL_BACK), Action(Do.PAUSE), Action(Do.STEP_BACK, "canary")


def a_plan(*fails: Action, rules: Sequence[Rule]) -> Plan:
    stages = (stage("canary", 5, 30.0, fails[0]), stage("quarter", 25, 30.0, fails[1]), stage("full", 100, 20.0))
    thinning = LookSchedule((Look(2.0, 9.0), Look(7.0)))
    stages = (replace(stages[0], passes=(GOOD, FAST), looks=thinning), *stages[1:])
    metric = Metric("memory", "fake", Unit.NUMBER)
    return plan(stages=stages, rules=rules, metrics=(metric,), compare=NotCompared("this is about the rules"))


FAILING = st.sampled_from([0, 0, 0, 0, 1, 1, 2, 5])
SLICES = st.builds(
    Slice,
    requests=st.tuples(st.sampled_from([0, 30, 100]), st.sampled_from([0, 100, 400])),
    bad=st.tuples(FAILING, FAILING),
    slow=st.tuples(st.sampled_from([0, 0, 2, 20]), st.sampled_from([0, 0, 30])),
    memory=st.sampled_from([40.0, 40.0, 40.0, 85.0, 95.0]),
    router_answers=st.sampled_from([True] * 9 + [False]),
    memory_answers=st.sampled_from([True] * 9 + [False]),
)
QUIET = Slice((100, 400), (0, 0), (0, 0), 40.0, True, True)
SCRIPTS = st.lists(st.one_of(st.just(QUIET), st.just(QUIET), SLICES), min_size=4, max_size=30)
PLANS = st.builds(
    lambda fails, rules: a_plan(*fails, rules=rules),
    st.tuples(st.sampled_from([BACK, ASK]), st.sampled_from([BACK, ASK, STEP])),
    st.lists(st.sampled_from(RULES), unique_by=lambda rule: rule.text, max_size=4),
)


def compared(the_plan: Plan, slices: Sequence[Slice]) -> tuple[Decided, Decided]:
    with tempfile.TemporaryDirectory(dir=QUICK_FOLDER) as folder:
        real, script = asyncio.run(really(Path(folder) / "state", the_plan, slices))
    return real, simulated(the_plan, script)


@pytest.mark.slow
@given(PLANS, SCRIPTS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_read_the_same_is_decided_at_the_same_look_in_the_same_words(
    the_plan: Plan, slices: list[Slice]
) -> None:
    real, flown = compared(the_plan, slices)
    assert flown == real


@pytest.mark.slow
def test_the_two_are_compared_over_releases_that_end_in_every_way() -> None:
    bad, asks = replace(QUIET, bad=(30, 0)), a_plan(ASK, BACK, rules=())
    ends = {
        compared(a_plan(BACK, BACK, rules=RULES), [QUIET] * 30)[1].end[0],
        compared(a_plan(BACK, BACK, rules=RULES), [QUIET] * 10 + [bad] * 20)[1].end[0],
        compared(asks, [bad] * 15)[1].end[0],
    }
    assert ends == {"released", "rolled back", "undecided"}
