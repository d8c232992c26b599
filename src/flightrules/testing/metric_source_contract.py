"""What every metric source must do, as tests. Derive from `MetricSourceContract` and give it a fixture `world`.

    class TestMySource(MetricSourceContract):
        @pytest.fixture
        async def world(self): yield MyWorld()

Needs pytest with pytest-asyncio in auto mode. Nothing here knows how a source works; the world of a source
makes what it asks behave well or badly.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

import pytest

from flightrules.clocks.system import SystemClock
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import ALL, CANDIDATE, STABLE, Answer, Counters, Gauge, Verdict
from flightrules.phases.asking import PatientSource
from flightrules.ports.metric_source import MetricSource, Question

V1, V2 = Version("v1", "1" * 40), Version("v2", "2" * 40)
BOTH = Question("web", {CANDIDATE: V2, STABLE: V1})
SECRET = "hunter2-in-the-contract"
"""Where a source takes a secret, its world gives it this one; it must be in no error."""

SOON = 2.0
"""Seconds within which a source must have stopped once the asking is given up."""


class Bad(StrEnum):
    """How what is asked can misbehave."""

    DOWN = "down"
    SLOW = "slow"
    RUBBISH = "rubbish"
    NOT_A_NUMBER = "not a number"
    NOTHING = "nothing"
    HUGE = "huge"


class MetricSourceWorld(Protocol):
    """A source and what it asks. A source that tells versions apart is made so that it does.

    `cannot` names what can never happen to such a source, each with the reason; that is then not tested.
    """

    source: MetricSource
    cannot: Mapping[Bad, str]

    def supplies(self, *versions: Version) -> None:
        """Have a measurement for exactly these versions from now on (for all, if any, where none is told apart)."""

    def behaves(self, bad: Bad) -> None:
        """Misbehave from now on; `SLOW` means for a minute and longer."""

    def left_over(self) -> int:
        """Return how many processes, connections or the like are left of what was asked."""


class MetricSourceContract:
    """The tests."""

    async def test_it_measures_the_versions_that_it_is_asked_about(self, world: MetricSourceWorld) -> None:
        """Under their keys, or all of them together."""
        world.supplies(V1, V2)
        sample = await world.source.read(BOTH)
        assert set(sample) in ({V1.key, V2.key}, {ALL})
        for value in sample.values():
            assert isinstance(value, Gauge | Counters)
            assert isinstance(value, Counters) or math.isfinite(value.value)

    async def test_a_version_without_a_measurement_is_left_out(self, world: MetricSourceWorld) -> None:
        """It is neither zero nor an error."""
        world.supplies(V1)
        assert set(await world.source.read(BOTH)) in ({V1.key}, {ALL})

    async def test_before_there_is_a_candidate_it_measures_stable(self, world: MetricSourceWorld) -> None:
        """Baselines are read before the release."""
        world.supplies(V1, V2)
        assert set(await world.source.read(Question("web", {STABLE: V1}))) in ({V1.key}, {ALL})

    async def test_nothing_measured_is_an_empty_sample(self, world: MetricSourceWorld) -> None:
        """Nobody takes it for a zero."""
        self._misbehave(world, Bad.NOTHING)
        assert await world.source.read(BOTH) == {}

    async def test_what_is_no_number_is_no_measurement(self, world: MetricSourceWorld) -> None:
        """NaN and infinity end as insufficient."""
        self._misbehave(world, Bad.NOT_A_NUMBER)
        answer = await PatientSource(world.source, SystemClock()).ask(BOTH, 0)
        assert (answer.sample, answer.missing) == ({}, None)

    @pytest.mark.parametrize("bad", [Bad.DOWN, Bad.RUBBISH, Bad.HUGE])
    async def test_what_goes_wrong_is_said_in_words_and_without_secrets(
        self, world: MetricSourceWorld, bad: Bad
    ) -> None:
        """As `SourceUnreachable`, the only error that a source raises."""
        self._misbehave(world, bad)
        with pytest.raises(SourceUnreachable) as refusal:
            await world.source.read(BOTH)
        assert refusal.value.what
        assert SECRET not in refusal.value.what + refusal.value.do
        assert "\n" not in refusal.value.what
        assert len(refusal.value.what) < 1000

    async def test_a_slow_source_is_unreachable_in_time_and_leaves_nothing_behind(
        self, world: MetricSourceWorld
    ) -> None:
        """Whoever asks limits the time; the source cleans up after itself."""
        self._misbehave(world, Bad.SLOW)
        started = SystemClock().monotonic()
        answer = await PatientSource(world.source, SystemClock(), within=0.3).ask(BOTH, 0)
        assert answer == Answer({}, Verdict.UNREACHABLE, "the source did not answer within 300ms")
        assert SystemClock().monotonic() - started < SOON
        await self._see_nothing_left(world)

    async def test_giving_up_the_asking_leaves_nothing_behind(self, world: MetricSourceWorld) -> None:
        """An abort does not wait for a slow source."""
        self._misbehave(world, Bad.SLOW)
        asking = asyncio.create_task(world.source.read(BOTH))
        await asyncio.wait({asking}, timeout=0.3)
        asking.cancel()
        await asyncio.wait({asking}, timeout=SOON)
        assert asking.cancelled()
        await self._see_nothing_left(world)

    async def test_a_source_that_is_well_again_answers_at_once(self, world: MetricSourceWorld) -> None:
        """It does not remember that it failed; patience is somebody else's."""
        self._misbehave(world, Bad.DOWN)
        with pytest.raises(SourceUnreachable):
            await world.source.read(BOTH)
        world.supplies(V1, V2)
        assert await world.source.read(BOTH)

    async def test_it_can_be_asked_several_times_at_once(self, world: MetricSourceWorld) -> None:
        """Nothing is mixed up."""
        world.supplies(V1, V2)
        first, second = await asyncio.gather(world.source.read(BOTH), world.source.read(BOTH))
        assert set(first) == set(second) != set()

    @staticmethod
    async def _see_nothing_left(world: MetricSourceWorld) -> None:
        clock, waited = SystemClock(), 0.0
        while world.left_over() and waited < SOON:
            await clock.sleep(0.02)
            waited += 0.02
        assert world.left_over() == 0

    @staticmethod
    def _misbehave(world: MetricSourceWorld, bad: Bad) -> None:
        if bad in world.cannot:
            pytest.skip(f"{bad} cannot happen here: {world.cannot[bad]}")
        world.supplies(V1, V2)
        world.behaves(bad)
