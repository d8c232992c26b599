"""Full load: wrk from Debian, as many requests as the machine carries, and what became of them."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bench.shop import Failed

CONNECTIONS = 64
THREADS = 2
AT_MOST = 600
"""Seconds of load, should nobody end it."""


@dataclass
class Load:
    """What wrk said at its end: requests answered, how many a second, and how many failed in whichever way."""

    requests: int = 0
    per_second: float = 0.0
    failed: int = 0


@asynccontextmanager
async def full_load(url: str) -> AsyncIterator[Load]:
    """Send as many requests as go while the block runs; what is yielded is filled in when it is left."""
    if shutil.which("wrk") is None:
        raise Failed("wrk is not installed; `make packages` installs it")
    process = await asyncio.create_subprocess_exec(
        "wrk", "-t", str(THREADS), "-c", str(CONNECTIONS), "-d", f"{AT_MOST}s", url, start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    load = Load()
    try:
        yield load
        process.send_signal(signal.SIGINT)
        said = (await asyncio.wait_for(process.communicate(), 15))[0].decode()
        load.requests, load.per_second, load.failed = read(said)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def measured(url: str, seconds: float) -> Load:
    """Return what full load came to within `seconds`."""
    async with full_load(url) as load:
        await asyncio.sleep(seconds)
    return load


def read(said: str) -> tuple[int, float, int]:
    """Return requests, requests a second and failures from what wrk printed. Raises `Failed` for anything else.

    A failure is an answer with a status outside 200 to 399, a connection that was not made, a read or write that
    failed, or an answer that took longer than two seconds.
    """
    requests = re.search(r"(\d+) requests in ", said)
    per_second = re.search(r"Requests/sec:\s*([\d.]+)", said)
    if requests is None or per_second is None:
        raise Failed(f"wrk did not say what it measured:\n{said}")
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    statuses = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    failed = sum(map(int, errors.groups())) if errors else 0
    return int(requests[1]), float(per_second[1]), failed + (int(statuses[1]) if statuses else 0)
