"""Versions are told apart, fetched and built, each in a place of its own."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from flightrules.domain.errors import BuildFailed, NotSupportedYet, UnknownVersion
from flightrules.targets._local.folder_source import digest
from tests.processes.waiting import alive, copies, until

pytestmark = pytest.mark.slow


def place_of(home, version):
    return home / ".flight" / "web" / "versions" / version.key


async def built(target, name):
    version = await target.identify(name)
    await target.build(version)
    return version


async def test_a_build_runs_in_a_copy_of_the_directory(make, version, home):
    source = version("v1")
    v1 = await built(make(build="echo $VERSION of $SERVICE > built"), "v1")
    assert (place_of(home, v1) / "files" / "built").read_text() == "v1 of web\n"
    assert not (source / "built").exists()


async def test_a_build_that_is_done_is_not_done_again(make, version, home):
    version("v1")
    v1 = await built(make(build="echo x >> built"), "v1")
    await make(build="echo x >> built").build(v1)
    assert (place_of(home, v1) / "files" / "built").read_text() == "x\n"


async def test_every_line_of_a_build_must_succeed(make, version):
    version("v1")
    with pytest.raises(BuildFailed) as failure:
        await built(make(build="echo one\nfalse\necho two"), "v1")
    assert failure.value.what == "the build of v1 of web failed with exit status 1"
    assert failure.value.do == "Mend what its last lines say, and release again."
    assert failure.value.details["log"] == ["one"]


async def test_the_last_twenty_lines_of_a_failed_build_are_kept(make, version):
    version("v1")
    with pytest.raises(BuildFailed) as failure:
        await built(make(build="for n in $(seq 100); do echo $n; done; exit 7"), "v1")
    assert failure.value.details["log"] == [str(number) for number in range(81, 101)]
    assert failure.value.what.endswith("failed with exit status 7")


async def test_a_build_that_takes_too_long_is_ended(make, version):
    version("v1")
    with pytest.raises(BuildFailed) as failure:
        await built(make(build="echo begun; sleep 61.5", build_within=1), "v1")
    assert failure.value.what == "the build of v1 of web took longer than 1s and was ended"
    assert failure.value.details["log"] == ["begun"]
    assert copies("61.5") == []


async def test_a_build_that_is_killed_says_so(make, version):
    version("v1")
    building = asyncio.ensure_future(built(make(build="kill -9 0"), "v1"))
    with pytest.raises(BuildFailed, match=r"^the build of v1 of web was killed$"):
        await building


async def test_cancelling_a_build_ends_all_its_processes(make, version):
    version("v1")
    building = asyncio.ensure_future(built(make(build="setsid sleep 61.25 & sleep 61.25"), "v1"))
    pids = await until(lambda: len(copies("61.25")) == 2 and copies("61.25"))
    building.cancel()
    with pytest.raises(asyncio.CancelledError):
        await building
    assert not any(alive(pid) for pid in pids)


FLIGHT = """
import asyncio, sys
from pathlib import Path
from flightrules.clocks.system import SystemClock
from flightrules.processes.supervisord import Supervisord
from flightrules.targets import local
from flightrules.testing.fake_fence import FakeFence

async def main(home):
    clock = SystemClock()
    options = local.Options(start="x", build="echo x >> ../../begun; sleep 61.75", health={"tcp": True},
                            directory="versions/$version")
    target = local.create(options, service="web", folder=home / ".flight" / "web", plan_folder=home,
                          version_from="argument", processes=Supervisord(home / ".flight" / "processes", clock),
                          fence=FakeFence(), clock=clock)
    await target.build(await target.identify("v1"))

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_a_build_that_outlived_a_killed_flight_is_ended_before_it_is_begun_anew(make, version, home):
    version("v1")
    with subprocess.Popen([sys.executable, "-c", FLIGHT, home]) as flight:
        (old,) = await until(lambda: copies("61.75"))
        flight.send_signal(signal.SIGKILL)
    assert alive(old)
    v1 = await built(make(build="echo y >> ../../begun; pgrep -f 'sleep 61.7[5]' && exit 1; true"), "v1")
    assert not alive(old)
    assert (place_of(home, v1).parent / "begun").read_text() == "x\ny\n"


