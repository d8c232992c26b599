"""Versions are started, adopted and stopped as processes of this machine."""

import asyncio
import json
import os
import signal
import socket
import sys
import time

import httpx
import psutil
import pytest

from flightrules.domain import unset
from flightrules.domain.errors import NotHealthy, VariableNotSet
from flightrules.targets._local.places import Place
from tests.processes.waiting import alive, until
from tests.targets.conftest import SERVER

pytestmark = pytest.mark.slow


async def run(target, name):
    version = await target.identify(name)
    await target.build(version)
    return version, await target.ensure_running(version)


def asked(instance):
    return httpx.get(f"http://{instance.address}/", trust_env=False).json()


async def test_an_instance_knows_its_port_its_version_and_what_the_plan_gives_it(make, version):
    version("v1")
    odd = {"TOKEN": '100% "it\'s" ö', "WORKERS": 4}
    _, instances = await run(make(instances=2, environment=odd), "v1")
    for number, instance in enumerate(instances, 1):
        environment = asked(instance)
        assert environment["PORT"] == instance.address.rpartition(":")[2]
        assert (environment["VERSION"], environment["SERVICE"]) == ("v1", "web")
        assert environment["INSTANCE"] == str(number)
        assert (environment["TOKEN"], environment["WORKERS"]) == (odd["TOKEN"], "4")
        assert environment["PATH"] == os.environ["PATH"]


async def test_the_watched_process_is_the_program_itself(make, version):
    version("v1")
    _, (instance,) = await run(make(), "v1")
    assert psutil.Process(instance.pid).cmdline() == [sys.executable, "-u", "app.py"]


async def test_a_start_of_several_commands_works_too(make, version):
    version("v1")
    target = make(start=f"cd .. && cd v1 && {sys.executable} -u app.py")
    v1, (instance,) = await run(make(start=f"cd . && {sys.executable} -u app.py"), "v1")
    family = [instance.pid, *(child.pid for child in psutil.Process(instance.pid).children())]
    await target.stop(v1)
    assert not any(alive(pid) for pid in family)


async def test_another_flight_adopts_what_runs(make, version):
    version("v1")
    v1, instances = await run(make(), "v1")
    assert await make().instances() == instances
    assert await make().ensure_running(v1) == instances


async def test_what_serves_is_not_restarted_because_the_plan_has_changed(make, version):
    version("v1")
    v1, instances = await run(make(), "v1")
    assert await make(environment={"NEW": "1"}, log={"copies": 1}).ensure_running(v1) == instances


async def test_a_version_starts_as_the_plan_said_when_it_was_released_last(make, version):
    version("v1")
    v1, (first,) = await run(make(), "v1")
    await make().stop(v1)
    (again,) = await make(start="false").ensure_running(v1)
    assert again.address == first.address
    await make().stop(v1)
    released_anew = make(start=f"exec {sys.executable} -u app.py again")
    await released_anew.build(v1)
    (anew,) = await released_anew.ensure_running(v1)
    assert psutil.Process(anew.pid).cmdline()[-1] == "again"


async def test_a_killed_instance_comes_back_at_its_address(make, version):
    version("v1")
    target = make()
    v1, (first,) = await run(target, "v1")
    os.kill(first.pid, signal.SIGKILL)
    (second,) = await until(lambda: _healthy(target, other_than=first.pid))
    assert second.address == first.address
    assert await target.ensure_running(v1) == (second,)


async def test_an_instance_goes_on_serving_when_supervisord_is_killed(make, version):
    version("v1")
    target = make()
    v1, instances = await run(target, "v1")
    supervisor = psutil.Process(instances[0].pid).parent()
    assert "supervisord" in " ".join(supervisor.cmdline()), "an orphan's parent is nobody whom a test may kill"
    supervisor.kill()
    assert asked(instances[0])["VERSION"] == "v1"
    assert await target.ensure_running(v1) == instances


async def test_an_instance_that_takes_its_time_to_start_is_waited_for(make, version):
    version("slow", f"import time\ntime.sleep(1.5)\n{SERVER}")
    _, (instance,) = await run(make(), "slow")
    assert instance.healthy


async def test_an_instance_that_ends_at_once_is_told_at_once_with_its_last_lines(make, version):
    version("v1", "print('no database')\nraise SystemExit(3)")
    began = time.monotonic()
    with pytest.raises(NotHealthy) as failure:
        await run(make(), "v1")
    assert time.monotonic() - began < 10
    assert failure.value.what == "v1 of web cannot serve: ended: exit status 3"
    assert failure.value.do == "Look at its last lines, mend the version, and release again."
    assert failure.value.details["log"] == ["no database"]


async def test_an_instance_that_ends_after_a_while_is_told_before_its_time_is_over(make, version):
    version("v1", "import time\ntime.sleep(1.3)\nraise SystemExit(4)")
    began = time.monotonic()
    with pytest.raises(NotHealthy) as failure:
        await run(make(health={"tcp": True, "within": 60}), "v1")
    assert time.monotonic() - began < 20
    assert failure.value.what in (
        "v1 of web cannot serve: ended: exit status 4",
        "v1 of web cannot serve: it ended and was started again",
    )


