"""Programs are started, adopted, replaced and ended; with a real supervisord."""

import asyncio
import json
import os
import signal
import stat
import sys

import psutil
import pytest

from flightrules.domain.errors import ProcessFailed
from flightrules.ports.processes import Process, Program
from flightrules.processes.keeper import socket_path
from flightrules.processes.supervisord import Supervisord
from tests.processes.waiting import alive, copies, until

pytestmark = pytest.mark.slow

FOREVER = "import time\nwhile True: time.sleep(0.05)"
DEAF = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf')\nwhile True: time.sleep(0.05)"


async def test_a_program_that_is_asked_for_runs_and_what_it_writes_is_kept(processes, python, token):
    process = await processes.ensure(python("print('hello')\n" + FOREVER))
    assert process == Process("app", process.pid, running=True)
    await until(lambda: copies(token) == [process.pid])  # one just started has not its own words yet
    assert await until(lambda: processes.log("app")) == ("hello",)
    assert await processes.listing() == (process,)


async def test_a_program_that_already_runs_as_described_is_adopted(processes, python):
    first = await processes.ensure(python(FOREVER))
    assert await processes.ensure(python(FOREVER)) == first


async def test_a_program_that_runs_otherwise_is_replaced(processes, python, token):
    first = await processes.ensure(python(FOREVER))
    second = await processes.ensure(python(FOREVER, environment={"PORT": "1"}))
    assert second.pid != first.pid
    await until(lambda: copies(token) == [second.pid])  # one just started has not its own words yet


async def test_a_program_that_is_killed_is_started_again(processes, python, token):
    first = await processes.ensure(python(FOREVER))
    os.kill(first.pid, signal.SIGKILL)
    second = await until(lambda: [pid for pid in copies(token) if pid != first.pid])
    assert len(second) == 1


async def test_children_of_a_killed_program_do_not_live_beside_its_next_copy(processes, python, token):
    forking = f"import os, time\nos.fork()\n{FOREVER}"
    first = await processes.ensure(python(forking))
    before = set(await until(lambda: len(copies(token)) == 2 and copies(token)))
    os.kill(first.pid, signal.SIGKILL)
    await until(lambda: len(set(copies(token)) - before) == 2)
    assert not before & set(copies(token))


async def test_a_program_that_ends_at_once_is_seen_with_its_exit_status(processes, python):
    await processes.ensure(python("print('no database'); raise SystemExit(3)", restart=False))
    ended = await until(lambda: _ended(processes))
    assert ended == Process("app", None, running=False, why="ended: exit status 3")
    assert processes.log("app") == ("no database",)


async def test_a_command_that_does_not_exist_says_so_in_the_log(processes, tmp_path):
    await processes.ensure(Program("app", ("no-such-command",), str(tmp_path), restart=False))
    await until(lambda: _ended(processes))
    expected = f"flight: no-such-command could not be started in {tmp_path}: No such file or directory"
    assert processes.log("app") == (expected,)


async def test_ending_a_program_ends_its_children_also_those_in_a_session_of_their_own(processes, python, token):
    spawn = (
        f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {FOREVER!r}, '{token}'], start_new_session="
    )
    await processes.ensure(python(f"{spawn}True)\n{spawn}False)\n{FOREVER}"))
    await until(lambda: len(copies(token)) == 3)
    await processes.end("app")
    assert copies(token) == []
    assert await processes.listing() == ()


async def test_a_program_that_does_not_listen_is_killed_after_its_time(processes, python, token):
    await processes.ensure(python(DEAF, stop_seconds=1))
    await until(lambda: processes.log("app"))
    await processes.end("app")
    assert copies(token) == []


async def test_ending_twice_and_ending_what_never_was_is_nothing(processes, python):
    await processes.ensure(python(FOREVER))
    for name in ("app", "app", "nobody"):
        await processes.end(name)
    assert await processes.listing() == ()


