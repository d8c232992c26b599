"""A command that has ended has ended, whatever it left behind, and that is ended too."""

import time
from pathlib import Path

import psutil
import pytest

from flightrules.clocks.system import SystemClock
from flightrules.ports.commands import Command
from flightrules.processes.commands import ShellCommands

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
