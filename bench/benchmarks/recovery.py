"""`flight` killed in the middle of a hold and started again: how long nobody is in command, and what users notice.

First early in a release, then late in a long one, of which thousands of looks are stored.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.effort import Effort
from bench.figures import median
from bench.long_release import lengthen
from bench.rows import AtMost, Row
from bench.shop import STAGE, Shop, shop
from flightrules.domain.signals import Ask
from flightrules.testing.traffic_records import Record

TITLE = "`flight` killed during a hold and started again"

KILLS = 10
LATE_KILLS = 4
LOOKS = 20_000
"""Of the long release: two weeks of looks every minute, or five and a half hours of looks every second."""
PER_SECOND = 200.0
STAGES = f"""\
stages:
  - {{stage: {STAGE}, traffic: 25%, hold: 1h, look: every 1s, pass: error_rate < 100%}}
  - {{stage: full, traffic: 100%, hold: 1h, look: every 1s, pass: error_rate < 100%}}
"""


@dataclass(frozen=True)
class Back:
    """Seconds from the kill until a person's request was taken, and until the metrics were looked at again."""

    taken: float
    looked: float


async def measure(effort: Effort) -> Sequence[Row]:
    """Kill and restart; at the moment of each kill a person asks for something, which waits for whoever comes."""
    async with shop(STAGES) as place, place.traffic(PER_SECOND) as traffic:
        async with place.flight("run", "v2", "--plain") as run:
            await place.held(run)
            await asyncio.sleep(1.0)
            os.kill(run.pid, signal.SIGKILL)
        times = [await _come_back(place, ask) for ask in (Ask.PAUSE, Ask.RESUME) * (effort.times(KILLS) // 2)]
        await traffic.stop()
        return [*judged(times, traffic.records()), *await _late(place, effort)]


async def _late(place: Shop, effort: Effort) -> list[Row]:
    """Do the same late in the same release, grown long."""
    release = place.records.releases.unfinished()
    assert release is not None
    looks = effort.times(LOOKS, trial=2000)
    await asyncio.to_thread(lengthen, place, release, looks)
    times = [await _come_back(place, ask) for ask in (Ask.PAUSE, Ask.RESUME) * (effort.times(LATE_KILLS) // 2 or 1)]
    many = f"of {len(times)} kills, after {looks:,} looks"
    return [
        Row("late kill → a person's request is taken, worst", max(each.taken for each in times), "s", AtMost(3), many),
        Row("late kill → the metrics are looked at, worst", max(each.looked for each in times), "s", AtMost(3), many),
    ]


def judged(times: Sequence[Back], records: Sequence[Record]) -> list[Row]:
    """Return the rows for these kills, given what users saw of all of them."""
    many = f"of {len(times)} kills, restarted at once"
    failed = sum(record.failed for record in records)
    return [
        Row("kill → a person's request is taken, worst", max(each.taken for each in times), "s", AtMost(3), many),
        Row("kill → a person's request is taken, median", median([each.taken for each in times]), "s", None, many),
        Row("kill → the metrics are looked at, worst", max(each.looked for each in times), "s", AtMost(3), many),
        Row("kill → the metrics are looked at, median", median([each.looked for each in times]), "s", None, many),
        Row("failed requests", failed, "requests", AtMost(0), f"of {len(records):,}, at {PER_SECOND:g} requests/s"),
    ]


async def _come_back(place: Shop, wanted: Ask) -> Back:
    """Start `flight` right after it was killed, wait until it is in command, and kill it again."""
    killed = time.time()
    records = place.records
    release = records.releases.unfinished()
    assert release is not None
    [last] = records.observations.latest(release.id, 1)
    number = records.inbox.send(release.id, wanted, "bench")
    async with place.flight("run", "--plain") as run:
        taken = await place.until(lambda: records.inbox.get(number).taken_at, "the answer to what was asked")
        looked = await place.until(lambda: _looked_after(place, release.id, last.number), "a look at the metrics")
        await asyncio.sleep(1.0)
        os.kill(run.pid, signal.SIGKILL)
    return Back(taken - killed, looked - killed)


def _looked_after(place: Shop, release: str, number: int) -> float | None:
    """Return when the metrics were looked at for the first time after the look with this number."""
    looks = place.records.observations.of(release, f"stages/1-{STAGE}", after=number)
    return next((look.at for look in looks), None)
