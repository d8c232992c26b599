"""Requests that fail over a whole healthy release, from `flight run` to its end, under steady traffic."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bench.effort import Effort
from bench.rows import AtMost, Row
from bench.shop import shop
from flightrules.testing.traffic_records import Record

TITLE = "requests that fail over whole healthy releases"

RELEASES = 3
PER_SECOND = 400.0
STAGES = """\
stages:
  - {stage: canary,  traffic: 5%,   hold: 4s, look: every 1s, pass: error_rate < 1%}
  - {stage: quarter, traffic: 25%,  hold: 4s, look: every 1s, pass: error_rate < 1%}
  - {stage: full,    traffic: 100%, hold: 4s, look: every 1s, pass: error_rate < 1%}
rules:
  - {if: error_rate > 5%, then: roll back}
"""


async def measure(effort: Effort) -> Sequence[Row]:
    """Release v2, v1 again, and so on, while users keep coming; the old version is stopped each time it may be."""
    releases = effort.times(RELEASES, trial=1)
    async with shop(STAGES) as place, place.traffic(PER_SECOND) as traffic:
        for number in range(releases):
            await place.carry_out("run", "v1" if number % 2 else "v2", "--plain")
        await asyncio.sleep(1.0)
        await traffic.stop()
        return judged(releases, traffic.records())


def judged(releases: int, records: Sequence[Record]) -> list[Row]:
    """Return the row for so many releases, given what users saw of all of them."""
    failed = [record for record in records if record.failed]
    what = "; ".join(sorted({record.failure or f"status {record.status}" for record in failed})[:3])
    peer = f"of {len(records):,}, at {PER_SECOND:g} requests/s" + (f": {what}" if what else "")
    return [Row(f"failed requests over {releases} healthy releases", len(failed), "requests", AtMost(0), peer)]
