"""The example shop under a plan of the benchmark's own, in a temporary folder, on a free port; all of it real.

What a benchmark does to it goes through the command `flight`, as a person would type it; what it wants to know it
reads from the state. When the block is left, by whatever way, everything that ran for it has ended.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import tempfile
import textwrap
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from flightrules import plan_file, wiring
from flightrules.domain.traffic import Instance
from flightrules.records import Records, open_records
from flightrules.state.releases import Release
from flightrules.testing.steady_traffic import Load
from flightrules.testing.traffic_process import TrafficProcess

T = TypeVar("T")

EXAMPLE = Path(__file__).parents[1] / "examples" / "shop"
FLIGHT = Path(sys.executable).with_name("flight")
LEAVES_WITHIN = 15.0
LOOK = 0.05
"""Seconds between two looks at the state while waiting for something to appear there: what is measured are the moments
that are recorded there, and a benchmark that looks all the time would slow down what it measures."""

PLAN = """\
plan: shop
version: {{from: argument}}
services:
  web:
    target:
      kind: local
      directory: versions/$version
      build: cp -r "$PLAN_FOLDER/shoplib" .
      start: python3 app.py --port $PORT
      health: {{http: /health, within: 10s}}
    traffic: {{kind: envoy, listen: '{address}', drain: 2s}}
metrics:
  error_rate: {{from: router, over: 2s, enough: 5}}
  memory: {{from: target}}
{agreed}"""


class Failed(Exception):
    """A benchmark could not be carried out; what was measured until then counts for nothing."""


class Shop:
    """One shop. `address` is `host:port` of its router."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address
        self._records: Records | None = None

    @property
    def plan(self) -> Path:
        """The plan file."""
        return self.folder / "flight.yaml"

    @property
    def log(self) -> Path:
        """What the commands printed."""
        return self.folder / "flight.log"

    @property
    def records(self) -> Records:
        """The state, opened to look at it and to ask something; there is one once something was released."""
        if self._records is None:
            self._records = open_records(self.folder / ".flight")
        return self._records

    def agree(self, agreed: str) -> None:
        """Write the plan: `agreed` holds its stages, and whatever else it needs."""
        self.plan.write_text(PLAN.format(address=self.address, agreed=textwrap.dedent(agreed)))

    def traffic(self, per_second: float) -> TrafficProcess:
        """Return steady traffic to it, in a process of its own, from when its block is entered until it is left."""
        load = Load(f"http://{self.address}", per_second, seconds=3600.0)
        return TrafficProcess(load, self.folder / f"traffic-{time.monotonic_ns()}.jsonl")

    async def carry_out(self, *words: str) -> None:
        """Run `flight` with these words to its end. Raises `Failed` unless its exit status is 0."""
        async with self.flight(*words) as process:
            if await process.wait() != 0:
                raise Failed(f"`flight {' '.join(words)}` ended with {process.returncode}:\n{self.said()}")

    @asynccontextmanager
    async def flight(self, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """Run `flight` with these words while the block runs."""
        with self.log.open("a") as out:
            process = await asyncio.create_subprocess_exec(
                str(FLIGHT), *words, cwd=self.folder, env=environment(), start_new_session=True,
                stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out,
            )  # fmt: skip
        try:
            yield process
        finally:
            await end(process)

    def said(self) -> str:
        """Return the last lines that the commands printed."""
        return "\n".join(self.log.read_text().splitlines()[-15:])

    async def held(self, process: asyncio.subprocess.Process) -> Release:
        """Return the release that `process` carries out, once its first stage holds."""

        def found() -> Release | None:
            if process.returncode is not None:
                raise Failed(f"`flight run` ended with {process.returncode}:\n{self.said()}")
            release = self.records.releases.unfinished()
            began = release and self.records.observations.of(release.id, f"stages/1-{STAGE}")
            return release if began and any(True for _ in began) else None

        return await self.until(found, "the first look of the stage")

    async def until(self, found: Callable[[], T | None], what: str, within: float = 30.0) -> T:
        """Return what `found` returns as soon as it is not None. Raises `Failed` when that takes too long."""
        give_up = time.monotonic() + within
        while (value := found()) is None:
            if time.monotonic() > give_up:
                raise Failed(f"{what} did not come within {within:g} s:\n{self.said()}")
            await asyncio.sleep(LOOK)
        return value

    async def instances(self) -> tuple[Instance, ...]:
        """Return every instance of every version that runs now."""
        plan = plan_file.load(self.plan, os.environ)
        return await wiring.Workshop(self.records).hands(plan, plan.services[0]).target.instances()

    async def close(self) -> None:
        """End everything that runs for it."""
        if (self.folder / ".flight").exists():
            await wiring.Workshop(self.records).processes.close()
            self.records.state.close()
        shutil.rmtree(self.folder, ignore_errors=True)


STAGE = "trial"
"""What the stages are called that benchmarks hold at."""


@asynccontextmanager
async def shop(agreed: str) -> AsyncIterator[Shop]:
    """Open a shop that has this in its plan (see `Shop.agree`), with v1 in service."""
    folder = Path(tempfile.mkdtemp(prefix="flight-bench-"))
    opened = Shop(folder, f"127.0.0.1:{free_port()}")
    try:
        for part in ("shoplib", "versions"):
            shutil.copytree(EXAMPLE / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        opened.agree(FIRST)
        await opened.carry_out("run", "v1", "--plain")
        opened.agree(agreed)
        yield opened
    finally:
        await opened.close()


FIRST = "stages: [{stage: first, traffic: 100%, hold: 200ms, look: every 100ms, pass: memory < 1 GB}]\n"
"""How v1 goes into service: nobody has to wait for it."""


async def end(process: asyncio.subprocess.Process) -> None:
    """End a process that was started here, and wait until it is gone."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), LEAVES_WITHIN)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def environment() -> dict[str, str]:
    """Return the environment of a usual shell: without what would make Python slower than it is for users."""
    slowing = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPROFILEIMPORTTIME", "FLIGHT_PLAN", "FLIGHT_STATE")
    return {name: value for name, value in os.environ.items() if name not in slowing}


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
