"""What `flight run` takes of the machine while a stage holds: memory, and processor time at looks of 5 seconds."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import termios
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from bench.effort import Effort
from bench.rows import AtMost, Row
from bench.shop import FLIGHT, STAGE, Shop, end, environment, shop

TITLE = "memory and processor time of `flight run` while a stage holds"

SECONDS = 90.0
SETTLED = 5.0
"""Seconds that the hold is left alone before it is measured: the start is over then."""

PER_SECOND = 50.0
ROWS, COLUMNS = 40, 120
STAGES = f"""\
stages:
  - {{stage: {STAGE}, traffic: 25%, hold: 1h, look: every 5s, pass: [error_rate < 1%, p95 < 5s]}}
  - {{stage: full, traffic: 100%, hold: 1h, look: every 5s, pass: error_rate < 1%}}
rules:
  - {{if: error_rate > 5% for 1m, then: roll back}}
  - {{if: memory > 1 GB, then: warn}}
"""


async def measure(effort: Effort) -> Sequence[Row]:
    """Hold with plain lines first, then with the live view in a terminal."""
    seconds = effort.seconds(SECONDS, 10.0)
    async with shop(STAGES) as place, place.traffic(PER_SECOND):
        async with place.flight("run", "v2", "--plain") as run:
            plain = await _taken(place, run, seconds)
            await place.carry_out("abort", "--plain")
        async with _in_a_terminal(place, "run", "v2") as run:
            live = await _taken(place, run, seconds)
            await place.carry_out("abort", "--plain")
    return [*judged("plain lines", plain, seconds), *judged("live view", live, seconds)]


async def _taken(place: Shop, run: asyncio.subprocess.Process, seconds: float) -> tuple[float, float, float]:
    """Return the largest memory (MiB) seen in the hold, that of the whole process, and the processor time (%)."""
    await place.held(run)
    process = psutil.Process(run.pid)
    await asyncio.sleep(SETTLED)
    before = sum(process.cpu_times()[:2])
    memory = 0
    for _ in range(round(seconds)):
        await asyncio.sleep(1.0)
        memory = max(memory, process.memory_info().rss)
    used = sum(process.cpu_times()[:2]) - before
    return memory / 2**20, _peak(run.pid) / 2**20, 100 * used / seconds


def _peak(pid: int) -> int:
    """Return the most memory that a process ever had resident, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


@asynccontextmanager
async def _in_a_terminal(place: Shop, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `flight` in a terminal of its own while the block runs; what it draws is read and thrown away."""
    outer, inner = pty.openpty()
    termios.tcsetwinsize(inner, (ROWS, COLUMNS))
    process = await asyncio.create_subprocess_exec(
        str(FLIGHT), *words, cwd=place.folder, env={**environment(), "TERM": "xterm-256color"},
        stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
    )  # fmt: skip
    os.close(inner)
    loop = asyncio.get_running_loop()
    loop.add_reader(outer, lambda: _drain(outer, loop))
    try:
        yield process
    finally:
        await end(process)
        loop.remove_reader(outer)
        os.close(outer)


def _drain(outer: int, loop: asyncio.AbstractEventLoop) -> None:
    try:
        os.read(outer, 65536)
    except OSError:  # the other end is closed
        loop.remove_reader(outer)


def judged(how: str, taken: tuple[float, float, float], seconds: float) -> list[Row]:
    """Return the rows for what was taken, in the hold of so many seconds."""
    memory, peak, used = taken
    return [
        Row(f"memory in the hold, {how}", memory, "MiB", AtMost(120), f"{peak:.0f} MiB at its peak, start included"),
        Row(f"processor time in the hold, {how}", used, "% of a core", AtMost(2), f"looks of 5 s, over {seconds:g} s"),
    ]
