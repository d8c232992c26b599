"""Requests that fail because the split changes: two hundred changes under as much load as the machine carries."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.effort import Effort
from bench.figures import median, percentile
from bench.haproxy import upstreams
from bench.router import SplitTraffic, split_traffic
from bench.rows import AtMost, Row
from bench.wrk import Load, full_load

TITLE = "requests that fail while the split changes under full load"

CHANGES = 200
SHARES = (5, 25, 50, 100, 0)


async def measure(effort: Effort) -> Sequence[Row]:
    """Change the split under full load, each change confirmed by the router before the next."""
    with TemporaryDirectory(prefix="flight-bench-") as name:
        folder = Path(name)
        async with upstreams(folder, "v1", "v2") as servers, split_traffic(folder, servers) as traffic:
            await traffic.give_candidate(0)
            async with full_load(f"http://{traffic.address}/") as load:
                shares = islice(cycle(SHARES), effort.times(CHANGES, trial=10))
                took = [await _change(traffic, share) for share in shares]
    return judged(took, load)


def judged(took: Sequence[float], load: Load) -> list[Row]:
    """Return the rows for changes that took so many milliseconds each under this load."""
    peer = f"of {load.requests:,}, at {load.per_second:,.0f} requests/s"
    return [
        Row(f"failed requests over {len(took)} changes", load.failed, "requests", AtMost(0), peer),
        Row("a change until the router confirmed it, p50", median(took), "ms", None, "under full load"),
        Row("a change until the router confirmed it, p99", percentile(took, 99), "ms", None, "under full load"),
    ]


async def _change(traffic: SplitTraffic, percent: float) -> float:
    began = time.perf_counter()
    await traffic.give_candidate(percent)
    return 1000 * (time.perf_counter() - began)
