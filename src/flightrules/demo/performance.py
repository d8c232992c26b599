"""The performance: v1 goes into service, v2 is released, v3 is called back, all under steady traffic.

Each release is a real `flight run` in a process of its own, as a person would type it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from flightrules.demo.figures import Figures, figures
from flightrules.demo.shop import Shop
from flightrules.domain.errors import FlightError
from flightrules.ports.clock import Clock
from flightrules.testing.steady_traffic import Load
from flightrules.testing.traffic_process import TrafficProcess
from flightrules.testing.traffic_records import Record

PER_SECOND = 150.0
AT_MOST = 600.0
"""Seconds of traffic, should nobody stop it."""

SERVES_WITHIN = 30.0
LEAVES_WITHIN = 15.0
LAST_ANSWERS = 0.5


@dataclass(frozen=True)
class Stage:
    """Where the demo is played: the shop, how commands show themselves, and who announces each act."""

    shop: Shop
    clock: Clock
    options: tuple[str, ...]
    announce: Callable[[str], None]


@dataclass(frozen=True)
class Acts:
    """What came of each act."""

    first: Figures
    healthy: Figures
    bad: Figures


async def play(stage: Stage) -> Acts:
    """Play all three acts. Raises `FlightError` when one cannot be played; cancelling ends what runs."""
    traffic = TrafficProcess(
        Load(stage.shop.url, PER_SECOND, seconds=AT_MOST), Path(stage.shop.folder) / "traffic.jsonl"
    )
    try:
        stage.announce("v1 is the first version: it goes into service at once")
        async with command(stage, "run", "v1") as first:
            await _until_it_serves(stage, first)
            await traffic.__aenter__()
            await _ended(first, "v1", (0,))
        return Acts(
            first=await _figures(stage, "v1", traffic),
            healthy=await _release(stage, "v2", "v2 is healthy: its share grows stage by stage", traffic),
            bad=await _release(stage, "v3", "v3 begins to fail under traffic: watch what happens", traffic),
        )
    finally:
        await traffic.stop()


async def _release(stage: Stage, version: str, words: str, traffic: TrafficProcess) -> Figures:
    stage.announce(words)
    async with command(stage, "run", version) as process:
        await _ended(process, version, (0, 1))
    return await _figures(stage, version, traffic)


@asynccontextmanager
async def command(stage: Stage, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `flight` with these words; leaving the block early makes it leave its release, and waits for that.

    It runs in a session of its own: Ctrl-C is meant for the demo, which then ends everything in order.
    """
    out = asyncio.subprocess.DEVNULL if "--json" in stage.options else None
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "flightrules.cli.main", *words, *stage.options,
        cwd=stage.shop.folder, env=_environment(stage.shop), start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL, stdout=out,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await _wait_or_kill(process)


def _environment(shop: Shop) -> dict[str, str]:
    return {**os.environ, "FLIGHT_PLAN": str(shop.plan), "FLIGHT_STATE": str(shop.state)}


async def _wait_or_kill(process: asyncio.subprocess.Process) -> None:
    try:
        await asyncio.wait_for(process.wait(), LEAVES_WITHIN)
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _until_it_serves(stage: Stage, first: asyncio.subprocess.Process) -> None:
    """Wait until the router takes connections, so that no user comes to a shop that is not open yet."""
    give_up = stage.clock.monotonic() + SERVES_WITHIN
    while first.returncode is None and stage.clock.monotonic() < give_up:
        if await _answers(stage.shop.address):
            return
        await stage.clock.sleep(0.1)
    raise FlightError(
        "v1 does not serve, so there is nothing to show", f"see what it says above, and {stage.shop.folder}"
    )


async def _answers(address: str) -> bool:
    """Say whether the shop answers a request well; before the first version serves, the router says 503."""
    host, port = address.rsplit(":", 1)
    try:
        reader, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    try:
        writer.write(f"GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
        return b" 200 " in await asyncio.wait_for(reader.readline(), 1.0)
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()


async def _ended(process: asyncio.subprocess.Process, version: str, statuses: Sequence[int]) -> None:
    status = await process.wait()
    if status not in statuses:
        raise FlightError(f"`flight run {version}` ended with status {status}", "see what it says above")


async def _figures(stage: Stage, version: str, traffic: TrafficProcess) -> Figures:
    await stage.clock.sleep(LAST_ANSWERS)
    return figures_of(stage.shop, version, traffic.records())


def figures_of(shop: Shop, version: str, records: Sequence[Record]) -> Figures:
    """Return the figures of the last release, which is that of `version`."""
    from flightrules import plans, wiring
    from flightrules.views import asking

    opened = wiring.open_records(shop.state)
    try:
        view = asking.release_view(opened, lambda release: plans.to_look_at(release, shop.plan, os.environ))
    finally:
        opened.state.close()
    if view.services[0].candidate != version:
        raise FlightError(f"{version} was not released", "see what `flight run` says above")
    return figures(view, records)
