"""How long a person waits for `flight --help` and `flight check`: the whole process, from its start to its end."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence

from bench.effort import Effort
from bench.figures import median
from bench.rows import AtMost, Row
from bench.shop import EXAMPLE, FLIGHT, environment

TITLE = "how long a person waits for `flight --help` and `flight check`"

TIMES = 15
COMMANDS = {
    "python": (sys.executable, "-c", "pass"),
    "help": (str(FLIGHT), "--help"),
    "check": (str(FLIGHT), "check", "--plan", str(EXAMPLE / "flight.yaml")),
}


async def measure(effort: Effort) -> Sequence[Row]:
    """Start each command in turn, so that whatever else the machine does meets all of them alike."""
    for command in COMMANDS.values():
        _seconds(command)  # compiles what is not compiled yet
    return judged([{name: _seconds(command) for name, command in COMMANDS.items()} for _ in range(effort.times(TIMES))])


def judged(rounds: Sequence[dict[str, float]]) -> list[Row]:
    """Return the rows for these rounds: in each, the seconds of `python`, `help` and `check`."""
    took = {name: median([each[name] for each in rounds]) for name in COMMANDS}
    peer = f"Python alone, doing nothing: {took['python']:.3f} s"
    return [
        Row("flight --help", took["help"], "s", AtMost(0.25), peer),
        Row("flight check, of the example", took["check"], "s", AtMost(0.6), peer),
    ]


def _seconds(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=environment(), stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began
