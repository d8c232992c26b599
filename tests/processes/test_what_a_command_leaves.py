"""A command that has ended has ended, whatever it left behind, and that is ended too."""

import asyncio
import contextlib
import ctypes
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from flightrules.clocks.system import SystemClock
from flightrules.ports.commands import Command
from flightrules.processes.birth import born
from flightrules.processes.commands import GRACE, ShellCommands

pytestmark = pytest.mark.slow

LEFT = "61.25"
"""Seconds that the programs sleep which are left behind: nobody else sleeps for so long."""


def sleepers() -> list[int]:
    return [one.pid for one in psutil.process_iter(["cmdline"]) if one.info["cmdline"] == ["sleep", LEFT]]


@pytest.mark.parametrize(
    "line",
    [
        f"sleep {LEFT} & sleep 0.3; echo done",
        f"setsid -f sleep {LEFT}; sleep 0.3; echo done",  # of another session, and it holds the output
    ],
)
async def test_a_command_is_not_waited_for_by_what_it_left_which_is_ended(tmp_path: Path, line: str) -> None:
    began = time.monotonic()
    ended = await ShellCommands(tmp_path, SystemClock()).run(Command("leaves", line, str(tmp_path), 40))
    assert (ended.status, ended.output) == (0, ("done",))
    assert time.monotonic() - began < 20
    assert sleepers() == []


@pytest.fixture
def careless_parent() -> Iterator[None]:
    """Make this process the new parent of orphans, and let it ask for none of them until the test is over."""
    become_it = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
    kernel = ctypes.CDLL(None)
    assert kernel.prctl(become_it, 1, 0, 0, 0) == 0
    yield
    kernel.prctl(become_it, 0, 0, 0, 0)


async def test_an_orphan_that_nobody_asks_for_is_not_waited_for(tmp_path: Path, careless_parent: None) -> None:
    line = f"sleep {LEFT} & echo $! > orphan; wait"
    running = asyncio.create_task(ShellCommands(tmp_path, SystemClock()).run(Command("waits", line, str(tmp_path), 40)))
    while not (orphan := tmp_path / "orphan").exists() or not orphan.read_text():
        await asyncio.wait({running}, timeout=0.02)
    began = time.monotonic()
    running.cancel()
    await asyncio.wait({running})
    pid = int(orphan.read_text())
    assert (psutil.pid_exists(pid), born(pid)) == (True, None)
    assert time.monotonic() - began < GRACE / 2
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)