async def test_a_directory_that_changed_since_it_was_named_is_not_built(make, version):
    folder = version("v1")
    target = make()
    v1 = await target.identify("v1")
    (folder / "app.py").write_text("something else")
    with pytest.raises(BuildFailed) as failure:
        await target.build(v1)
    assert failure.value.what == f"{folder} has changed since the release of v1 began, last of all app.py"


async def test_only_so_many_builds_are_kept_and_none_that_runs_is_dropped(make, version, home):
    for name in ("v1", "v2", "v3", "v4"):
        version(name)
    target = make(keep_builds=2)
    v1 = await built(target, "v1")
    (running,) = await target.ensure_running(v1)
    versions = [await built(target, name) for name in ("v2", "v3", "v4")]
    kept = {place.name for place in place_of(home, v1).parent.iterdir()}
    assert kept == {v1.key, versions[1].key, versions[2].key}
    assert await target.instances() == (running,)


@pytest.mark.parametrize("name", ["", "../v1", "/etc", "a/../../b", ".", "v1/", "v1/.", "./v1"])
async def test_a_name_that_leads_elsewhere_is_refused(make, version, name):
    version("v1")
    with pytest.raises(UnknownVersion, match="cannot be the name of a version of web"):
        await make().identify(name)


async def test_a_directory_that_is_not_there_is_named_with_those_that_are(make, version, home):
    for name in ("v1", "v2", "blue"):
        version(name)
    with pytest.raises(UnknownVersion) as refusal:
        await make().identify("v7")
    assert refusal.value.what == f"there is no directory {home / 'versions' / 'v7'} for version 'v7' of web"
    assert refusal.value.do == "There are: blue, v1, v2."
    for name, meant in (("bleu", "Did you mean blue?"), ("../blue", "Did you mean blue?")):
        with pytest.raises(UnknownVersion) as refusal:
            await make().identify(name)
        assert refusal.value.do == meant


async def test_where_there_is_no_version_yet_it_says_where_one_belongs(make, home):
    with pytest.raises(UnknownVersion) as refusal:
        await make().identify("v7")
    assert refusal.value.do == f"Make {home / 'versions'}/NAME first, or mend `directory` in the plan."


async def test_the_state_is_no_part_of_a_version_that_lies_around_it(make, home):
    (home / "app.py").write_text("one")
    before = await make(directory=".").identify("v1")
    await make(directory=".", build="true").build(before)
    assert await make(directory=".").identify("v1") == before


def test_a_digest_tells_names_bytes_links_and_executable_bits_apart(tmp_path):
    seen = {digest(tmp_path, tmp_path / "state")}
    for change in (
        lambda: (tmp_path / "a").write_text("1"),
        lambda: (tmp_path / "a").write_text("2"),
        lambda: (tmp_path / "a").chmod(0o755),
        lambda: (tmp_path / "a").rename(tmp_path / "b"),
        lambda: (tmp_path / "folder").mkdir(),
        lambda: (tmp_path / "link").symlink_to("b"),
        lambda: ((tmp_path / "link").unlink(), (tmp_path / "link").symlink_to("c")),
    ):
        change()
        now = digest(tmp_path, tmp_path / "state")
        assert now not in seen
        seen.add(now)
    for left_out in (".git", "__pycache__", "state"):
        (tmp_path / left_out).mkdir()
        (tmp_path / left_out / "file").write_text("x")
    os.utime(tmp_path / "b", (0, 0))
    assert digest(tmp_path, tmp_path / "state") == now


def test_a_pipe_in_a_version_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnknownVersion, match="is neither a file nor a directory nor a link"):
        digest(tmp_path, tmp_path / "state")


async def test_versions_that_are_images_are_refused(make):
    with pytest.raises(NotSupportedYet) as refusal:
        make(version_from="image")
    assert refusal.value.what == "the target `local` of web cannot run versions that come from 'image'"


async def test_a_name_too_long_for_a_directory_is_an_unknown_version(make, version):
    version("v1")
    with pytest.raises(UnknownVersion, match="there is no directory"):
        await make().identify("v" * 300)


async def test_what_is_remembered_of_a_version_is_for_its_owner_alone(make, version, home):
    """The command that starts it may hold secrets."""
    version("v1")
    v1 = await built(make(), "v1")
    files = list(place_of(home, v1).glob("*.json"))
    assert files and all(file.stat().st_mode & 0o077 == 0 for file in files)
