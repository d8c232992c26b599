"""What every target must do, as tests. Derive from `TargetContract` and give it a fixture `world`.

    class TestMyTarget(TargetContract):
        @pytest.fixture
        async def world(self, tmp_path): yield TargetWorld(my_target(tmp_path), ...)

Needs pytest with pytest-asyncio in auto mode. Nothing here knows how a target works.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from flightrules.domain.errors import BuildFailed, Fenced, NotHealthy, UnknownVersion
from flightrules.domain.traffic import Instance, Version
from flightrules.ports.target import Target
from flightrules.testing.fake_fence import FakeFence


@dataclass(frozen=True)
class TargetWorld:
    """A target, the fence that was given to it, and names of versions that behave as their field says.

    `endless` has a build that does not end within a minute; of all versions `instances` copies run.
    """

    target: Target
    fence: FakeFence
    good: str
    other_good: str
    broken_build: str
    endless_build: str
    never_healthy: str
    unknown: str
    instances: int


class TargetContract:
    """The tests. Each begins with a world in which nothing was built and nothing runs."""

    async def test_a_name_means_the_same_version_every_time(self, world: TargetWorld) -> None:
        """A digest says exactly what a version is."""
        once, again = await world.target.identify(world.good), await world.target.identify(world.good)
        other = await world.target.identify(world.other_good)
        assert once == again
        assert once.name == world.good
        assert once.digest != other.digest

    async def test_a_name_that_nothing_has_is_refused(self, world: TargetWorld) -> None:
        """With the reason and what to do."""
        with pytest.raises(UnknownVersion) as refusal:
            await world.target.identify(world.unknown)
        assert world.unknown in refusal.value.what
        assert refusal.value.do

    async def test_a_version_that_was_built_runs_healthy_in_all_its_instances(self, world: TargetWorld) -> None:
        """Each at an address of its own."""
        version, instances = await _run(world, world.good)
        assert len(instances) == world.instances
        assert all(instance.healthy and instance.version == version for instance in instances)
        assert len({instance.address for instance in instances}) == world.instances
        assert set(await world.target.instances()) == set(instances)

    async def test_what_is_asked_for_again_changes_nothing(self, world: TargetWorld) -> None:
        """Neither building nor starting: the same processes at the same addresses."""
        version, instances = await _run(world, world.good)
        await world.target.build(version)
        assert set(await world.target.ensure_running(version)) == set(instances)

    async def test_two_versions_run_side_by_side(self, world: TargetWorld) -> None:
        """And stopping one leaves the other alone."""
        one, of_one = await _run(world, world.good)
        _, of_other = await _run(world, world.other_good)
        assert set(await world.target.instances()) == {*of_one, *of_other}
        await world.target.stop(one)
        assert set(await world.target.instances()) == set(of_other)

    async def test_a_stopped_version_can_be_stopped_again_and_started_again(self, world: TargetWorld) -> None:
        """Also one that never ran."""
        version, _ = await _run(world, world.good)
        for _ in range(2):
            await world.target.stop(version)
            assert await world.target.instances() == ()
        assert all(instance.healthy for instance in await world.target.ensure_running(version))

    async def test_a_build_that_fails_says_so_with_its_last_lines(self, world: TargetWorld) -> None:
        """And fails again when it is asked for again."""
        version = await world.target.identify(world.broken_build)
        for _ in range(2):
            with pytest.raises(BuildFailed) as failure:
                await world.target.build(version)
            assert failure.value.details["log"]

    async def test_a_version_that_is_not_built_does_not_start(self, world: TargetWorld) -> None:
        """It is not healthy, and nothing runs."""
        with pytest.raises(NotHealthy):
            await world.target.ensure_running(await world.target.identify(world.good))
        assert await world.target.instances() == ()

    async def test_a_build_ends_when_it_is_cancelled(self, world: TargetWorld) -> None:
        """Well before it would by itself."""
        version = await world.target.identify(world.endless_build)
        building = asyncio.ensure_future(world.target.build(version))
        done, _ = await asyncio.wait([building], timeout=0.5)
        assert not done
        building.cancel()
        async with asyncio.timeout(10):
            with pytest.raises(asyncio.CancelledError):
                await building

    async def test_a_version_that_does_not_become_healthy_is_refused_and_shown(self, world: TargetWorld) -> None:
        """With why in words; `stop` clears it away."""
        version = await world.target.identify(world.never_healthy)
        await world.target.build(version)
        with pytest.raises(NotHealthy) as failure:
            await world.target.ensure_running(version)
        assert failure.value.do
        assert "log" in failure.value.details
        assert not any(instance.healthy for instance in await world.target.instances())
        await world.target.stop(version)
        assert await world.target.instances() == ()

    async def test_nothing_is_touched_once_the_lease_is_lost(self, world: TargetWorld) -> None:
        """Looking is still allowed."""
        version, instances = await _run(world, world.good)
        other = await world.target.identify(world.other_good)
        world.fence.lost = True
        for effect in (world.target.build(other), world.target.ensure_running(version), world.target.stop(version)):
            with pytest.raises(Fenced):
                await effect
        assert set(await world.target.instances()) == set(instances)
        world.fence.lost = False


async def _run(world: TargetWorld, name: str) -> tuple[Version, tuple[Instance, ...]]:
    version = await world.target.identify(name)
    await world.target.build(version)
    return version, await world.target.ensure_running(version)