async def test_an_instance_that_never_answers_well_is_refused_in_time(make, version):
    version("v1", SERVER.replace("200", "500"))
    with pytest.raises(NotHealthy) as failure:
        await run(make(health={"http": "/ready", "within": 1.5}), "v1")
    assert failure.value.what.startswith("v1 of web cannot serve: not healthy within 1.5s: GET http://127.0.0.1:")
    assert failure.value.what.endswith("/ready answered 500")
    assert "GET /ready" in failure.value.details["log"][-1]


@pytest.mark.parametrize("named", [False, True])
async def test_where_nobody_listens_it_asks_about_the_port_unless_the_start_command_names_it(make, version, named):
    version("v1", "import time\ntime.sleep(99)")
    target = make(start=f"{sys.executable} -u app.py {'$PORT' if named else ''}", health={"http": "/", "within": 1})
    with pytest.raises(NotHealthy) as failure:
        await run(target, "v1")
    about = "; does it listen on $PORT? The start command does not name it"
    assert failure.value.what.endswith(f"failed: connection refused{'' if named else about}")


async def test_an_instance_that_accepts_and_says_nothing_does_not_hold_up_the_look(make, version):
    silent = "import os, socket, time\ns = socket.create_server(('127.0.0.1', int(os.environ['PORT'])))\ntime.sleep(99)"
    version("v1", silent)
    target = make(health={"http": "/", "within": 1.5, "each": 0.5})
    with pytest.raises(NotHealthy, match=r"/ took longer than 0\.\d+s$"):
        await run(target, "v1")
    began = time.monotonic()
    assert [instance.healthy for instance in await target.instances()] == [False]
    assert time.monotonic() - began < 1


async def test_an_open_port_can_be_health(make, version):
    version("v1")
    _, (instance,) = await run(make(health={"tcp": True, "within": 15}), "v1")
    assert instance.healthy


async def test_a_port_that_somebody_took_meanwhile_is_given_up(make, version):
    version("v1")
    target = make()
    v1, (first,) = await run(target, "v1")
    await target.stop(v1)
    with socket.create_server(("127.0.0.1", int(first.address.rpartition(":")[2]))):
        (second,) = await target.ensure_running(v1)
    assert second.address != first.address


async def test_a_stranger_on_the_port_does_not_make_a_dead_instance_healthy(make, version):
    version("v1", "raise SystemExit(1)")
    target = make()
    with pytest.raises(NotHealthy):
        await run(target, "v1")
    (dead,) = await target.instances()
    with socket.create_server(("127.0.0.1", int(dead.address.rpartition(":")[2]))):
        assert not any(instance.healthy for instance in await target.instances())


async def test_a_version_that_does_not_end_is_killed_after_its_time(make, version):
    version("v1", f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{SERVER}")
    target = make(stop_within=1)
    v1, (instance,) = await run(target, "v1")
    await target.stop(v1)
    assert not alive(instance.pid)


async def test_more_instances_join_those_that_run(make, version):
    version("v1")
    v1, (first,) = await run(make(), "v1")
    instances = await make(instances=3).ensure_running(v1)
    assert first in instances
    assert len({instance.address for instance in instances}) == 3


def test_ports_are_remembered_and_never_chosen_twice(tmp_path):
    place = Place(tmp_path)
    ports = place.ports(20, ())
    assert len(set(ports.values())) == 20
    assert place.ports(20, ()) == ports == place.remembered_ports()
    assert json.loads((tmp_path / "ports.json").read_text())["1"] == ports[1]


async def _healthy(target, other_than):
    await asyncio.sleep(0.05)
    instances = await target.instances()
    return instances if all(each.healthy and each.pid != other_than for each in instances) else ()


async def test_what_is_warm_needs_no_value_of_any_variable(make, version):
    version("v1")
    v1, (before,) = await run(make(environment={"TOKEN": "t"}, build="true"), "v1")
    without = unset.stand_in("TOKEN", "flight.yaml:9:3")
    target = make(environment={"TOKEN": without}, build=f"echo {without}", start=f"serve {without}")
    await target.build(v1)
    (after,) = await target.ensure_running(v1)
    assert after.pid == before.pid
    await target.stop(v1)
    with pytest.raises(VariableNotSet) as refused:
        await target.ensure_running(v1)
    assert refused.value.what == "to start v1 of web takes the variable TOKEN (flight.yaml:9:3), without a value here"
    _, (again,) = await run(make(start=f"serve {without}"), "v1")
    assert again.healthy, "it starts by the command that is known"


async def test_nothing_of_a_version_is_built_without_the_values_for_it(make, version, home):
    version("v1")
    for option in ("build", "start"):
        target = make(**{option: unset.stand_in("INDEX", "flight.yaml:7:38")})
        with pytest.raises(VariableNotSet, match=r"to build v1 of web takes the variable INDEX"):
            await target.build(await target.identify("v1"))
    assert not list((home / ".flight" / "web").rglob("app.py"))
