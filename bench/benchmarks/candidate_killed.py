"""What users notice when the candidate's process is killed while it has a quarter of the traffic."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Sequence

from bench.effort import Effort
from bench.figures import median
from bench.rows import AtMost, Row
from bench.shop import STAGE, Failed, Shop, shop
from flightrules.testing.traffic_records import Record, between

TITLE = "what users notice when the candidate's process is killed"

KILLS = 12
PER_SECOND = 200.0
WATCHED = 4.0
"""Seconds after a kill within which a failed request counts for it."""

STAGES = f"""\
stages:
  - {{stage: {STAGE}, traffic: 25%, hold: 1h, look: every 1s, pass: error_rate < 100%}}
  - {{stage: full, traffic: 100%, hold: 1h, look: every 1s, pass: error_rate < 100%}}
"""


async def measure(effort: Effort) -> Sequence[Row]:
    """Kill the candidate again and again in one release; what keeps the processes starts it again each time."""
    async with shop(STAGES) as place, place.traffic(PER_SECOND) as traffic, place.flight("run", "v2", "--plain") as run:
        await place.held(run)
        await asyncio.sleep(2.0)
        killed = [await _kill(place) for _ in range(effort.times(KILLS))]
        await traffic.stop()
        return judged(killed, traffic.records())


async def _kill(place: Shop) -> float:
    """Kill the candidate, and return when. Afterwards it serves again, since what follows must be like before."""
    candidate = await _healthy_candidate(place)
    os.kill(candidate, signal.SIGKILL)
    at = time.time()
    await asyncio.sleep(WATCHED)
    await _healthy_candidate(place)
    await asyncio.sleep(2.0)  # the router looks at it every half second, and trusts it again after some looks
    return at


async def _healthy_candidate(place: Shop) -> int:
    for _ in range(100):
        for instance in await place.instances():
            if instance.version.name == "v2" and instance.healthy and instance.pid is not None:
                return instance.pid
        await asyncio.sleep(0.2)
    raise Failed(f"the candidate does not serve:\n{place.said()}")


def judged(killed: Sequence[float], records: Sequence[Record]) -> list[Row]:
    """Return the rows for kills at these moments (seconds since 1970), given what users saw."""
    failed = [[each for each in between(records, at - 1.0, at + WATCHED) if each.failed] for at in killed]
    until = [max((each.ended - at for each in some), default=0.0) for at, some in zip(killed, failed, strict=True)]
    counts = [len(some) for some in failed]
    answered = [sum(each.version == "v2" for each in between(records, at - 1.0, at)) for at in killed]
    if min(answered) == 0:
        raise Failed("the candidate had no traffic when it was killed, so nothing was tried")
    many = f"of {len(killed)} kills at {PER_SECOND:g} requests/s, 25 %"
    elsewhere = sum(record.failed for record in records) - sum(counts)
    return [
        Row("kill → no more failed requests, worst", max(until), "s", AtMost(1), many),
        Row("kill → no more failed requests, median", median(until), "s", None, many),
        Row("failed requests a kill, worst", max(counts), "requests", AtMost(5), many),
        Row("failed requests a kill, median", median(counts), "requests", None, many),
        Row("failed requests at other times", elsewhere, "requests", AtMost(0), f"of {len(records):,}"),
    ]