async def test_the_last_words_of_a_program_can_be_read_after_its_end(processes, python):
    await processes.ensure(python(f"print('goodbye')\n{FOREVER}"))
    await until(lambda: processes.log("app"))
    await processes.end("app")
    assert processes.log("app") == ("goodbye",)


async def test_everything_lives_in_a_session_of_its_own_and_behind_a_closed_door(processes, python, folder):
    process = await processes.ensure(python(FOREVER))
    keeper = psutil.Process(process.pid).ppid()
    assert os.getsid(keeper) == keeper != os.getsid(0)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "supervisord.sock").stat().st_mode) == 0o600


async def test_nothing_is_left_after_closing_and_the_folder_can_be_used_again(processes, python, token, folder):
    process = await processes.ensure(python(FOREVER))
    keeper = psutil.Process(process.pid).ppid()
    await processes.close()
    assert not alive(keeper)
    assert copies(token) == []
    assert (await processes.ensure(python(FOREVER))).running


async def test_secrets_are_readable_by_their_owner_alone_and_in_no_command_line(processes, python, folder):
    process = await processes.ensure(python(FOREVER, environment={"PASSWORD": "hunter2 is % 'it'"}))
    assert "hunter2" not in " ".join(psutil.Process(process.pid).cmdline())
    holding = [file for file in folder.rglob("*") if file.is_file() and "hunter2" in file.read_text(errors="replace")]
    assert [file.name for file in holding] == ["program.json"]
    assert stat.S_IMODE(holding[0].stat().st_mode) == 0o600
    await processes.end("app")
    assert not holding[0].exists()


ODD = {"PERCENT": "100%d %(here)s %%", "QUOTES": "'\"\\", "LINES": "one\ntwo", "WORDS": "ö € ;a #b", "EMPTY": ""}


async def test_odd_values_reach_the_program_as_they_are(processes, python):
    show = f"import json, os\nprint(json.dumps({{name: os.environ[name] for name in {list(ODD)}}}))"
    await processes.ensure(python(show, environment=ODD, restart=False))
    assert json.loads((await until(lambda: processes.log("app")))[0]) == ODD


@pytest.mark.parametrize("odd", ["with space", "100%(here)s", "ö ü €", " ;semi #hash", "quo'te\"s", "[x]*$HOME`"])
async def test_odd_paths_work(folder, odd, clock, tmp_path):
    place = tmp_path / odd
    place.mkdir()
    processes = Supervisord(folder / odd, clock)
    try:
        program = Program("app", (sys.executable, "-c", "import os; print(os.getcwd())"), str(place))
        await processes.ensure(program)
        assert (await until(lambda: processes.log("app")))[0] == str(place)
    finally:
        await processes.close()


async def test_a_path_too_long_for_a_socket_works(folder, clock, python):
    long = folder / ("long" * 30) / ("longer" * 20)
    processes = Supervisord(long, clock)
    try:
        assert (await processes.ensure(python(FOREVER))).running
        assert (await Supervisord(long, clock).listing())[0].running
        door = socket_path(long)
        assert len(str(door)) < 100
        assert stat.S_IMODE(door.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(door.stat().st_mode) == 0o600
    finally:
        await processes.close()
    assert not door.parent.exists()


async def test_a_name_that_is_not_safe_in_a_file_name_is_refused(processes, python):
    with pytest.raises(ProcessFailed) as refusal:
        await processes.ensure(python(FOREVER, name="../app"))
    assert refusal.value.what == "'../app' cannot be the name of a program: use letters, digits, '.', '_', '-'"


async def _ended(processes: Supervisord) -> Process | None:
    (process,) = await processes.listing()
    return None if process.running else process


async def test_many_programs_can_be_asked_for_at_once_from_several_event_loops(processes, python, token):
    def from_another_loop(number: int) -> Process:
        return asyncio.run(processes.ensure(python(FOREVER, name=f"app{number}")))

    started = await asyncio.gather(*(asyncio.to_thread(from_another_loop, number) for number in range(5)))
    assert len({process.pid for process in started}) == 5
    await until(lambda: len(copies(token)) == 5)  # one just started has not its own words yet
