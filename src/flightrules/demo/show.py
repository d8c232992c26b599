"""The demo from its first line to its last, and that nothing is left running afterwards unless it is wanted."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from shlex import quote
from typing import Any, TypeVar

import typer

from flightrules.clocks.system import SystemClock
from flightrules.demo import orders
from flightrules.demo import shop as shops
from flightrules.demo.figures import Figures
from flightrules.demo.orders import Store
from flightrules.demo.performance import PER_SECOND, Acts, Stage, play
from flightrules.demo.shop import Shop
from flightrules.domain.figures import duration, plain
from flightrules.records import open_records

T = TypeVar("T")

UNBROKEN = 10_000
"""Columns of what is no terminal: no line of it is broken."""

KEPT_FOR = 3600.0
"""Seconds of traffic for a demo that is left running."""


class Telling(Enum):
    """How the demo tells what happens."""

    LIVE = ()
    JSON = ("--json",)


class Afterwards(Enum):
    """What becomes of the shop when the demo has ended."""

    STOP = "stop"
    KEEP = "keep"


def run(telling: Telling, afterwards: Afterwards, store: Store) -> int:
    """Play the demo. Returns 0 when v2 was released, v3 rolled back and no order lost, and 1 otherwise."""
    orders.refuse_missing(store)
    with shops.claimed_port() as port:
        shop = shops.copy(port)
        kept = False
        try:
            stage = Stage(shop, store, SystemClock(), telling.value, _announcer(telling))
            acts = asyncio.run(_ended_by_signals(play(stage)))
            if telling is Telling.LIVE:
                _report(shop, acts)
            else:
                typer.echo(json.dumps(_to_json(acts, store)))
            if afterwards is Afterwards.KEEP:
                kept = _keep(shop, telling)
        finally:
            if not kept:
                stop(shop)
    went_as_planned = (acts.healthy.outcome, acts.bad.outcome) == ("released", "rolled back")
    return 0 if went_as_planned and acts.lost_writes == 0 else 1


def _to_json(acts: Acts, store: Store) -> dict[str, Any]:
    return {
        "releases": [asdict(acts.healthy), asdict(acts.bad)],
        "first": asdict(acts.first),
        "database": store.value,
        "acknowledged_writes": acts.acknowledged_writes,
        "lost_writes": acts.lost_writes,
    }


async def _ended_by_signals(work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` returns; TERM and HUP cancel it as Ctrl-C does, so that it cleans up."""
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        raise typer.Exit(130) from None


def _announcer(telling: Telling) -> Any:
    return lambda words: typer.echo(f"\n── {words}\n", err=telling is Telling.JSON)


def _report(shop: Shop, acts: Acts) -> None:
    typer.echo("\n── The reports\n")
    for release in _releases(shop)[-2:]:
        subprocess.run(
            [sys.executable, "-m", "flightrules.cli.main", "report", release,
             "--plan", str(shop.plan), "--state", str(shop.state)],
            check=True,
        )  # fmt: skip
        typer.echo("")
    typer.echo("── What the users saw\n")
    for figures in (acts.healthy, acts.bad):
        typer.echo(wrapped(in_words(figures)))
    typer.echo("\n── What became of their orders\n")
    for figures in (acts.healthy, acts.bad):
        typer.echo(wrapped(orders_in_words(figures)))


def wrapped(line: str) -> str:
    """Return `line` broken between words where a narrow terminal would break it within a number."""
    columns = shutil.get_terminal_size((UNBROKEN, 24)).columns
    return textwrap.fill(line, columns, break_long_words=False, break_on_hyphens=False)


def _releases(shop: Shop) -> list[str]:

    records = open_records(shop.state)
    try:
        return [release.id for release in reversed(records.releases.list())]
    finally:
        records.state.close()


def in_words(figures: Figures) -> str:
    """Return what users saw of one release, in a sentence or two."""
    failed = figures.failed_requests
    text = f"{figures.version} was {figures.outcome} within {duration(round(figures.seconds))}: {failed:,} of"
    text += f" {figures.requests:,} requests failed,"
    text += f" {figures.failed_requests_not_answered_by_candidate:,} of them without {figures.version} having answered."
    if figures.seconds_from_first_bad_answer_to_zero_traffic is not None:
        gone = duration(figures.seconds_from_first_bad_answer_to_zero_traffic)
        text += f" {gone} after its first bad answer it had no traffic any more."
    return text


def orders_in_words(figures: Figures) -> str:
    """Return in a line what became of the orders that were placed during one release."""
    placed, gone = figures.acknowledged_writes, figures.lost_writes
    return f"While {figures.version} was {figures.outcome}: {placed:,} orders acknowledged, {gone:,} lost."


def stop(shop: Shop) -> None:
    """End everything that runs for the shop, and remove it. Signals wait until that is done."""
    from flightrules import wiring

    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        if shop.state.exists():
            records = open_records(shop.state)
            asyncio.run(wiring.Workshop(records).processes.close())
            records.state.close()
        orders.end(shop)
        shop.remove()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _keep(shop: Shop, telling: Telling) -> bool:
    traffic = subprocess.Popen(
        [sys.executable, "-m", "flightrules.testing.steady_traffic",
         "--url", shop.url, "--per-second", str(PER_SECOND), "--for", str(KEPT_FOR), "--series", "kept-"],
        start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    shop.note(traffic.pid)
    for line in (
        "",
        f"── The shop stays open at {shop.url}, with {plain(PER_SECOND)} requests a second for an hour",
        "",
        f"   cd {quote(str(shop.folder))}",
        "   flight status            what is in service",
        "   flight run v3-slow       or another version from versions/",
        "   flight down              ends the shop, flight open starts it again",
        f"   flight demo --stop {quote(str(shop.folder))}   ends the traffic too, and removes the folder",
    ):
        typer.echo(line, err=telling is Telling.JSON)
    return True


def stop_kept(folder: Path) -> None:
    """End a demo that was left running in `folder`."""
    shop, traffic = shops.left_running(folder)
    if _sends_traffic_to(shop, traffic):
        import os

        with suppress(ProcessLookupError):
            os.kill(traffic, signal.SIGTERM)
    stop(shop)


def _sends_traffic_to(shop: Shop, pid: int) -> bool:
    """Say whether `pid` is still the process that was started then: numbers are used again."""
    import psutil

    with suppress(psutil.Error):
        return shop.url in psutil.Process(pid).cmdline()
    return False
