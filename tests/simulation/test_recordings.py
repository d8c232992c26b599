"""A recording that is played back: to the same plan, to one with other shares, and beyond what it knows."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from flightrules.domain import observations
from flightrules.domain.plan import Look, LookSchedule, Plan
from flightrules.domain.traffic import Routes
from flightrules.domain.verdict import TRAFFIC, Counters, Histogram, Verdict
from flightrules.simulation import metric_range, recorded
from flightrules.simulation.flight import Terms
from flightrules.simulation.flown import End, Flown
from flightrules.simulation.recording import Recording, Span
from flightrules.simulation.simulation import Simulation
from flightrules.simulation.world import NothingKnown
from flightrules.state.observations import Observations
from flightrules.testing.fake_durable import Fate
from flightrules.testing.scenario import Scenario, UsedRouter
from tests.release.plans import UNCOMPARED, stage
from tests.release.plans import plan as a_plan
from tests.simulation.flights import HEAD, RULES, STAGES, plan

ENDLESS = (float("inf"),)
CANARY, GRADUATED, FULL = plan().stages


def counters(requests: int, bad: int = 0) -> Counters:
    return Counters(requests, bad, Histogram(ENDLESS, (requests,)))


def span(at: float, candidate: int, stable: int, *, bad: int = 0, share: float | None = 0.05) -> Span:
    return Span(at, {("web", "candidate"): counters(candidate, bad), ("web", "stable"): counters(stable)}, share=share)


def playback(*spans: Span):
    return Recording(spans, {}).world(plan(), 1)


def test_at_the_share_that_it_had_a_version_did_what_was_counted() -> None:
    world = playback(span(15, 50, 950, bad=1), span(30, 55, 940))
    world.shift(0.0, CANARY)
    world.answers(30.0)
    assert (world.exposure().requests, world.exposure().bad) == (
        {"candidate": 105, "stable": 1890},
        {"candidate": 1, "stable": 0},
    )


def test_at_another_share_counts_are_scaled_and_the_rate_of_errors_stays() -> None:
    world = playback(span(15, 50, 950, bad=5))
    world.shift(0.0, GRADUATED)
    world.answers(15.0)
    assert world.exposure().requests == {"candidate": 250, "stable": 750}
    assert world.exposure().bad["candidate"] == 25


def test_between_two_spans_a_part_of_the_later_one_has_happened() -> None:
    world = playback(span(10, 50, 950), span(20, 100, 900))
    world.shift(0.0, CANARY)
    world.answers(15.0)
    assert world.exposure().requests["candidate"] == 100


def test_a_look_close_to_one_that_was_recorded_is_that_one() -> None:
    world = playback(span(10, 50, 950), span(20, 100, 900))
    world.shift(0.0, CANARY)
    world.answers(19.2)
    assert world.exposure().requests["candidate"] == 150


def test_where_the_readings_end_nothing_is_known() -> None:
    world = playback(span(10, 50, 950))
    with pytest.raises(NothingKnown, match="the readings end 10s after they begin"):
        world.answers(12.0)


def test_a_version_that_had_no_traffic_then_is_not_guessed() -> None:
    world = playback(*(span(10.0 * number, 0, 1000, share=0.0) for number in range(1, 20)))
    world.shift(0.0, CANARY)
    with pytest.raises(NothingKnown, match="the readings have no traffic of candidate from here on"):
        world.answers(90.0)


def test_a_source_that_did_not_answer_does_not_answer() -> None:
    quiet = Span(10.0, silent=frozenset({("web", TRAFFIC), ("web", "memory")}))
    answers = playback(quiet).answers(10.0)
    assert {answer.missing for answer in answers.values()} == {Verdict.UNREACHABLE}


def flown(recording: Recording, text: str = HEAD + STAGES + RULES) -> Flown:
    return Simulation(plan(text), recording, Terms(start=recording.alone)).run(1)


def test_a_recording_that_is_too_short_leaves_the_release_undecided() -> None:
    went = flown(Recording(tuple(span(15.0 * number, 50, 950) for number in range(1, 20)), {}))
    assert (went.end, went.stage) == (End.UNDECIDED, "canary")
    assert went.says == "the readings end 4m 45s after they begin"


def test_counters_of_a_metric_system_become_counts_across_a_reset() -> None:
    series = {
        ("requests", "candidate"): {100.0: 10.0, 110.0: 30.0, 120.0: 5.0},
        ("bad", "candidate"): {100.0: 0.0, 110.0: 2.0, 120.0: 1.0},
        ("memory", "all"): {100.0: 1e8, 120.0: 2e8},
    }
    recording = metric_range.recording(series, "web", "there")
    counted = [each.counted["web", "candidate"] for each in recording.spans]
    assert [(each.requests, each.bad) for each in counted] == [(20, 2), (5, 1)]
    assert [each.values for each in recording.spans] == [{}, {("web", "memory", "all"): 2e8}]


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(metric_range.NothingRead, match="there has values of 0 moments"):
        metric_range.recording({("requests", "candidate"): {}}, "web", "there")


class SlowRouter(UsedRouter):
    """A router whose every shift takes most of a second."""

    async def set_split(self, routes: Routes) -> None:
        await self._clock.sleep(0.7)
        await super().set_split(routes)


class Unpunctual(Scenario):
    """A world of a real machine: shifts take their time, and whoever sleeps is woken late, each time differently."""

    def __init__(self, folder: Path, agreed: Plan, **how: bool) -> None:
        super().__init__(folder, agreed, **how)
        lateness, on_time = itertools.cycle((0.002, 0.31, 0.02, 0.9, 0.0, 1.7)), self.clock.sleep

        async def late(seconds: float) -> None:
            await on_time(seconds + next(lateness) if seconds >= 1 else seconds)

        self.clock.sleep = late  # type: ignore[method-assign]

    def router(self, name: str, fate: Fate) -> SlowRouter:
        return SlowRouter(self.traffic[name], self.fence, self.users, self.clock, fate)


RULED = a_plan(stages=(stage("canary", 5), stage("full", 100)), compare=UNCOMPARED)
COMPARED = a_plan(stages=(stage("canary", 5), stage("full", 100)), rules=())
THINNING = replace(stage("canary", 5), looks=LookSchedule((Look(2.0, 9.0), Look(7.0))))


@pytest.mark.slow
@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("after", [40.0, 75.0, 110.0])
@pytest.mark.parametrize(
    "agreed",
    [RULED, replace(RULED, stages=(THINNING, stage("full", 100))), COMPARED, replace(COMPARED, rules=RULED.rules)],
    ids=["rules", "rules, looks that thin out", "comparison", "both"],
)
async def test_a_release_under_its_own_plan_comes_to_the_same_decision_at_the_same_look_even_the_last(
    tmp_path: Path, agreed: Plan, after: float, first: bool
) -> None:
    world = Unpunctual(tmp_path, agreed, first=first)
    world.later(after, lambda: world.users.failing.update(v2=0.3))
    try:
        outcome = await world.release()
        looks = [observations.from_record(seen.record) for seen in Observations(world.state).of(world.id)]
        back = next(
            (each for each in world.ledger.entries(release=world.id) if each.event.kind == "goback.started"), None
        )
    finally:
        world.state.close()
    seen = [look for look in looks if back is None or look.at <= back.at]  # none is left after that which decided
    recording = recorded.recording(world.id, seen, agreed)
    went = Simulation(agreed, recording, Terms(start=recording.alone)).run(1)
    says = back.event.data["why"] if back else "every stage passed"
    assert (went.end, went.says, went.looks) == (outcome, says, len(seen))
    assert went.decided_at == pytest.approx(seen[-1].at - seen[0].at, abs=0.001)
