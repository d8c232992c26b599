"""Who gets which version: shares, sticky users, testers who choose."""

import asyncio
import math

import pytest

from flightrules.domain.traffic import Routes, Split
from tests.routers.envoy_world import STABLE, V1, V2, EnvoyWorld

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("percent", [1, 5, 25, 60])
@pytest.mark.parametrize("sticky", [True, False])
async def test_the_share_is_what_the_plan_says_within_chance(world: EnvoyWorld, percent: float, sticky: bool) -> None:
    router = await world.running(sticky=sticky)
    await router.set_split(await world.routes(percent))
    share, asked = percent / 100, 1000
    answered = (await world.ask(asked)).count(V2)
    assert abs(answered - asked * share) <= 5 * math.sqrt(asked * share * (1 - share))


async def test_a_returning_user_stays_at_one_version(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(50))
    answers = [await _answers_of_one_user(world, 10) for _ in range(40)]
    assert [len(set(each)) for each in answers] == [1] * 40
    assert {each[0] for each in answers} == {V1, V2}


async def test_a_larger_share_only_adds_users(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(0))
    users = [world.returning_user() for _ in range(80)]
    try:
        had: set[int] = set()
        for percent in (0, 5, 25, 60, 100):
            await router.set_split(await world.routes(percent))
            have = {number for number, user in enumerate(users) if await world.answer(user) == V2}
            assert had <= have
            had = have
        assert len(had) == 80
    finally:
        await asyncio.gather(*(user.close() for user in users))


async def test_another_release_begins_with_other_users_and_the_same_cookie_name(world: EnvoyWorld) -> None:
    router = await world.running()
    groups = []
    users = [world.returning_user() for _ in range(60)]
    try:
        for release in ("release-1", "release-2"):
            await router.set_split(await world.routes(50, salt=release))
            groups.append([await world.answer(user) for user in users])
        assert groups[0] != groups[1]
        assert [len(list(user.cookie_jar)) for user in users] == [1] * 60
    finally:
        await asyncio.gather(*(user.close() for user in users))


async def test_the_cookie_keeps_the_cookies_of_the_service_and_is_not_set_between_releases(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(50))
    async with world.user() as user, user.get(world.url) as answer:
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("flight=")
        assert cookie.endswith("; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax")
    await router.set_split(Routes(Split.all_to(STABLE), {V1: await world.start(STABLE)}))
    async with world.user() as user, user.get(world.url) as answer:
        assert "set-cookie" not in answer.headers


async def test_a_foreign_cookie_of_that_name_decides_nothing(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(50))
    async with world.user(cookies={"flight": "a-plane"}) as user:
        assert {await world.answer(user) for _ in range(40)} == {V1, V2}


@pytest.mark.parametrize("way", [("v2", V2), (V2, V2), ("v1", V1), ("v9", V1), ("", V1)])
async def test_a_tester_chooses_a_version_by_header_and_an_unknown_one_is_ignored(
    world: EnvoyWorld, way: tuple[str, str]
) -> None:
    router = await world.running()
    await router.set_split(await world.routes(0))
    named, answering = way
    async with world.user(headers={"X-Flight-Version": named}) as tester:
        assert {await world.answer(tester) for _ in range(5)} == {answering}


async def test_a_name_that_two_versions_share_names_neither(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(0, names={V1: "shop", V2: "shop"}))
    async with world.user(headers={"x-flight-version": "shop"}) as tester:
        assert await world.answer(tester) == V1
    async with world.user(headers={"x-flight-version": V2}) as tester:
        assert await world.answer(tester) == V2


async def test_the_header_can_be_turned_off(world: EnvoyWorld) -> None:
    router = await world.running(pin_header="")
    await router.set_split(await world.routes(0))
    async with world.user(headers={"x-flight-version": "v2"}) as tester:
        assert await world.answer(tester) == V1


async def _answers_of_one_user(world: EnvoyWorld, times: int) -> list[str | None]:
    async with world.returning_user() as user:
        return [await world.answer(user) for _ in range(times)]
