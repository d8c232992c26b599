"""Whatever is killed, programs go on and never run twice side by side."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys

import pytest

from flightrules.clocks.system import SystemClock
from flightrules.ports.processes import Program
from flightrules.processes import rpc
from flightrules.processes.supervisord import Supervisord
from tests.processes.waiting import alive, copies, until

pytestmark = pytest.mark.slow

COUNTING = "import time\nfor n in range(10**6): print(n); time.sleep(0.02)"

FLIGHT = """
import asyncio, sys
from pathlib import Path
from flightrules.clocks.system import SystemClock
from flightrules.ports.processes import Program
from flightrules.processes.supervisord import Supervisord

async def main():
    processes = Supervisord(Path(sys.argv[1]), SystemClock())
    program = Program("app", (sys.executable, "-u", "-c", {code!r}, sys.argv[2]), sys.argv[1])
    print((await processes.ensure(program)).pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


SERVE = """
import http.server, sys
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), None).serve_forever()
"""


def keeper(folder):
    """The pid of the supervisord of `folder`."""
    return int((folder / "keeper").read_text().split()[0])


async def kill(pid):
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not alive(pid))


async def test_a_killed_flight_leaves_its_programs_and_the_next_adopts_them(processes, folder, token):
    script = FLIGHT.format(code=COUNTING)
    with subprocess.Popen([sys.executable, "-c", script, folder, token], stdout=subprocess.PIPE, text=True) as flight:
        pid = int(flight.stdout.readline())
        flight.send_signal(signal.SIGKILL)
    before = keeper(folder)
    (adopted,) = await processes.listing()
    assert adopted.pid == pid
    assert keeper(folder) == before
    await until(lambda: len(processes.log("app", 1000)) > 20)


async def test_a_program_outlives_its_supervisord_and_goes_on_writing(processes, python, folder, token):
    program = await processes.ensure(python(COUNTING))
    await kill(keeper(folder))
    lines = len(processes.log("app", 10_000))
    await until(lambda: len(processes.log("app", 10_000)) > lines + 10)
    assert copies(token) == [program.pid]


async def test_a_new_supervisord_takes_over_and_starts_no_second_copy(processes, python, folder, token):
    program = await processes.ensure(python(COUNTING))
    await kill(keeper(folder))
    assert await processes.listing() == (program,)
    assert await processes.ensure(python(COUNTING)) == program
    await asyncio.sleep(0.5)
    assert copies(token) == [program.pid]


async def test_a_supervisord_that_hangs_is_replaced_and_its_programs_go_on(
    processes, python, folder, token, monkeypatch
):
    monkeypatch.setattr(rpc, "ANSWER_SECONDS", 0.5)
    program = await processes.ensure(python(COUNTING))
    hanging = keeper(folder)
    os.kill(hanging, signal.SIGSTOP)
    try:
        both = await asyncio.gather(processes.listing(), processes.listing())
        assert both == [(program,), (program,)]
        assert not alive(hanging) and alive(keeper(folder))
        assert copies(token) == [program.pid]
        await processes.end("app")
        assert copies(token) == []
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(hanging, signal.SIGCONT)


async def test_a_program_that_outlived_its_supervisord_is_still_started_again_when_it_dies(
    processes, python, folder, token
):
    program = await processes.ensure(python(COUNTING))
    for _ in range(2):
        await kill(keeper(folder))
        await processes.listing()
    await kill(program.pid)
    (second,) = await until(lambda: copies(token))
    assert second != program.pid
    await asyncio.sleep(0.5)
    assert copies(token) == [second]


async def test_two_supervisords_killed_in_a_row_leave_no_second_starter(processes, python, folder, token):
    program = await processes.ensure(python(COUNTING))
    for _ in range(3):
        await processes.listing()
        await kill(keeper(folder))
    await processes.listing()
    await kill(program.pid)
    await until(lambda: copies(token))
    await asyncio.sleep(0.5)
    assert len(copies(token)) == 1


async def test_a_program_is_ended_although_its_supervisord_is_dead(processes, python, folder, token):
    await processes.ensure(python(COUNTING))
    await kill(keeper(folder))
    await processes.end("app")
    assert copies(token) == []


async def test_closing_leaves_nothing_although_supervisord_is_dead(processes, python, folder, token):
    await processes.ensure(python(COUNTING))
    await kill(keeper(folder))
    await processes.close()
    assert copies(token) == []


async def test_a_supervisord_that_cannot_be_reached_any_more_is_replaced_beneath_its_programs(
    processes, python, folder, token
):
    program = await processes.ensure(python(COUNTING))
    lost = keeper(folder)
    (folder / "supervisord.sock").unlink()
    assert await processes.listing() == (program,)
    assert not alive(lost)
    await kill(program.pid)
    (second,) = await until(lambda: copies(token))
    assert second != program.pid


async def test_a_supervisord_that_was_asked_to_stop_is_waited_for_and_started_anew(processes, python, folder, token):
    program = await processes.ensure(python(COUNTING))
    os.kill(keeper(folder), signal.SIGTERM)
    await until(lambda: not alive(program.pid))
    assert (await processes.ensure(python(COUNTING))).running
    await until(lambda: len(copies(token)) == 1)  # one just started has not its own words yet


async def test_what_runs_once_is_not_run_again_by_a_new_supervisord(processes, python, folder, tmp_path):
    effect = tmp_path / "effect"
    once = python(f"open({str(effect)!r}, 'a').write('x')\n{COUNTING}", restart=False)
    program = await processes.ensure(once)
    await until(effect.exists)
    await kill(keeper(folder))
    assert await processes.ensure(once) == program
    await kill(program.pid)
    await until(lambda: not alive(program.pid))
    await asyncio.sleep(0.5)
    (ended,) = await processes.listing()
    assert not ended.running
    assert effect.read_text() == "x"


async def test_a_program_keeps_its_port_to_itself_over_all_deaths(processes, python, folder, token):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = python(SERVE)
    program = Program("app", (*program.command, str(port)), program.folder)
    first = await processes.ensure(program)
    await until(lambda: _answers(port))
    await kill(keeper(folder))
    await processes.ensure(program)
    await kill(first.pid)
    await until(lambda: _answers(port))
    assert len(copies(token)) == 1


async def test_a_state_folder_is_adopted_by_another_path_to_it(processes, python, folder, tmp_path):
    program = await processes.ensure(python(COUNTING))
    (link := tmp_path / "link").symlink_to(folder)
    assert await Supervisord(link, SystemClock()).listing() == (program,)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
