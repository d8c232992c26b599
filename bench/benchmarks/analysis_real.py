"""The example's bad versions under real traffic, called back by the comparison alone, beside what was forecast."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.analysis.forecast import Defect, seconds
from bench.analysis.traffic import TICK, Cell, Floats
from bench.effort import Effort
from bench.figures import percentile
from bench.rows import AtMost, Row
from bench.shop import STAGE, Shop, shop
from flightrules.testing.traffic_process import TrafficProcess
from flightrules.testing.traffic_records import Record, between

TITLE = "bad versions under real traffic: when the comparison calls them back, beside what the simulation forecasts"

PER_SECOND = 150.0
SHARE = 0.25
HOLD = 180.0
MOST_KNOWN = 5000
"""Latest answers of stable from which its latencies are taken for a forecast."""
BASELINE = 40.0
AGREED = """\
compare: {{baseline: {baseline:g}s}}
stages:
  - stage: {stage}
    traffic: {share:.0%}
    hold: {hold:g}s
    look: every {look:g}s
    pass: memory < 4 GB
    fail: roll back
  - {{stage: full, traffic: 100%, hold: 1s, look: every 1s, pass: memory < 4 GB}}
"""

DEFECTS: Mapping[str, Defect] = {
    "v3-errors-5": Defect(fails=0.05),
    "v3-all-errors": Defect(fails=1.0),
    "v3-one-route": Defect(fails=0.3),
    "v3-slow": Defect(slower=2.0, slowest=0.02),
    "v3-leak": Defect(),
}
"""Three of ten visits are searches. Counts of answers do not show a leak: a rule on memory is for that."""

LATEST = 99.0
"""Percent of the simulated runs that are quicker than what a real one may take."""


@dataclass(frozen=True)
class Called:
    """One release: when the candidate first had traffic, when it was called back (None: never), and the forecast."""

    version: str
    began: float
    back: float | None
    ended: float
    forecast: Floats

    @property
    def took(self) -> float:
        """Return the seconds until the candidate was called back, infinity where it was not."""
        return np.inf if self.back is None else self.back - self.began

    @property
    def as_forecast(self) -> bool:
        """Whether it came no later than forecast, and, where none was forecast within the hold, not at all."""
        latest = percentile(self.forecast.tolist(), LATEST)
        return self.back is None if latest > HOLD else self.took <= latest + TICK


async def measure(effort: Effort) -> Sequence[Row]:
    """Release each bad version once; the leak, which is not called back by counts, is the last."""
    hold = effort.seconds(HOLD, 30.0)
    versions = list(DEFECTS)[: effort.times(len(DEFECTS))]
    agreed = AGREED.format(baseline=BASELINE, stage=STAGE, share=SHARE, hold=hold, look=TICK)
    async with shop(agreed) as place, place.traffic(PER_SECOND) as traffic:
        await asyncio.sleep(10.0)
        released = [await _release(place, version, traffic) for version in versions]
        await traffic.stop()
        return judged(released, traffic.records())


async def _release(place: Shop, version: str, traffic: TrafficProcess) -> Called:
    stable = [each.seconds for each in traffic.records() if each.version == "v1"][-MOST_KNOWN:]
    forecast = await asyncio.to_thread(seconds, Cell(PER_SECOND, SHARE, 0.0), DEFECTS[version], stable)
    async with place.flight("run", version, "--plain") as run:
        await run.wait()
    release = place.records.releases.latest()
    assert release is not None
    entries = list(place.records.ledger.entries(release=release.id))
    began = next(each.at for each in entries if each.event.kind == "traffic.shifted" and _has(version, each.event.data))
    back = next((each.at for each in entries if each.event.kind == "goback.started"), None)
    return Called(version, began, back, entries[-1].at, forecast)


def _has(version: str, shifted: Mapping[str, Any]) -> bool:
    """Say whether this shift gave the version any traffic."""
    return any(name == version and shifted["split"].get(key) for key, name in shifted["names"].items())


def judged(released: Sequence[Called], records: Sequence[Record]) -> list[Row]:
    """Return the rows for these releases, given what users saw of all of them."""
    return [
        *(row for each in released for row in _rows(each, records)),
        Row("releases that went otherwise than forecast", sum(not each.as_forecast for each in released), "releases",
            AtMost(0), f"of {len(released)}; later than {LATEST:g} of 100 simulated ones, or against the forecast"),
    ]  # fmt: skip


def _rows(called: Called, records: Sequence[Record]) -> list[Row]:
    seen = [each for each in between(records, called.began, called.ended) if each.version == called.version]
    failed = [each for each in seen if each.failed]
    users = len({each.user for each in failed})
    early, middle, late = (percentile(called.forecast.tolist(), percent) for percent in (5, 50, 95))
    forecast = "forecast: not within the hold" if middle > HOLD else f"forecast {middle:.0f} s ({early:.0f}–{late:.0f})"
    hit = f"{len(failed)} failed requests of {users} users"
    if called.back is None:
        return [Row(f"{called.version}: not called back in", HOLD, "s", None, f"{forecast}; {hit}")]
    return [Row(f"{called.version}: called back after", called.took, "s", None, f"{forecast}; {hit}")]
