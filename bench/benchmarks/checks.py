"""How long three hundred checks take, each a command that does nothing, and a plan of a thousand to be read.

The peer of the checks is `xargs`, which starts the same commands as many at a time and keeps nothing of them. What both
are compared by is whole processes, with the start of Python in `flight ready`; it is measured alone as well.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.effort import Effort
from bench.figures import median
from bench.rows import AtMost, Row
from bench.shop import FLIGHT, environment

TITLE = "three hundred checks carried out, and a plan of a thousand read"

TIMES = 7
CHECKS, LONG = 300, 1000
PLAN = """\
plan: checked
version: {from: argument}
services:
  web:
    target: {kind: local, directory: versions/$version, start: ./serve, health: {http: /health}}
    traffic: {kind: envoy, listen: '127.0.0.1:9'}
stages:
  - {stage: full, traffic: 100%, hold: 1m, look: every 5s, pass: error_rate < 1%}
gates:
  all:
"""


async def measure(effort: Effort) -> Sequence[Row]:
    """Carry each out in turn, so that whatever else the machine does meets all of them alike."""
    with tempfile.TemporaryDirectory(prefix="flight-bench-") as name:
        folder = Path(name)
        (folder / "versions" / "v1").mkdir(parents=True)
        (folder / "versions" / "v1" / "serve").touch()
        for count in (1, CHECKS, LONG):
            _write(folder, count)
        rounds = [_round(folder) for _ in range(effort.times(TIMES))]
    return judged(rounds)


def judged(rounds: Sequence[dict[str, float]]) -> list[Row]:
    """Return the rows for these rounds: in each, the seconds of every command."""
    took = {name: median([each[name] for each in rounds]) for name in rounds[0]}
    asked = median([each["many"] - each["one"] for each in rounds])
    read = median([each["long"] - each["short"] for each in rounds])
    peer = f"xargs, the same commands: {took['xargs']:.2f} s"
    return [
        Row(f"{CHECKS} checks of `true`, more than one check", asked, "s", AtMost(3.0), peer),
        Row(f"whole `flight ready` of {CHECKS} checks", took["many"], "s", None, f"of one check: {took['one']:.2f} s"),
        Row(f"plan of {LONG:,} checks read and shown, more than of one", read, "s", AtMost(0.5), ""),
        Row(
            f"whole `flight check` of {LONG:,} checks", took["long"], "s", None, f"of one check: {took['short']:.2f} s"
        ),
    ]


def _write(folder: Path, count: int) -> None:
    checks = "".join(f"    - {{check: Check {number}, run: 'true'}}\n" for number in range(count))
    (folder / f"{count}.yaml").write_text(PLAN + checks)


def _round(folder: Path) -> dict[str, float]:
    at_once = str(2 * (os.cpu_count() or 1))
    commands = {
        "one": _flight(folder, "ready", 1),
        "many": _flight(folder, "ready", CHECKS),
        "short": _flight(folder, "check", 1),
        "long": _flight(folder, "check", LONG),
        "xargs": ("sh", "-c", f"seq {CHECKS} | xargs -P {at_once} -I % sh -c true"),
    }
    return {name: _seconds(command) for name, command in commands.items()}


def _flight(folder: Path, command: str, count: int) -> Sequence[str]:
    version = ("v1",) if command == "ready" else ()
    return (
        str(FLIGHT), command, *version, "--plan", str(folder / f"{count}.yaml"),
        "--state", str(folder / f"{command}-{count}"), "--json",
    )  # fmt: skip


def _seconds(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began
