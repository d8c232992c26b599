"""The performance: v1 goes into service, v2 is released, v3 is called back, all under steady traffic.

Each release is a real `flight run` in a process of its own, as a person would type it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flightrules.demo import orders
from flightrules.demo.figures import Figures, figures, lost
from flightrules.demo.orders import Store
from flightrules.demo.shop import Shop
from flightrules.domain.errors import FlightError
from flightrules.ports.clock import Clock
from flightrules.records import open_records
from flightrules.testing.steady_traffic import Load
from flightrules.testing.traffic_process import TrafficProcess
from flightrules.testing.traffic_records import Record, acknowledged_orders
from flightrules.views.model import ReleaseView

VERSIONS = ("v1", "v2", "v3")
PER_SECOND = 150.0
AT_MOST = 600.0
"""Seconds of traffic, should nobody stop it."""

NOBODY_DECIDES = "--exit-when-held"
"""A release that would wait for a person ends the demo, which then says why: nobody is asked in it."""

SERVES_WITHIN = 30.0
LEAVES_WITHIN = 15.0
LAST_ANSWERS = 0.5


@dataclass(frozen=True)
class Stage:
    """Where the demo is played: the shop and its store, how commands show themselves, who announces each act."""

    shop: Shop
    store: Store
    clock: Clock
    options: tuple[str, ...]
    announce: Callable[[str], None]


@dataclass(frozen=True)
class Acts:
    """What came of each act, and of all orders that users were told to have placed, also between the acts."""

    first: Figures
    healthy: Figures
    bad: Figures
    acknowledged_writes: int
    lost_writes: int


async def play(stage: Stage) -> Acts:
    """Play all three acts. Raises `FlightError` when one cannot be played; cancelling ends what runs."""
    await asyncio.to_thread(orders.make, stage.shop, stage.store)
    traffic = TrafficProcess(
        Load(stage.shop.url, PER_SECOND, seconds=AT_MOST, series="demo-"), Path(stage.shop.folder) / "traffic.jsonl"
    )
    try:
        stage.announce("v1 is the first version: it goes into service at once")
        async with command(stage, "run", "v1", NOBODY_DECIDES) as first:
            await _until_it_serves(stage, first)
            await traffic.__aenter__()
            await _ended(first, "v1", (0,))
        await _release(stage, "v2", "v2 is healthy: its share grows stage by stage")
        await _release(stage, "v3", "v3 begins to fail under traffic: watch what happens")
        await stage.clock.sleep(LAST_ANSWERS)
    finally:
        await traffic.stop()
    return _acts(stage.shop, traffic.records())


async def _release(stage: Stage, version: str, words: str) -> None:
    stage.announce(words)
    async with command(stage, "run", version, NOBODY_DECIDES) as process:
        await _ended(process, version, (0, 1))


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
    # The shop needs the driver of PostgreSQL, which this Python has; another one that is found first may not.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    place = {"FLIGHT_PLAN": str(shop.plan), "FLIGHT_STATE": str(shop.state), "PATH": path}
    return {**os.environ, **place, "FLIGHT_DEMO": "1"}  # nobody types anything between the acts


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


def _acts(shop: Shop, records: Sequence[Record]) -> Acts:
    """Return what came of it all; every order that was acknowledged is looked for."""
    from flightrules import plans
    from flightrules.views import asking

    opened = open_records(shop.state)
    try:
        played = list(reversed(opened.releases.list()))
        kept = orders.references(shop, _exported(entry.event.data for entry in opened.ledger.entries()))
        views = [
            asking.release_view(opened, lambda one: plans.to_look_at(one, shop.plan, os.environ), each.id)
            for each in played
        ]
    finally:
        opened.state.close()
    first, healthy, bad = (_figures(views, version, records, kept) for version in VERSIONS)
    acknowledged = acknowledged_orders(records)
    return Acts(first, healthy, bad, len(acknowledged), len(lost(acknowledged, kept)))


def _exported(told: Iterable[Mapping[str, Any]]) -> list[Path]:
    """Return the files that the record names as those to which orders were exported."""
    tables = (table for data in told for table in data.get("tables", ()))
    return [Path(table["file"]) for table in tables if table.get("table") == "orders" and table.get("file")]


def _figures(views: Sequence[ReleaseView], version: str, records: Sequence[Record], kept: set[str]) -> Figures:
    view = next((each for each in views if each.services[0].candidate == version), None)
    if view is None:
        raise FlightError(f"{version} was not released", "see what `flight run` says above")
    return figures(view, records, kept)
